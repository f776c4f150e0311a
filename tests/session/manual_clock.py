"""A clock that only a test advances."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

START = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
TURNS = 40
"""Turns of the event loop after which everything that takes no time has happened."""


async def turns(count: int = TURNS) -> None:
    """Lets everything run that is ready to run."""
    for _ in range(count):
        await asyncio.sleep(0)


class ManualClock:
    """The clock port for tests: `advance` wakes sleepers and time-outs in their order."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._elapsed = 0.0
        self._count = 0
        self._due: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def sleep_machine(self, seconds: float) -> None:
        """The machine sleeps: only the time of day goes on."""
        self._start += timedelta(seconds=seconds)

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        await self._wake_at(self._elapsed + max(0.0, seconds))

    def timeout(self, seconds: float) -> AbstractAsyncContextManager[object]:
        return self._timeout(seconds)

    async def advance(self, seconds: float) -> None:
        """Moves time forward, giving each sleeper its moment."""
        end = self._elapsed + seconds
        await turns()
        while self._due and self._due[0][0] <= end:
            due, _, future = heappop(self._due)
            if not future.done():
                self._elapsed = max(self._elapsed, due)
                future.set_result(None)
                await turns()
        self._elapsed = end
        await turns()

    def _wake_at(self, due: float) -> asyncio.Future[None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._count += 1
        heappush(self._due, (due, self._count, future))
        if due <= self._elapsed:
            future.set_result(None)
        return future

    @contextlib.asynccontextmanager
    async def _timeout(self, seconds: float) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        wake = self._wake_at(self._elapsed + max(0.0, seconds))
        try:
            async with asyncio.timeout(None) as timeout:
                wake.add_done_callback(lambda _: None if wake.cancelled() else timeout.reschedule(loop.time()))
                yield
        finally:
            wake.cancel()
