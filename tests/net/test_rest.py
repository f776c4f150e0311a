"""REST calls over real HTTP: documents, refusals, lost connections."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.text import Scrubber
from cfconsole.net.rest import RestCalls


class Server:
    """Answers every request alike and keeps what it was asked."""

    def __init__(self, status: int, body: str) -> None:
        self.answer = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()
        self.asked = ""
        self.url = ""
        self.requests = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.requests += 1
        writer.write(self.answer)
        await writer.drain()
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def serving(status: int, body: object) -> AsyncIterator[Server]:
    server = Server(status, body if isinstance(body, str) else json.dumps(body))
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/v3/x"
    async with listener:
        yield server


async def refusal(url: str) -> CloudError:
    async with RestCalls(Scrubber()) as rest:
        with pytest.raises(CloudError) as raised:
            await rest.get_json(url, {}, "")
    return raised.value


async def test_a_document_comes_back_and_the_token_goes_along() -> None:
    async with serving(200, {"alerts": [1]}) as server, RestCalls(Scrubber()) as rest:
        assert await rest.get_json(server.url, {"pageSize": "7"}, "t0ken") == {"alerts": [1]}
    assert server.asked.startswith("GET /v3/x?pageSize=7 ")
    assert "Authorization: Bearer t0ken" in server.asked


async def test_without_a_token_nothing_is_authorized() -> None:
    async with serving(200, {}) as server, RestCalls(Scrubber()) as rest:
        await rest.get_json(server.url, {}, "")
    assert "authorization" not in server.asked.lower()


async def test_a_refusal_is_told_as_google_tells_it() -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED"}]
    body = {"error": {"code": 403, "message": "off", "status": "PERMISSION_DENIED", "details": details}}
    async with serving(403, body) as server:
        assert (await refusal(server.url)).kind is ErrorKind.DISABLED


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ErrorKind.INVALID),
        (401, ErrorKind.CREDENTIALS),
        (403, ErrorKind.DENIED),
        (404, ErrorKind.NOT_FOUND),
        (429, ErrorKind.QUOTA),
        (500, ErrorKind.INTERNAL),
        (501, ErrorKind.UNSUPPORTED),
        (503, ErrorKind.UNAVAILABLE),
    ],
)
async def test_a_status_alone_says_enough(status: int, kind: ErrorKind) -> None:
    async with serving(status, "<html>") as server:
        assert (await refusal(server.url)).kind is kind


async def test_something_that_is_not_json_is_named() -> None:
    async with serving(200, "<html>login</html>") as server:
        assert "not JSON" in (await refusal(server.url)).sentence


async def test_nobody_there_is_unavailable() -> None:
    async with serving(200, {}) as server:
        url = server.url
    assert (await refusal(url)).kind is ErrorKind.UNAVAILABLE
