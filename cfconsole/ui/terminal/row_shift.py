"""Finds a block of rows that moved up or down, which the terminal can scroll instead of receiving it again."""

from collections import Counter
from typing import Final, NamedTuple

from cfconsole.ui.terminal.brush import Brush
from cfconsole.ui.terminal.cells import BLANK, Grid
from cfconsole.ui.terminal.differ import changed_cells
from cfconsole.ui.terminal.styles import DEFAULT

# Fewer changed rows are not worth a search; fewer saved cells are not worth the bytes of a scroll.
_ROWS: Final = 3
_CELLS: Final = 40


class RowShift(NamedTuple):
    """The rows from `top` up to `bottom` move up by `lines`, or down if negative."""

    top: int
    bottom: int
    lines: int


def find_shift(front: Grid, back: Grid) -> RowShift | None:
    """The shift that moves most of `front` to its place in `back`, if it is worth its bytes."""
    changed = [row for row in range(back.height) if not back.same_row(row, front, row)]
    if len(changed) < _ROWS:
        return None
    lines = _commonest_distance(front, back, changed)
    if not lines:
        return None
    start, end = _longest_run(front, back, changed, lines)
    shift = RowShift(start + min(lines, 0), end + max(lines, 0), lines)
    return shift if _saved(front, back, shift) > _CELLS else None


def write_shift(brush: Brush, shift: RowShift) -> None:
    """Moves the rows within a scroll region, by deleting or inserting lines at its top.

    The Linux console and pyte do not know `CSI S`; deleting lines inside a region does the same everywhere.
    """
    brush.put_style(DEFAULT)
    brush.raw(f"\x1b[{shift.top + 1};{shift.bottom}r")
    brush.x, brush.y = 0, 0
    brush.move(0, shift.top)
    count, final = abs(shift.lines), "M" if shift.lines > 0 else "L"
    # Most terminals put the cursor home when the region ends, but not all do.
    brush.raw(f"\x1b[{count if count > 1 else ''}{final}\x1b[r\x1b[H")
    brush.x, brush.y = 0, 0


def _commonest_distance(front: Grid, back: Grid, changed: list[int]) -> int:
    """How many lines most changed rows moved up, judged by texts that occur once in `front`; 0 if none moved."""
    texts = ["".join(front.chars[row]) for row in range(changed[0], changed[-1] + 1)]
    occurrences = Counter(texts)
    places = {text: row for row, text in enumerate(texts, changed[0]) if occurrences[text] == 1}
    votes: Counter[int] = Counter()
    for row in changed:
        place = places.get("".join(back.chars[row]))
        if place is not None and place != row:
            votes[place - row] += 1
    return votes.most_common(1)[0][0] if votes else 0


def _longest_run(front: Grid, back: Grid, changed: list[int], lines: int) -> tuple[int, int]:
    """The longest run of rows that are `lines` lower in `front`: its first row, and the row after its last."""
    best = start = changed[0]
    length = 0
    for row in range(changed[0], changed[-1] + 1):
        source = row + lines
        if not (changed[0] <= source <= changed[-1] and back.same_row(row, front, source)):
            start = row + 1
        elif row + 1 - start > length:
            best, length = start, row + 1 - start
    return best, best + length


def _saved(front: Grid, back: Grid, shift: RowShift) -> int:
    """The cells that need not be sent after the shift, minus those that it uncovers."""
    moved = range(shift.top + max(-shift.lines, 0), shift.bottom - max(shift.lines, 0))
    saved = 0
    for row in range(shift.top, shift.bottom):
        cost = len(changed_cells(front, row, back, row))
        if row not in moved:
            cost -= sum(map(_inked, back.chars[row], back.styles[row]))
        saved += cost
    return saved


def _inked(char: str, style: str) -> bool:
    return char != BLANK or style != DEFAULT
