"""The request log of services that are being verified, from the console's tails, from one of its own, or by pages."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator

from msgspec.structs import replace

from cfconsole.domain.errors import CloudError
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.entries import LogEntry, TailBatch
from cfconsole.domain.logs.query import own_entries_query, request_query
from cfconsole.domain.logs.times import to_ns
from cfconsole.session.logs.read_budget import ReadBudget
from cfconsole.session.ports import ClockPort, Cloud

PAGE_SIZE = 1000
RETRY_AFTER_S = 10.0
MAX_REQUEST_ENTRIES = 60_000
"""The newest entries are kept, which bounds the memory of a verification."""


class RequestLog:
    """The requests of services while they are being verified."""

    def __init__(
        self, cloud: Cloud, may_read: Callable[[ServiceKey], bool], is_tailed: Callable[[ServiceKey], bool]
    ) -> None:
        self._cloud = cloud
        self._may_read = may_read
        self.is_tailed = is_tailed
        """Whether a live tail already brings a service's requests."""
        self._entries: dict[ServiceKey, dict[tuple[str, int, str], LogEntry]] = {}

    @contextlib.contextmanager
    def collecting(self, key: ServiceKey) -> Iterator[None]:
        self._entries.setdefault(key, {})
        try:
            yield
        finally:
            self._entries.pop(key, None)

    def add(self, entries: Iterable[LogEntry]) -> None:
        """Keeps the requests to services that are being verified."""
        if not self._entries:
            return
        for entry in entries:
            collected = self._entries.get(ServiceKey(entry.project, entry.region, entry.service))
            if collected is not None and entry.request:
                # Counting needs no text, and there may be very many.
                collected[entry.identity] = replace(entry, message="", payload="", trace="", labels=())
                if len(collected) > MAX_REQUEST_ENTRIES:
                    del collected[next(iter(collected))]

    def entries(self, key: ServiceKey) -> tuple[LogEntry, ...]:
        return tuple(self._entries.get(key, {}).values())

    async def read(self, key: ServiceKey, since_ns: int) -> int | None:
        """Reads the newest page of requests. Returns the moment since which it is complete. Raises `CloudError`.

        `None` if the read quota does not allow it now.
        """
        if not self._may_read(key):
            return None
        query = request_query(key, since_ns=since_ns)
        page = await self._cloud.logs.page(key.project, query, size=PAGE_SIZE, newest_first=True)
        self.add(reversed(page.entries))
        return page.entries[-1].timestamp_ns if page.next_page and page.entries else since_ns

    async def read_own_entries(self, key: ServiceKey, since_ns: int) -> tuple[LogEntry, ...] | None:
        """The newest page of what the revisions log besides requests, oldest first. Raises `CloudError`.

        `None` if the read quota does not allow it now.
        """
        if not self._may_read(key):
            return None
        query = own_entries_query(key, since_ns=since_ns)
        page = await self._cloud.logs.page(key.project, query, size=PAGE_SIZE, newest_first=True)
        return page.entries[::-1]


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
