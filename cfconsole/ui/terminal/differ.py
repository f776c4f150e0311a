"""Finds the changed cells of a row and writes only those: ranges of cells, or an erasure to the end of the line."""

from itertools import compress, count
from operator import ne, or_
from typing import Final, NamedTuple

from cfconsole.ui.terminal.brush import Brush
from cfconsole.ui.terminal.cells import BLANK, Grid
from cfconsole.ui.terminal.styles import DEFAULT, on_blank

# Sending up to this many unchanged cells again is cheaper than moving the cursor over them.
_GAP: Final = 6
# An erasure to the end of the line costs about as much as this many blanks.
_ERASE: Final = 4


class CellRange(NamedTuple):
    """Cells of a row from `start` up to `end`."""

    start: int
    end: int


def changed_cells(front: Grid, front_row: int, back: Grid, row: int) -> list[int]:
    """The columns in which a row of `back` differs from a row of `front`."""
    old, new = front.chars[front_row], back.chars[row]
    old_styles, new_styles = front.styles[front_row], back.styles[row]
    if old_styles == new_styles:
        return list(compress(count(), map(ne, old, new)))
    if old == new:
        return list(compress(count(), map(ne, old_styles, new_styles)))
    return list(compress(count(), map(or_, map(ne, old, new), map(ne, old_styles, new_styles))))


def write_row(brush: Brush, front: Grid, back: Grid, row: int) -> None:
    """Changes the terminal's row from `front` to `back`."""
    changed = changed_cells(front, row, back, row)
    if not changed:
        return
    tail = _blank_tail(back, row)
    in_tail = sum(1 for column in changed if column >= tail)
    erases = in_tail > _ERASE
    if erases:
        changed = changed[: len(changed) - in_tail]
    for span in _spans(changed, back, row):
        brush.move(span.start, row)
        brush.cells(span.start, back.chars[row][slice(*span)], back.styles[row][slice(*span)])
    if erases:
        brush.move(tail, row)
        brush.erase_to_end()


def _blank_tail(grid: Grid, row: int) -> int:
    """The column from which on a row is default blanks."""
    chars, styles = grid.chars[row], grid.styles[row]
    column = grid.width
    while column and chars[column - 1] == BLANK and styles[column - 1] == DEFAULT:
        column -= 1
    return column


def _spans(changed: list[int], back: Grid, row: int) -> list[CellRange]:
    """Joins changed columns into spans that begin and end on whole characters."""
    chars, styles = back.chars[row], back.styles[row]
    spans: list[CellRange] = []
    start = end = -1
    for column in changed:
        if column == end or (0 <= end < column <= end + _GAP and _plain(chars, styles, end, column)):
            end = column + 1
            continue
        if end >= 0:
            spans.append(_whole(chars, start, end))
        start, end = column, column + 1
    if end >= 0:
        spans.append(_whole(chars, start, end))
    return spans


def _plain(chars: list[str], styles: list[str], end: int, column: int) -> bool:
    """Whether the unchanged cells before `column` can be sent in the style of the cell before or after them."""
    gap = styles[end:column]
    for style in (styles[end - 1], styles[column]):
        if gap.count(style) == len(gap):
            return True
    before = on_blank(styles[end - 1])
    return gap.count(before) == len(gap) and chars[end:column].count(BLANK) == len(gap)


def _whole(chars: list[str], start: int, end: int) -> CellRange:
    while start > 0 and chars[start] == "":
        start -= 1
    while end < len(chars) and chars[end] == "":
        end += 1
    return CellRange(start, end)
