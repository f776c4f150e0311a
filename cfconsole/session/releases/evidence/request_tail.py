"""A tail of the requests to one service, for releases in a process without a console."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from cfconsole.domain.errors import CloudError
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.entries import TailBatch
from cfconsole.domain.logs.query import request_query
from cfconsole.domain.logs.times import to_ns
from cfconsole.session.logs.read_budget import ReadBudget
from cfconsole.session.ports import ClockPort, Cloud
from cfconsole.session.releases.evidence.request_log import RequestLog

RETRY_AFTER_S = 10.0


class RequestTail:
    """Opened around a release. `requests` collects what it brings; while it is broken, pages are read."""

    def __init__(self, cloud: Cloud, clock: ClockPort) -> None:
        budget = ReadBudget(clock)
        self._open: set[ServiceKey] = set()
        self.requests = RequestLog(cloud, lambda key: budget.take(), self._open.__contains__)
        self._cloud = cloud
        self._clock = clock

    @contextlib.asynccontextmanager
    async def tailing(self, key: ServiceKey) -> AsyncIterator[None]:
        """Tails one service within the block."""
        task = asyncio.create_task(self._run(key), name=f"requests of {key}")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def _run(self, key: ServiceKey) -> None:
        while True:
            query = request_query(key, since_ns=to_ns(self._clock.now()))
            try:
                with contextlib.suppress(CloudError):
                    async with self._cloud.logs.tail(key.project, query) as batches:
                        self._open.add(key)
                        await self._collect(batches)
            finally:
                self._open.discard(key)
            await self._clock.sleep(RETRY_AFTER_S)

    async def _collect(self, batches: AsyncIterator[TailBatch]) -> None:
        """Collects until the stream leaves something out, which would distort the counts."""
        async for batch in batches:
            self.requests.add(batch.entries)
            if batch.suppressed:
                return
