"""The emulator's clocks: the system's time for serving, a manual one for tests."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """The emulator's only source of time: every wait and every timestamp goes through one instance."""

    def now(self) -> datetime:
        """The current time in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Returns after `seconds` of this clock's time."""
        ...


class SystemClock:
    """The system's time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


class ManualClock:
    """Time that moves only when a test advances it; sleepers wake in the order of their deadlines."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._order = itertools.count()
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._sleeper_added = asyncio.Event()

    def now(self) -> datetime:
        return self._now

    async def wait_for_sleepers(self, count: int) -> None:
        """Returns once `count` sleepers wait; work started by other threads or processes takes real time."""
        while sum(not woken.done() for _, _, woken in self._sleepers) < count:
            self._sleeper_added.clear()
            await self._sleeper_added.wait()

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + timedelta(seconds=seconds), next(self._order), woken))
        self._sleeper_added.set()
        await woken

    async def advance(self, seconds: float) -> None:
        """Moves time forward; each sleeper runs before the next one wakes."""
        target = self._now + timedelta(seconds=seconds)
        await _yield_to_others()
        while self._sleepers and self._sleepers[0][0] <= target:
            due, _, woken = heapq.heappop(self._sleepers)
            self._now = max(self._now, due)
            if not woken.done():
                woken.set_result(None)
            await _yield_to_others()
        self._now = target
        await _yield_to_others()


async def _yield_to_others(rounds: int = 5) -> None:
    for _ in range(rounds):
        await asyncio.sleep(0)
