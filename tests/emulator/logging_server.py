"""A running Cloud Logging emulator with Google's asynchronous client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2AsyncClient
from google.cloud.logging_v2.services.logging_service_v2.transports import LoggingServiceV2GrpcAsyncIOTransport
from google.cloud.logging_v2.types import LogEntry, TailLogEntriesRequest
from grpc import aio

from cfconsole.emulator.clock import Clock, ManualClock
from cfconsole.emulator.faults import Faults
from cfconsole.emulator.logs.servicer import log_handlers
from cfconsole.emulator.logs.store import LogStore
from cfconsole.emulator.logs.tail import LogLimits
from cfconsole.emulator.logs.tail_sessions import TailFaults, TailSessions

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PROJECT = "projects/shop"
STDOUT = f"{PROJECT}/logs/run.googleapis.com%2Fstdout"


def line(text: str, **fields: Any) -> LogEntry:
    """A text line of the shop."""
    return LogEntry({"log_name": STDOUT, "text_payload": text, **fields})


def raw(entry: LogEntry) -> Any:
    return LogEntry.pb(entry)


class LoggingServer:
    """The store, the clock and a client of one running emulator."""

    def __init__(self, store: LogStore, clock: Clock, client: LoggingServiceV2AsyncClient) -> None:
        self.store = store
        self.clock = clock
        self.client = client

    def write_lines(self, *texts: str) -> None:
        for text in texts:
            self.store.write(raw(line(text)))

    async def tail(self, **request: Any) -> TailStream:
        """Opens a tail session; it has begun on the server when this returns."""
        tail_request = TailLogEntriesRequest({"resource_names": [PROJECT], **request})
        stream: Any = await self.client.tail_log_entries(requests=_only(tail_request), timeout=None)
        await stream.initial_metadata()
        return TailStream(stream)


class TailStream:
    """Reads one tail session."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._responses = aiter(stream)

    async def response(self) -> Any:
        return await anext(self._responses)

    async def texts(self) -> list[str]:
        """The texts of the entries in the next response."""
        return [entry.text_payload for entry in (await self.response()).entries]

    def cancel(self) -> None:
        self._stream.cancel()


async def _only(request: TailLogEntriesRequest) -> AsyncIterator[TailLogEntriesRequest]:
    yield request
    # The end of the requests would end the session.
    await asyncio.Event().wait()


@asynccontextmanager
async def logging_server(
    *, clock: Clock | None = None, faults: TailFaults | None = None, limits: LogLimits | None = None
) -> AsyncIterator[LoggingServer]:
    """A running emulator until the end of the block."""
    clock = clock or ManualClock(START)
    store = LogStore(clock)
    tails = TailSessions(store, clock, faults or Faults(), limits or LogLimits())
    server = aio.server()
    server.add_generic_rpc_handlers((log_handlers(store, clock, tails, limits),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            transport = LoggingServiceV2GrpcAsyncIOTransport(channel=channel)
            yield LoggingServer(store, clock, LoggingServiceV2AsyncClient(transport=transport))
    finally:
        await server.stop(None)
