"""A small HTTP server on loopback with scripted answers, which records the requests it gets."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple


class Request(NamedTuple):
    """One request: its first line and headers in lower case, and its body."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Reply(NamedTuple):
    """One answer. The status `None` stands for no answer at all, and 0 for a connection that is closed without one."""

    status: int | None = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class HttpServer:
    """Answers each request with what `reply` returns for it."""

    def __init__(self, reply: Callable[[Request], Reply], address: tuple[str, int]) -> None:
        self.requests: list[Request] = []
        self.url = f"http://{address[0]}:{address[1]}"
        self._address = address
        self._reply = reply
        self._over = asyncio.Event()
        self._serving: set[asyncio.Task[None] | None] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving.add(asyncio.current_task())
        try:
            # A caller may leave before it has sent its request.
            with contextlib.suppress(asyncio.IncompleteReadError):
                await self._answer(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def hang_up(self) -> None:
        """Ends every connection: those without an answer too, and those of callers that left before they were accepted.

        Connections are accepted in the order in which they were made, so once one more is served, none is left behind.
        """
        self._over.set()
        reader, writer = await asyncio.open_connection(*self._address)
        writer.write_eof()
        await reader.read()
        writer.close()
        await writer.wait_closed()
        await asyncio.gather(*filter(None, self._serving), return_exceptions=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        method, path, _ = first.split(" ")
        self.requests.append(Request(method, path, headers, body))
        reply = self._reply(self.requests[-1])
        if reply.status is None:
            await self._over.wait()
        elif reply.status:
            fields = dict((("Content-Length", str(len(reply.body))), *reply.headers, ("Connection", "close")))
            more = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
            writer.write(f"HTTP/1.1 {reply.status} X\r\n{more}\r\n".encode() + reply.body)


@asynccontextmanager
async def http_server(reply: Callable[[Request], Reply]) -> AsyncIterator[HttpServer]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = HttpServer(reply, listening.getsockname())
    async with await asyncio.start_server(server.serve, sock=listening):
        try:
            yield server
        finally:
            await server.hang_up()
