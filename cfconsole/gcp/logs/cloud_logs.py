"""Log entries of a project: pages of past entries, and a live tail of new ones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import timedelta
from typing import Any

from google.api_core.exceptions import InternalServerError
from google.cloud.logging_v2.types import ListLogEntriesRequest, TailLogEntriesRequest, TailLogEntriesResponse

from cfconsole.domain.logs.entries import LogEntry, LogPage, TailBatch
from cfconsole.domain.text import Scrubber
from cfconsole.gcp.connection.caller import READ_RETRY, ApiCaller
from cfconsole.gcp.connection.clients import Clients
from cfconsole.gcp.connection.errors import translate_errors
from cfconsole.gcp.connection.options import RateLimits
from cfconsole.gcp.connection.throttle import Lanes
from cfconsole.gcp.logs.entries import EntryReader, suppressions_from

MAX_PAGE_SIZE = 1000
PAGE_TIMEOUT_S = 20.0
"""Searches in old entries are slow."""

BUFFER_WINDOW = timedelta(milliseconds=400)
"""How long the API collects and sorts entries before it sends them.

Entries that arrive late are merged in place, so a short delay matters more than order.
"""

UNSENT = "Internal error from Core"
"""The message of gRPC's client for a session that ended before its request was sent; it hides the true error."""
MAX_OPENINGS = 3


class CloudLogs:
    """The logs port of a real or emulated Google Cloud."""

    def __init__(
        self, clients: Clients, limits: RateLimits, scrub: Scrubber, buffer_window: timedelta = BUFFER_WINDOW
    ) -> None:
        self._buffer_window = buffer_window
        self._client = clients.logging
        self._caller = ApiCaller("Cloud Logging", scrub)
        self._lanes = Lanes(limits.logging_read)
        self._reader = EntryReader(scrub)

    async def page(self, project: str, query: str, *, size: int, newest_first: bool, page: str = "") -> LogPage:
        """One page (Cloud Logging v2 `ListLogEntries`). A query without a time limit may take minutes."""
        request = ListLogEntriesRequest(
            resource_names=[f"projects/{project}"],
            filter=query,
            order_by="timestamp desc" if newest_first else "timestamp asc",
            page_size=min(size, MAX_PAGE_SIZE),
            page_token=page,
        )
        answer: Any = await self._caller.call(
            lambda: self._client.list_log_entries(request, retry=READ_RETRY, timeout=PAGE_TIMEOUT_S),
            self._lanes.lane(project),
        )
        entries: list[LogEntry] = []
        async for converted in self._reader.slices(answer.entries.pb):
            entries.extend(converted)
        return LogPage(tuple(entries), answer.next_page_token)

    @asynccontextmanager
    async def tail(self, project: str, query: str) -> AsyncIterator[AsyncIterator[TailBatch]]:
        """One tail session (Cloud Logging v2 `TailLogEntries`), closed when the block is left. A project has ten.

        The iterator raises `CloudError`: ENDED after an hour, QUOTA when all sessions are in use.
        """
        request = TailLogEntriesRequest(
            resource_names=[f"projects/{project}"], filter=query, buffer_window=self._buffer_window
        )
        session = _TailSession(self._client, request)
        try:
            with translate_errors(self._caller.api, self._caller.scrub):
                await session.open()
            async with aclosing(self._batches(session)) as batches:
                yield batches
        finally:
            session.close()

    async def _batches(self, session: _TailSession) -> AsyncGenerator[TailBatch, None]:
        """The responses, large ones in slices; the suppressed entries come with the first slice."""
        with translate_errors(self._caller.api, self._caller.scrub):
            async with aclosing(session.responses()) as responses:
                async for response in responses:
                    raw = TailLogEntriesResponse.pb(response)
                    suppressed = suppressions_from(raw.suppression_info)
                    if not raw.entries:
                        yield TailBatch((), suppressed)
                    async for converted in self._reader.slices(raw.entries):
                        yield TailBatch(converted, suppressed)
                        suppressed = ()


class _TailSession:
    """The gRPC stream of one tail session."""

    def __init__(self, client: Any, request: TailLogEntriesRequest) -> None:
        self._client = client
        self._request = request
        self._over = asyncio.Event()
        self._stream: Any = None

    async def open(self) -> None:
        self._over = asyncio.Event()
        # With a timeout the client would end the session itself, with an error of its own.
        self._stream = await self._client.tail_log_entries(
            requests=_held_open(self._request, self._over), retry=None, timeout=None
        )

    def close(self) -> None:
        # A session that is closed while it opens has no stream to cancel; the end of its requests ends it.
        self._over.set()
        if self._stream is not None:
            self._stream.cancel()

    async def responses(self) -> AsyncGenerator[Any, None]:
        """All responses. A session whose request was never sent is opened again, to get the true error."""
        for left in reversed(range(MAX_OPENINGS)):
            try:
                async for response in self._stream:
                    yield response
                return
            except InternalServerError as error:
                if error.message != UNSENT or not left:
                    raise
            self.close()
            await self.open()


async def _held_open(request: TailLogEntriesRequest, over: asyncio.Event) -> AsyncIterator[TailLogEntriesRequest]:
    """The only request of a session. The iterator ends when the session is closed, or it would wait forever."""
    yield request
    await over.wait()
