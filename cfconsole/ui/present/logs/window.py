"""Which rows of the log are in sight: following the end, or anchored to a row that late arrivals cannot move."""

from __future__ import annotations

from collections.abc import Callable

from cfconsole.domain.logs.buffer import LogRows, Row, RowKey

SizeOf = Callable[[Row], int]
"""How many screen lines a row takes."""


class LogWindow:
    """A mutable machine without clock or screen. Its positions are keys of rows, never numbers."""

    def __init__(self) -> None:
        self.cursor: RowKey | None = None
        """`None` while following."""
        self._top: RowKey | None = None
        self._seen = 0

    @property
    def following(self) -> bool:
        return self.cursor is None

    def follow(self) -> None:
        self.cursor = self._top = None

    def recentre(self, cursor: RowKey | None) -> None:
        """Shows other rows than before: those around the cursor, or the end without one."""
        self.cursor, self._top = cursor, None

    def pause(self, rows: LogRows) -> None:
        """Stays where it is, with the cursor on the last row in sight."""
        if self.following and len(rows):
            self.place(rows, len(rows) - 1)

    def place(self, rows: LogRows, index: int) -> None:
        """Puts the cursor on a row; `visible` brings it into sight."""
        self.cursor = rows.key_at(min(max(index, 0), len(rows) - 1))

    def move(self, rows: LogRows, steps: int) -> None:
        """Moving down past the last row follows again."""
        if not len(rows):
            return
        at = self.cursor_index(rows) + steps
        if at >= len(rows):
            self.follow()
        else:
            self.place(rows, at)

    def cursor_index(self, rows: LogRows) -> int:
        """The cursor's row, or the nearest that is left; the last one while following."""
        last = len(rows) - 1
        return last if self.cursor is None else min(rows.index_of(self.cursor), last)

    def below(self, rows: LogRows) -> int:
        """How many rows lie under the last one in sight."""
        return 0 if self.following else max(0, len(rows) - self._seen)

    def visible(self, rows: LogRows, height: int, size_of: SizeOf) -> range:
        """The rows to draw, oldest first. While following, the first may be cut at its top."""
        total = len(rows)
        if self.following or not total:
            return range(_first_that_fits(rows, total, height, size_of, whole=False), total)
        cursor = self.cursor_index(rows)
        least = _first_that_fits(rows, cursor + 1, height, size_of, whole=True)
        start = rows.index_of(self._top) if self._top else _around(rows, cursor, height, size_of)
        start = max(least, min(start, cursor))
        self._top = rows.key_at(start)
        self._seen = _end(rows, start, height, size_of)
        return range(start, self._seen)


def _around(rows: LogRows, cursor: int, height: int, size_of: SizeOf) -> int:
    """The first row of half a window above the cursor, or of more where the rows below it are few."""
    above = _first_that_fits(rows, cursor + 1, height // 2, size_of, whole=True)
    return min(above, _first_that_fits(rows, len(rows), height, size_of, whole=True))


def _first_that_fits(rows: LogRows, end: int, height: int, size_of: SizeOf, *, whole: bool) -> int:
    """The first row of those that fill `height` lines before `end`; one more, cut, unless they must be whole."""
    start, room = end, height
    while start > 0 and room > 0:
        room -= size_of(rows.row(start - 1))
        if room < 0 and whole and start < end:
            break
        start -= 1
    return start


def _end(rows: LogRows, start: int, height: int, size_of: SizeOf) -> int:
    end, room = start, height
    while end < len(rows) and room > 0:
        room -= size_of(rows.row(end))
        end += 1
    return end
