"""The kept log entries, in order of time and bounded, and their fan-out to open tails."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple, TypeAlias

from cfconsole.emulator.clock import Clock
from cfconsole.emulator.logs.raw import GIGA, RawEntry, nanoseconds, new_entry, set_nanoseconds

MEGABYTE = 1024 * 1024


class StoredEntry(NamedTuple):
    """One entry, ready for the wire; tuples sort in the order Cloud Logging lists entries."""

    timestamp: int
    """Nanoseconds since the epoch."""
    insert_id: str
    log_name: str
    wire: bytes

    @property
    def project(self) -> str:
        """`projects/P`, or another resource that has logs."""
        return self.log_name.partition("/logs/")[0]

    def decoded(self) -> RawEntry:
        return new_entry.FromString(self.wire)


Subscriber: TypeAlias = Callable[[RawEntry, StoredEntry, int], None]
"""Called for every new entry with the entry, its stored form and the time of receipt in nanoseconds."""


class LogStore:
    """Log entries of all projects. The oldest are dropped beyond `limit` entries or `limit_bytes` bytes.

    An entry with the log name, timestamp and insert id of one that is there already is a duplicate and is
    dropped (`LogEntry.insert_id`).
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
        """Size of all kept entries on the wire."""
        return self._bytes

    @property
    def written(self) -> int:
        """How many entries were ever taken."""
        return self._written

    def write(self, entry: RawEntry) -> None:
        """Keeps one entry and shows it to every tail. Fills the time of receipt, and timestamp and insert id
        where they are absent, in the message it is given."""
        received = self._stamp(entry)
        stored = StoredEntry(nanoseconds(entry.timestamp), entry.insert_id, entry.log_name, entry.SerializeToString())
        if not self._insert(stored):
            return
        for subscriber in self._subscribers:
            subscriber(entry, stored, received)

    def subscribe(self, subscriber: Subscriber) -> None:
        """Shows `subscriber` every entry from now on."""
        self._subscribers[subscriber] = None

    def unsubscribe(self, subscriber: Subscriber) -> None:
        self._subscribers.pop(subscriber, None)

    def position(self, timestamp: int, insert_id: str = "", log_name: str = "") -> int:
        """Where entries at or after this place in the order begin."""
        return bisect_left(self._entries, StoredEntry(timestamp, insert_id, log_name, b""))

    def slice(self, start: int, stop: int) -> list[StoredEntry]:
        """Entries by their present positions, which the next write may move."""
        return self._entries[start:stop]

    def log_names(self) -> Iterator[str]:
        """Every log that ever had an entry, in alphabetical order."""
        return iter(sorted(self._log_names))

    def _stamp(self, entry: RawEntry) -> int:
        received = _epoch_nanoseconds(self._clock.now())
        set_nanoseconds(entry.receive_timestamp, received)
        if not entry.HasField("timestamp"):
            set_nanoseconds(entry.timestamp, received)
        self._written += 1
        if not entry.insert_id:
            # Counted, so that entries of one instant list in the order they came in.
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
        """Drops the oldest in batches: taking one from the front of a list moves all the others."""
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
    # Whole seconds and microseconds apart: a float holds too few digits for both.
    return int(moment.timestamp()) * GIGA + moment.microsecond * 1_000
