"""One open tail: its unsent entries and suppression counts, and the responses made from them."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from google.cloud.logging_v2.types import TailLogEntriesResponse
from msgspec import Struct

from cfconsole.emulator.logs.query import Query
from cfconsole.emulator.logs.raw import GIGA, RawEntry, embedded
from cfconsole.emulator.logs.store import StoredEntry

_Suppression = TailLogEntriesResponse.SuppressionInfo
_ENTRIES = 1
_SUPPRESSION_INFO = 2
_MINUTE = 60 * GIGA
_MAX_BATCH = 500
"""Entries per response, because gRPC clients refuse messages over 4 MB by default."""


class LogLimits(Struct, frozen=True):
    """The limits of projects and tail sessions (Cloud Logging quotas)."""

    reads_per_minute: int = 0
    """`entries.list` calls per project; Google's default is 60, and 0 means unlimited."""
    sessions_per_project: int = 10
    entries_per_minute: int = 60_000
    session_seconds: float = 3_600
    unread_entries: int = 20_000
    """Entries waiting for a client that does not read; more are suppressed as NOT_CONSUMED."""


class Tail:
    """Collects matching entries as they are written and returns them in batches."""

    def __init__(self, query: Query, resources: Collection[str], limits: LogLimits) -> None:
        self._matches = query.matches
        self._resources = frozenset(resources)
        self._limits = limits
        self._waiting: list[StoredEntry] = []
        self._arrived = asyncio.Event()
        self._minute_began = 0
        self._in_minute = 0
        self._over_rate = 0
        self._not_consumed = 0

    def add(self, entry: RawEntry, stored: StoredEntry, received: int) -> None:
        """Adds the entry to the next batch if it matches, and wakes the sender once per batch."""
        if stored.project not in self._resources or not self._matches(entry):
            return
        if not self._within_rate(received):
            self._over_rate += 1
        elif len(self._waiting) >= self._limits.unread_entries:
            self._not_consumed += 1
        else:
            self._waiting.append(stored)
        if not self._arrived.is_set():
            self._arrived.set()

    async def wait_for_entries(self) -> None:
        """Returns once there is something to send."""
        await self._arrived.wait()

    def responses(self) -> list[bytes]:
        """Removes all waiting entries and returns them as `TailLogEntriesResponse`s in wire format, ordered by time.

        The messages are joined from entries in wire format, which costs nothing per field.
        """
        self._arrived.clear()
        batch, self._waiting = sorted(self._waiting), []
        joined = [b"".join(embedded(_SUPPRESSION_INFO, info) for info in self._suppressions())]
        for start in range(0, len(batch), _MAX_BATCH):
            parts = [embedded(_ENTRIES, stored.wire) for stored in batch[start : start + _MAX_BATCH]]
            joined.append(b"".join(parts))
        return [response for response in joined if response]

    def _suppressions(self) -> list[bytes]:
        counts = (
            (_Suppression.Reason.RATE_LIMIT, self._over_rate),
            (_Suppression.Reason.NOT_CONSUMED, self._not_consumed),
        )
        self._over_rate = self._not_consumed = 0
        return [
            _Suppression.serialize(_Suppression(reason=reason, suppressed_count=count))
            for reason, count in counts
            if count
        ]

    def _within_rate(self, received: int) -> bool:
        if received - self._minute_began >= _MINUTE:
            self._minute_began, self._in_minute = received, 0
        self._in_minute += 1
        return self._in_minute <= self._limits.entries_per_minute
