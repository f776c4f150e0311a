"""A little HTTP server on loopback that answers as it is told and keeps what it was asked."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple


class Asked(NamedTuple):
    """One request: its first line and headers in lower case, and its body."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Reply(NamedTuple):
    """One answer; `None` for the status never answers at all, and 0 hangs up."""

    status: int | None = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class HttpServer:
    """Answers each request with what `reply` says."""

    def __init__(self, reply: Callable[[Asked], Reply]) -> None:
        self.asked: list[Asked] = []
        self.url = ""
        self._reply = reply
        self._over = asyncio.Event()
        self._serving: set[asyncio.Task[None] | None] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving.add(asyncio.current_task())
        try:
            await self._answer(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def hang_up(self) -> None:
        """Ends every connection, those without an answer too."""
        self._over.set()
        await asyncio.gather(*filter(None, self._serving), return_exceptions=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        method, path, _ = first.split(" ")
        self.asked.append(Asked(method, path, headers, body))
        reply = self._reply(self.asked[-1])
        if reply.status is None:
            await self._over.wait()
        elif reply.status:
            told = dict((("Content-Length", str(len(reply.body))), *reply.headers, ("Connection", "close")))
            more = "".join(f"{name}: {value}\r\n" for name, value in told.items())
            writer.write(f"HTTP/1.1 {reply.status} X\r\n{more}\r\n".encode() + reply.body)


@asynccontextmanager
async def http_server(reply: Callable[[Asked], Reply]) -> AsyncIterator[HttpServer]:
    server = HttpServer(reply)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    async with listener:
        try:
            yield server
        finally:
            await server.hang_up()
