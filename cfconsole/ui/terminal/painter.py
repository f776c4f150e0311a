"""Decides which part of the difference between grid and terminal is sent now, and keeps what the terminal shows."""

from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

from cfconsole.ui.terminal.brush import Brush
from cfconsole.ui.terminal.cells import Grid
from cfconsole.ui.terminal.differ import changed_cells, write_row
from cfconsole.ui.terminal.pace import SendAllowance
from cfconsole.ui.terminal.row_shift import find_shift, write_shift
from cfconsole.ui.terminal.styles import DEFAULT

# After a key, a frame that writes to at most this many rows counts as the answer.
_SMALL_FRAME: Final = 8
# Of a row that does not fit, at least this many changed cells are written.
_CELLS: Final = 16


class CellPlace(NamedTuple):
    """A cell of the screen, counted from 0."""

    x: int
    y: int


class Painter:
    """Draws a grid on a terminal, one share at a time."""

    def __init__(self, width: int, height: int) -> None:
        self._front = Grid(width, height)
        self._brush = Brush(width)
        self._known = False
        self._waits = [0] * height
        self._urgent: frozenset[int] = frozenset()
        self.pending = False
        """Whether the last share left something undrawn."""

    @property
    def cursor(self) -> CellPlace | None:
        """The terminal's cursor, if its position is certain."""
        x, y = self._brush.x, self._brush.y
        return None if x is None or y is None else CellPlace(x, y)

    def forget(self, width: int, height: int) -> None:
        """The terminal now has this size, and its contents are unknown."""
        self._front = Grid(width, height)
        self._brush = Brush(width)
        self._waits = [0] * height
        self._known = False

    @property
    def answering(self) -> bool:
        """Whether rows that answer a key are not drawn yet."""
        return bool(self._urgent)

    def prefer(self, rows: Collection[int]) -> None:
        """Rows written together after a key: a few of them are its answer and are drawn before all others."""
        if len(rows) <= _SMALL_FRAME:
            self._urgent |= frozenset(rows)

    def share(self, back: Grid, cursor: CellPlace, room: SendAllowance, *, at_least_some: bool) -> str:
        """The next text for the terminal, no longer than `room`; with `at_least_some` part of a row where no row fits.

        All of the difference if it fits, in reading order; otherwise first the rows that a cursor enters or leaves and
        others that answer a key, then the cheapest, where waiting makes a row cheaper. `back` must have the size of the
        last `forget`.
        """
        brush = self._brush.fresh()
        self._clear_unknown(brush)
        shift = find_shift(self._front, back)
        if shift is not None:
            write_shift(brush, shift)
            self._front.scroll(*shift)
        rows = [row for row in range(back.height) if not self._front.same_row(row, back, row)]
        whole = brush.fresh()
        costs = self._write_rows(whole, back, rows)
        whole.move(*cursor)
        begun = _size(brush.text())
        room = SendAllowance(room.usual - begun, room.answers - begun)
        if _size(whole.text()) <= room.usual:
            self._finish(back, rows, left=())
            return self._hold(brush.text(), whole)
        entered = {row for row in rows if self._front.reversed_cells(row) != back.reversed_cells(row)}
        self._urgent |= entered
        order = sorted(
            rows, key=lambda row: (row not in entered, row not in self._urgent, costs[row] >> self._waits[row], row)
        )
        chosen = _fitting(order, costs, room, self._urgent)
        part = brush.fresh()
        if at_least_some and order and not chosen:
            self._begin_row(part, back, order[0], room.usual / costs[order[0]])
        self._write_rows(part, back, chosen)
        self._finish(back, chosen, left=set(rows) - set(chosen))
        return self._hold(brush.text(), part)

    def _begin_row(self, brush: Brush, back: Grid, row: int, share: float) -> None:
        """Writes about this share of the changes in a row: a line of box characters is as large as two answers."""
        changed = changed_cells(self._front, row, back, row)
        last = changed[min(max(int(len(changed) * share), _CELLS), len(changed)) - 1]
        begun = back.with_row_begun(row, self._front, last + 1)
        write_row(brush, self._front, begun, row)
        self._front.copy_row(row, begun)

    def _clear_unknown(self, brush: Brush) -> None:
        if not self._known:
            brush.put_style(DEFAULT)
            brush.raw("\x1b[H\x1b[2J")
            brush.x, brush.y = 0, 0
            self._known = True

    def _write_rows(self, brush: Brush, back: Grid, rows: list[int]) -> dict[int, int]:
        """Writes rows in the given order. Returns the bytes of each."""
        costs: dict[int, int] = {}
        for row in rows:
            before = len(brush.parts)
            write_row(brush, self._front, back, row)
            costs[row] = _size("".join(brush.parts[before:]))
        return costs

    def _finish(self, back: Grid, drawn: list[int], left: Iterable[int]) -> None:
        for row in drawn:
            self._front.copy_row(row, back)
            self._waits[row] = 0
        for row in left:
            self._waits[row] += 1
        self._urgent = self._urgent.intersection(left)
        self.pending = bool(left)

    def _hold(self, start: str, brush: Brush) -> str:
        text = start + brush.text()
        self._brush = brush.fresh()
        return text


def _fitting(order: list[int], costs: dict[int, int], room: SendAllowance, urgent: Collection[int]) -> list[int]:
    """The first rows of `order` that fit into `room`; smaller ones fill the rest.

    No other row overtakes an urgent one: the room it waits for would never become free.
    """
    chosen: list[int] = []
    overtaking = True
    spent = 0
    for row in order:
        if not (overtaking or row in urgent):
            break
        if spent + costs[row] <= (room.answers if row in urgent else room.usual):
            chosen.append(row)
            spent += costs[row]
        elif row in urgent:
            overtaking = False
    return sorted(chosen)


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
