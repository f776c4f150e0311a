"""Which rows of the log are visible: following the end, or anchored to a row that late arrivals cannot move."""

from __future__ import annotations

from collections.abc import Callable

from cfconsole.domain.logs.buffer import LogRows
from cfconsole.domain.logs.rows import Row, RowKey

SizeOf = Callable[[Row], int]
"""How many screen lines a row takes."""


class LogWindow:
    """Cursor and position in the log, without clock or screen. Positions are keys of rows, never numbers."""

    def __init__(self) -> None:
        self.cursor: RowKey | None = None
        """`None` while following."""
        self._top: RowKey | None = None
        self._end = 0

    @property
    def following(self) -> bool:
        return self.cursor is None

    def follow(self) -> None:
        self.cursor = self._top = None

    def recentre(self, cursor: RowKey | None) -> None:
        """Shows the rows around the cursor, or the end without one."""
        self.cursor, self._top = cursor, None

    def pause(self, rows: LogRows) -> None:
        """Stops following, with the cursor on the last row."""
        if self.following and len(rows):
            self.place(rows, len(rows) - 1)

    def place(self, rows: LogRows, index: int) -> None:
        """Puts the cursor on a row; `visible` scrolls to it."""
        self.cursor = rows.key_at(min(max(index, 0), len(rows) - 1))

    def move(self, rows: LogRows, steps: int) -> None:
        """Moves the cursor; past the last row the window follows again."""
        if not len(rows):
            return
        at = self.cursor_index(rows) + steps
        if at >= len(rows):
            self.follow()
        else:
            self.place(rows, at)

    def cursor_index(self, rows: LogRows) -> int:
        """The row of the cursor, or the nearest remaining one; the last one while following."""
        last = len(rows) - 1
        return last if self.cursor is None else min(rows.index_of(self.cursor), last)

    def below(self, rows: LogRows) -> int:
        """The number of rows below the last visible one."""
        return 0 if self.following else max(0, len(rows) - self._end)

    def visible(self, rows: LogRows, height: int, size_of: SizeOf) -> range:
        """The rows to draw, oldest first. While following, the first may be cut at its top."""
        total = len(rows)
        if self.following or not total:
            return range(_first_that_fits(rows, total, height, size_of, whole=False), total)
        cursor = self.cursor_index(rows)
        lowest = _first_that_fits(rows, cursor + 1, height, size_of, whole=True)
        start = rows.index_of(self._top) if self._top else _around(rows, cursor, height, size_of)
        start = max(lowest, min(start, cursor))
        self._top = rows.key_at(start)
        self._end = _end_of_window(rows, start, height, size_of)
        return range(start, self._end)


def _around(rows: LogRows, cursor: int, height: int, size_of: SizeOf) -> int:
    """The first row half a window above the cursor, or further up if few rows follow it."""
    above = _first_that_fits(rows, cursor + 1, height // 2, size_of, whole=True)
    return min(above, _first_that_fits(rows, len(rows), height, size_of, whole=True))


def _first_that_fits(rows: LogRows, end: int, height: int, size_of: SizeOf, *, whole: bool) -> int:
    """The first of the rows that fill `height` lines before `end`; one row more, cut, unless all must be `whole`."""
    start, room = end, height
    while start > 0 and room > 0:
        room -= size_of(rows.row(start - 1))
        if room < 0 and whole and start < end:
            break
        start -= 1
    return start


def _end_of_window(rows: LogRows, start: int, height: int, size_of: SizeOf) -> int:
    end, room = start, height
    while end < len(rows) and room > 0:
        room -= size_of(rows.row(end))
        end += 1
    return end
