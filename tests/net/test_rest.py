"""REST calls over real HTTP: documents, refusals, lost connections."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.text import Scrubber
from cfconsole.net.rest import RestCalls
from tests.net.http_server import HttpServer, Reply, http_server


@asynccontextmanager
async def serving(status: int, body: object) -> AsyncIterator[HttpServer]:
    """A server that answers every request alike."""
    content = body if isinstance(body, str) else json.dumps(body)
    async with http_server(lambda request: Reply(status, body=content.encode())) as server:
        yield server


async def refusal(url: str) -> CloudError:
    async with RestCalls(Scrubber()) as rest:
        with pytest.raises(CloudError) as raised:
            await rest.get_json(url, {}, "")
    return raised.value


async def test_a_document_is_read_and_the_token_is_sent() -> None:
    async with serving(200, {"alerts": [1]}) as server, RestCalls(Scrubber()) as rest:
        assert await rest.get_json(f"{server.url}/v3/x", {"pageSize": "7"}, "t0ken") == {"alerts": [1]}
    (request,) = server.requests
    assert (request.method, request.path) == ("GET", "/v3/x?pageSize=7")
    assert request.headers["authorization"] == "Bearer t0ken"


async def test_without_a_token_nothing_is_authorized() -> None:
    async with serving(200, {}) as server, RestCalls(Scrubber()) as rest:
        await rest.get_json(server.url, {}, "")
    assert "authorization" not in server.requests[0].headers


async def test_a_refusal_has_the_kind_in_googles_error_document() -> None:
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
        assert "did not answer with JSON" in (await refusal(server.url)).sentence


async def test_a_refused_connection_is_unavailable() -> None:
    async with serving(200, {}) as server:
        url = server.url
    assert (await refusal(url)).kind is ErrorKind.UNAVAILABLE
