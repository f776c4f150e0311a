"""The store of log entries, bounded and ordered by time, which passes new entries to open tails."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple, TypeAlias

from cfconsole.emulator.clock import Clock
from cfconsole.emulator.logs.raw import GIGA, RawEntry, nanoseconds, new_entry, set_nanoseconds

MEGABYTE = 1024 * 1024


class StoredEntry(NamedTuple):
    """One entry in wire format. Tuples sort in the order in which Cloud Logging lists entries."""

    timestamp: int
    """Nanoseconds since the epoch."""
    insert_id: str
    log_name: str
    wire: bytes

    @property
    def project(self) -> str:
        """`projects/P`, or another resource that owns logs."""
        return self.log_name.partition("/logs/")[0]

    def decoded(self) -> RawEntry:
        return new_entry.FromString(self.wire)


Subscriber: TypeAlias = Callable[[RawEntry, StoredEntry, int], None]
"""Called with every new entry, its stored form and the time of receipt in nanoseconds."""


class LogStore:
    """Log entries of all projects. The oldest are dropped beyond `limit` entries or `limit_bytes` bytes.

    An entry with the log name, timestamp and insert id of a stored one is a duplicate and is dropped
    (`LogEntry.insert_id`).
    """

    def __init__(self, clock: Clock, limit: int = 200_000, limit_bytes: int = 160 * MEGABYTE) -> None:
        self._clock = clock
        self._limit = limit
        self._limit_bytes = limit_bytes
        self._entries: list[StoredEntry] = []
        self._bytes = 0
        self._written = 0
        self._subscribers: dict[Subscriber, None] = {}
        self._log_names: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def stored_bytes(self) -> int:
        """The size of all stored entries in wire format."""
        return self._bytes

    @property
    def written(self) -> int:
        """The number of entries ever written, duplicates included."""
        return self._written

    def write(self, entry: RawEntry) -> None:
        """Stores one entry and passes it to the subscribers. Sets the time of receipt, and a missing timestamp or
        insert id, in the given message."""
        received = self._stamp(entry)
        stored = StoredEntry(nanoseconds(entry.timestamp), entry.insert_id, entry.log_name, entry.SerializeToString())
        if not self._insert(stored):
            return
        for subscriber in self._subscribers:
            subscriber(entry, stored, received)

    def subscribe(self, subscriber: Subscriber) -> None:
        """Calls `subscriber` with every entry from now on."""
        self._subscribers[subscriber] = None

    def unsubscribe(self, subscriber: Subscriber) -> None:
        self._subscribers.pop(subscriber, None)

    def position(self, timestamp: int, insert_id: str = "", log_name: str = "") -> int:
        """The index of the first entry at or after this place in the order."""
        return bisect_left(self._entries, StoredEntry(timestamp, insert_id, log_name, b""))

    def slice(self, start: int, stop: int) -> list[StoredEntry]:
        """The entries at these indexes, which the next write may shift."""
        return self._entries[start:stop]

    def log_names(self) -> Iterator[str]:
        """The names of all logs that ever had an entry, sorted."""
        return iter(sorted(self._log_names))

    def _stamp(self, entry: RawEntry) -> int:
        received = _epoch_nanoseconds(self._clock.now())
        set_nanoseconds(entry.receive_timestamp, received)
        if not entry.HasField("timestamp"):
            set_nanoseconds(entry.timestamp, received)
        self._written += 1
        if not entry.insert_id:
            # Numbered, so that entries of one instant are listed in the order of arrival.
            entry.insert_id = f"e{self._written:012x}"
        return received

    def _insert(self, stored: StoredEntry) -> bool:
        entries = self._entries
        if not entries or stored > entries[-1]:
            entries.append(stored)
        elif self._is_duplicate(stored):
            return False
        else:
            insort(entries, stored)
        self._log_names.setdefault(stored.log_name)
        self._bytes += len(stored.wire)
        self._evict()
        return True

    def _is_duplicate(self, stored: StoredEntry) -> bool:
        at = self.position(stored.timestamp, stored.insert_id, stored.log_name)
        return at < len(self._entries) and self._entries[at][:3] == stored[:3]

    def _evict(self) -> None:
        """Drops the oldest entries in batches, because removing one from the front of a list moves all others."""
        if len(self._entries) <= self._limit * 1.05 and self._bytes <= self._limit_bytes:
            return
        drop = max(0, len(self._entries) - self._limit)
        spare = self._bytes - int(self._limit_bytes * 0.95) - sum(len(e.wire) for e in self._entries[:drop])
        while spare > 0 and drop < len(self._entries):
            spare -= len(self._entries[drop].wire)
            drop += 1
        self._bytes -= sum(len(e.wire) for e in self._entries[:drop])
        del self._entries[:drop]


def _epoch_nanoseconds(moment: datetime) -> int:
    # Seconds and microseconds separately: a float has too few digits for both.
    return int(moment.timestamp()) * GIGA + moment.microsecond * 1_000
