"""Collects the request log of services that are being verified, from tails or by reading pages."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator

from msgspec.structs import replace

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.entries import LogEntry
from cfconsole.domain.logs.query import own_entries_query, request_query
from cfconsole.session.ports import Cloud

PAGE_SIZE = 1000
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
