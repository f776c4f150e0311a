"""The rows of the log that a filter accepts, updated without reading every row again.

A stack trace that arrived as one entry a line is filtered as one error, and its lines stand together.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

from cfconsole.domain.logs.buffer import LogBuffer, LogRows, find_row
from cfconsole.domain.logs.entries import Gap, Severity
from cfconsole.domain.logs.rows import Row, RowKey, row_key
from cfconsole.domain.logs.stack_assembly import LOOKBACK_ROWS, SplitStack, SplitStacks


class FilteredLog:
    """The accepted rows of a buffer. It follows the buffer when read, and reads only rows that changed."""

    __slots__ = ("__weakref__", "_accept", "_buffer", "_hits", "_seen", "_stacks", "_version")

    def __init__(self, buffer: LogBuffer, accept: Callable[[Row], bool]) -> None:
        self._buffer = buffer
        self._accept = accept
        self._hits: list[Row] = []
        self._stacks = SplitStacks()
        self._seen = -1
        self._version = 0
        buffer.add_view(self)

    @property
    def version(self) -> int:
        """Grows with every change of the accepted rows."""
        self._follow()
        return self._version

    def __len__(self) -> int:
        self._follow()
        return len(self._hits)

    def row(self, index: int) -> Row:
        self._follow()
        return self._hits[index]

    def key_at(self, index: int) -> RowKey:
        return row_key(self.row(index))

    def index_of(self, key: RowKey) -> int:
        """The index of the row with that key, or where it would be inserted; `len` if all rows are older."""
        self._follow()
        return self._index(self._stacks.place(key))

    def find(self, predicate: Callable[[Row], bool], start: int, step: int) -> int | None:
        """The first row from `start` on, walking by `step` (not 0), that the predicate accepts."""
        return find_row(self, predicate, start, step)

    def stack_of(self, row: Row) -> SplitStack | None:
        """The stack trace that a row is a line of."""
        self._follow()
        stack = self._stacks.of(row)
        return stack if stack and len(stack.lines) > 1 else None

    def forget_before(self, key: RowKey) -> None:
        """Drops rows that fell out of the buffer, so that they don't stay in memory while nobody reads the view."""
        gone = self._index(key)
        if gone:
            del self._hits[:gone]
            self._version += 1
        self._stacks.forget_before(key)

    def _follow(self) -> None:
        buffer = self._buffer
        if buffer.version == self._seen:
            return
        first = buffer.first_change_since(self._seen)
        self._seen = buffer.version
        if not len(buffer):
            self._version += bool(self._hits)
            self._hits, self._stacks = [], SplitStacks()
            return
        self.forget_before(buffer.key_at(0))
        if first < len(buffer) and self._reread(first):
            self._version += 1

    def _reread(self, first: int) -> bool:
        """Reads all rows from that one on; returns whether the accepted rows may have changed."""
        buffer, count = self._buffer, len(self._hits)
        rows = buffer.rows(first, len(buffer))
        start = row_key(rows[0])
        parts = self._cut(start)
        lost = len(self._hits) < count
        grown = self._stacks.add_rows(buffer.rows(max(0, first - LOOKBACK_ROWS), first), rows)
        added = self._accept_rows(rows, grown)
        self._hits += added
        for stack in {stack.key: stack for stack in (*parts, *grown)}.values():
            if stack.key < start:
                self._show(stack)
        return lost or bool(added or grown)

    def _accept_rows(self, rows: list[Row], grown: list[SplitStack]) -> list[Row]:
        """The accepted ones of these rows, with the stack traces that begin there, in order."""
        if not grown:
            return list(filter(self._accept, rows))
        start, is_line = row_key(rows[0]), self._stacks.of
        added = [row for row in rows if not is_line(row) and self._accept(row)]
        for stack in grown:
            if stack.key >= start and self._accept(stack.whole()):
                added += stack.lines
        added.sort(key=self._place)
        return added

    def _cut(self, key: RowKey) -> list[SplitStack]:
        """Removes the rows from that key on, wherever they stand."""
        del self._hits[self._index(key) :]
        for stack in self._stacks.across(key):
            self._hide(stack)
        return self._stacks.cut(key)

    def _show(self, stack: SplitStack) -> None:
        self._hide(stack)
        if self._accept(stack.whole()):
            at = self._index(stack.key)
            self._hits[at:at] = stack.lines

    def _hide(self, stack: SplitStack) -> None:
        hits, of = self._hits, self._stacks.of
        at = end = self._index(stack.key)
        while end < len(hits) and of(hits[end]) is stack:
            end += 1
        del hits[at:end]

    def _index(self, place: RowKey) -> int:
        return bisect_left(self._hits, place, key=self._place)

    def _place(self, row: Row) -> RowKey:
        return self._stacks.place(row_key(row))


def is_error_stop(rows: LogRows, row: Row) -> bool:
    """Whether a jump from error to error stops at a row; in a stack trace it is the line that says what happened."""
    if isinstance(row, Gap):
        return False
    stack = rows.stack_of(row)
    if stack is None:
        return row.severity >= Severity.ERROR
    return stack.severity >= Severity.ERROR and row_key(stack.lines[stack.headline_index]) == row_key(row)
