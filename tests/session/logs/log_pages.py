"""What all logs in memory share: pages of entries, and the stream of an open tail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from cfconsole.domain.errors import CloudError
from cfconsole.domain.logs.entries import LogEntry, LogPage, TailBatch


def page_of(entries: Sequence[LogEntry], size: int, page: str) -> LogPage:
    """The page of that token. `entries` are in the order of the query, and a token is how many of them to skip."""
    start = int(page or 0)
    more = start + size < len(entries)
    return LogPage(tuple(entries[start : start + size]), str(start + size) if more else "")


class TailStream:
    """Delivers what is put into it until that is an error."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[TailBatch | CloudError] = asyncio.Queue()

    def put(self, item: TailBatch | CloudError) -> None:
        self._queue.put_nowait(item)

    async def batches(self) -> AsyncIterator[TailBatch]:
        while True:
            item = await self._queue.get()
            if isinstance(item, CloudError):
                raise item
            yield item
