"""The log in memory: merged in time order, without duplicates, bounded by entries and by bytes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol
from weakref import WeakSet

from cfconsole.domain.logs.entries import Gap, LogEntry
from cfconsole.domain.logs.rows import Row, RowKey, row_bytes, row_key

if TYPE_CHECKING:
    from cfconsole.domain.logs.stack_assembly import SplitStack

_BEFORE_ALL: RowKey = (-1, "", "", "")
_MAX_CHANGES = 1_024
"""Enough for a view that reads once a second, even at many times the quota of a tail."""


class BufferView(Protocol):
    """A view that holds rows of a buffer."""

    def forget_before(self, key: RowKey) -> None:
        """Drops the rows before that key, which left the buffer; until then they stay in memory."""
        ...


class LogRows(Protocol):
    """The rows of a log, whole or filtered, as a pane reads them.

    Row numbers count from the oldest row and change when rows fall out or late ones are inserted. To stay in place, a
    pane remembers `key_at(top)` and looks up `index_of` after a change of `version`.
    """

    @property
    def version(self) -> int:
        """Grows with every change."""
        ...

    def __len__(self) -> int: ...

    def row(self, index: int) -> Row: ...

    def key_at(self, index: int) -> RowKey: ...

    def index_of(self, key: RowKey) -> int:
        """The index of the row with that key, or where it would be inserted; `len` if all rows are older."""
        ...

    def find(self, predicate: Callable[[Row], bool], start: int, step: int) -> int | None:
        """The first row from `start` on, walking by `step`, that the predicate accepts."""
        ...

    def stack_of(self, row: Row) -> SplitStack | None:
        """The stack trace that a row is a line of, if any; its lines stand together."""
        ...


def find_row(rows: LogRows, predicate: Callable[[Row], bool], start: int, step: int) -> int | None:
    """The first row from `start` on, walking by `step` (not 0), that the predicate accepts."""
    stop = len(rows) if step > 0 else -1
    first = max(start, 0) if step > 0 else min(start, len(rows) - 1)
    return next((index for index in range(first, stop, step) if predicate(rows.row(index))), None)


def _merged_gap(one: Gap, other: Gap) -> Gap:
    """One gap for two; of any service if either is."""
    services = tuple(sorted({*one.services, *other.services})) if one.services and other.services else ()
    return Gap(one.reason, one.at_least + other.at_least, min(one.from_ns, other.from_ns), one.to_ns, services)


class LogBuffer:
    """A mutable buffer without clock or I/O. Entries may come in any order and more than once.

    Raises `ValueError` for bounds below 1. The newest row always stays, however large it is.
    """

    __slots__ = (
        "_bytes",
        "_changes",
        "_dropped",
        "_floor",
        "_lost",
        "_max_bytes",
        "_max_entries",
        "_rows",
        "_version",
        "_views",
    )

    def __init__(self, max_entries: int = 50_000, max_bytes: int = 64 * 2**20) -> None:
        if max_entries < 1 or max_bytes < 1:
            raise ValueError("a log buffer needs room for at least 1 entry and 1 byte")
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._rows: list[Row] = []
        self._bytes = 0
        self._version = 0
        self._dropped = 0
        self._lost = 0
        self._floor = _BEFORE_ALL
        self._changes: list[tuple[int, int]] = []
        """Versions, each with the first row that changed then or later; both grow. Row numbers include dropped rows."""
        self._views: WeakSet[BufferView] = WeakSet()

    @property
    def version(self) -> int:
        """Grows with every change."""
        return self._version

    @property
    def dropped(self) -> int:
        """Rows that fell out at the old end or were cleared."""
        return self._dropped

    @property
    def lost(self) -> int:
        """How many entries are missing at least, over all gaps ever added."""
        return self._lost

    @property
    def bytes(self) -> int:
        """About how many bytes the rows take up in memory."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, index: int) -> Row:
        return self._rows[index]

    def rows(self, start: int, stop: int) -> list[Row]:
        return self._rows[start:stop]

    def key_at(self, index: int) -> RowKey:
        return row_key(self._rows[index])

    def index_of(self, key: RowKey) -> int:
        """The index of the row with that key, or where it would be inserted; `len` if all rows are older."""
        return bisect_left(self._rows, key, key=row_key)

    def find(self, predicate: Callable[[Row], bool], start: int, step: int) -> int | None:
        """The first row from `start` on, walking by `step` (not 0), that the predicate accepts."""
        return find_row(self, predicate, start, step)

    def stack_of(self, row: Row) -> SplitStack | None:
        """`None`: in the whole log each row stands in its own place."""
        return None

    def add(self, entries: Iterable[LogEntry]) -> int:
        """Merges entries in place and returns how many were new.

        Duplicates are dropped, and so are entries older than the newest row that already fell out for lack of room.
        """
        rows = self._rows
        limit = self._max_entries
        newest = rows[-1].order[0] if rows else -1
        new = 0
        lowest = self._dropped + len(rows)
        for entry in entries:
            if entry.timestamp_ns > newest:
                newest = entry.timestamp_ns
                rows.append(entry)
            else:
                index = self._insert(entry)
                if index is None:
                    continue
                lowest = min(lowest, self._dropped + index)
            new += 1
            self._bytes += row_bytes(entry)
            if len(rows) > limit or self._bytes > self._max_bytes:
                self._trim()
        if new:
            self._note_change(lowest)
        return new

    def add_gap(self, gap: Gap) -> None:
        """Adds a gap as a row of its own; gaps of one reason that end at the same moment become one."""
        self._lost += gap.at_least
        key = row_key(gap)
        if key <= self._floor:
            return
        index = self.index_of(key)
        present = self._rows[index] if index < len(self._rows) else None
        if isinstance(present, Gap) and row_key(present) == key:
            self._rows[index] = _merged_gap(present, gap)
        else:
            self._rows.insert(index, gap)
            self._bytes += row_bytes(gap)
        position = self._dropped + index
        self._trim()
        self._note_change(position)

    @property
    def fullness(self) -> float:
        """How full the buffer is, from 0 to 1; more with a single huge row."""
        return max(len(self._rows) / self._max_entries, self._bytes / self._max_bytes)

    def retain(self, accept: Callable[[Row], bool]) -> None:
        """Forgets the rows that are not accepted; they, and rows that fell out before, may be added again."""
        accepted = [row for row in self._rows if accept(row)]
        if len(accepted) == len(self._rows):
            return
        self._dropped += len(self._rows) - len(accepted)
        self._rows = accepted
        self._bytes = sum(map(row_bytes, accepted))
        self._floor = _BEFORE_ALL
        self._note_change(self._dropped)

    def clear(self) -> None:
        """Forgets all rows, which may then be added again; `lost` stays."""
        self._dropped += len(self._rows)
        self._rows.clear()
        self._bytes = 0
        self._floor = _BEFORE_ALL
        self._note_change(self._dropped)

    def add_view(self, view: BufferView) -> None:
        """Tells a view about rows that fall out for lack of room. The buffer does not keep the view alive."""
        self._views.add(view)

    def first_change_since(self, version: int) -> int:
        """The first row that may have changed since that version; `len` if none has."""
        if version >= self._version:
            return len(self._rows)
        at = bisect_right(self._changes, version, key=_version)
        return max(0, self._changes[at][1] - self._dropped) if self._changes else 0

    def _insert(self, entry: LogEntry) -> int | None:
        """Inserts a late entry and returns its index; `None` if it is known or too old."""
        key = row_key(entry)
        if key <= self._floor:
            return None
        index = bisect_left(self._rows, key, key=row_key)
        if index < len(self._rows) and row_key(self._rows[index]) == key:
            return None
        self._rows.insert(index, entry)
        return index

    def _trim(self) -> None:
        """Drops the oldest rows, a few more than needed, so that this happens rarely."""
        rows = self._rows
        if len(rows) <= self._max_entries and self._bytes <= self._max_bytes:
            return
        keep = self._max_entries - self._max_entries // 64
        room = self._max_bytes - self._max_bytes // 64
        count, size = 0, self._bytes
        while count < len(rows) - 1 and (len(rows) - count > keep or size > room):
            size -= row_bytes(rows[count])
            count += 1
        if count:
            self._floor = row_key(rows[count - 1])
            del rows[:count]
            self._bytes = size
            self._dropped += count
            for view in self._views:
                view.forget_before(row_key(rows[0]))

    def _note_change(self, position: int) -> None:
        self._version += 1
        changes = self._changes
        while changes and changes[-1][1] >= position:
            changes.pop()
        changes.append((self._version, position))
        if len(changes) > _MAX_CHANGES:
            # A reader from before these versions gets more rows than have changed.
            changes[:2] = [(changes[1][0], changes[0][1])]


def _version(change: tuple[int, int]) -> int:
    return change[0]
