"""A little HTTP server on loopback that answers as it is told and keeps what it was asked."""

from __future__ import annotations

import asyncio
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
        self._held: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        method, path, _ = first.split(" ")
        self.asked.append(Asked(method, path, headers, body))
        reply = self._reply(self.asked[-1])
        if reply.status is None:
            self._held.add(writer)
            return
        if reply.status:
            length = () if any(name == "Content-Length" for name, _ in reply.headers) else self._length(reply)
            more = "".join(f"{name}: {value}\r\n" for name, value in (*reply.headers, *length))
            writer.write(f"HTTP/1.1 {reply.status} X\r\n{more}Connection: close\r\n\r\n".encode() + reply.body)
        writer.close()

    def hang_up(self) -> None:
        for writer in self._held:
            writer.close()

    @staticmethod
    def _length(reply: Reply) -> tuple[tuple[str, str], ...]:
        return (("Content-Length", str(len(reply.body))),)


@asynccontextmanager
async def http_server(reply: Callable[[Asked], Reply]) -> AsyncIterator[HttpServer]:
    server = HttpServer(reply)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    async with listener:
        yield server
        server.hang_up()
