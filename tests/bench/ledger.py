"""Parts of the chaos row: a faster clock, reads without a quota, and a ledger of all entries by number."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta

from cfconsole.domain.logs.buffer import LogBuffer
from cfconsole.domain.logs.entries import Gap, GapReason, LogEntry, TailBatch
from cfconsole.domain.logs.rows import row_key
from cfconsole.session.logs.read_budget import ReadBudget
from cfconsole.session.logs.tail_policy import TailMode, TailStep

_LOOK_EVERY = 20_000


class FastClock:
    """A clock whose sleeps, timeouts and time of day run `speed` times as fast as real time."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._begun = time.monotonic()
        self._start = datetime.now(UTC)

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return (time.monotonic() - self._begun) * self._speed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds / self._speed))

    def timeout(self, seconds: float) -> AbstractAsyncContextManager[object]:
        return asyncio.timeout(seconds / self._speed)


class UnlimitedReads(ReadBudget):
    """Allows every read, because with ten per minute a thousand recoveries would take hours."""

    def take(self) -> bool:
        return True


class Ledger:
    """Adds the output of a tail to a log buffer, and counts each entry that was new to it.

    Entries carry their number, from 0 to `total`, as insert id.
    """

    def __init__(self, total: int) -> None:
        self._log = LogBuffer()
        self._taken = bytearray(total)
        self._awaited = 0
        self._reached = asyncio.Event()
        self.arrived = 0
        self.twice = 0
        self.out_of_order = 0
        self.marked: Counter[GapReason] = Counter()
        self.modes: Counter[TailMode] = Counter()

    def add_batch(self, batch: TailBatch, gaps: Sequence[Gap]) -> None:
        self.add_page(batch.entries)
        for gap in gaps:
            self.add_gap(gap)

    def add_page(self, entries: Sequence[LogEntry]) -> None:
        for entry in entries:
            if self._log.add((entry,)):
                self._count(int(entry.insert_id))

    def add_gap(self, gap: Gap, *, lost: int = 0) -> None:
        self.marked[gap.reason] += max(lost, gap.at_least, 1)

    def set_mode(self, project: str, step: TailStep) -> None:
        self.modes[step.mode] += 1

    async def holds(self, count: int) -> None:
        """Returns once `count` entries have arrived."""
        self._awaited = count
        self._reached.clear()
        if self.arrived < count:
            await self._reached.wait()

    @property
    def missing(self) -> int:
        return len(self._taken) - self.arrived

    def first_missing(self) -> int:
        """The number of the first missing entry; -1 if there is none."""
        return self._taken.find(0)

    def look_at_order(self) -> None:
        """Counts the rows of the log that come before an older one."""
        keys = list(map(row_key, self._log.rows(0, len(self._log))))
        self.out_of_order += sum(after <= before for before, after in itertools.pairwise(keys))

    def _count(self, number: int) -> None:
        self.twice += self._taken[number]
        self.arrived += not self._taken[number]
        self._taken[number] = 1
        if self.arrived >= self._awaited:
            self._reached.set()
        if self.arrived % _LOOK_EVERY == 0:
            self.look_at_order()
