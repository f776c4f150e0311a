"""Probes over real HTTP: their answers, and the requests they never make."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.releases.rollout.probes import ProbeAnswer
from cfconsole.domain.text import Scrubber
from cfconsole.net.probes import SIGN_IN, Probes, audience_of
from tests.net.http_server import HttpServer, Reply, Request, http_server


class Tokens:
    """Returns the same token for every audience, and records the audiences."""

    def __init__(self, token: str = "t0ken") -> None:
        self.audiences: list[str] = []
        self._token = token

    async def __call__(self, audience: str) -> str:
        self.audiences.append(audience)
        return self._token


async def expired(audience: str) -> str:
    raise CloudError(ErrorKind.CREDENTIALS, "The Google credentials are expired.")


@asynccontextmanager
async def probing(token: Tokens | None = None) -> AsyncIterator[Probes]:
    probes = Probes(Scrubber(("s3cret",)), token or Tokens())
    try:
        yield probes
    finally:
        await probes.aclose()


async def answers(server: HttpServer, *paths: str, token: Tokens | None = None) -> Sequence[ProbeAnswer]:
    async with probing(token) as probes:
        return [await probes.send(server.url, path, timeout_s=5) for path in paths]


def private(request: Request) -> Reply:
    return Reply(200 if request.headers.get("authorization") == "Bearer t0ken" else 403)


@pytest.mark.parametrize("status", [200, 204, 404, 500, 503])
async def test_the_status_is_the_answer(status: int) -> None:
    async with http_server(lambda request: Reply(status)) as server:
        assert await answers(server, "/health") == [ProbeAnswer("/health", status)]
    (request,) = server.requests
    assert (request.method, request.path) == ("GET", "/health")
    assert "authorization" not in request.headers


async def test_a_private_service_gets_a_token_once_it_has_refused_a_probe() -> None:
    async with http_server(private) as server:
        tokens = Tokens()
        assert [a.status for a in await answers(server, "/health", "/health", token=tokens)] == [200, 200]
    assert ["authorization" in request.headers for request in server.requests] == [False, True, True]
    assert set(tokens.audiences) == {server.url}


async def test_without_a_token_the_refusal_stands() -> None:
    async with http_server(private) as server:
        assert [a.status for a in await answers(server, "/health", token=Tokens(""))] == [403]
    assert len(server.requests) == 1


async def test_credentials_that_fail_are_an_error_and_no_exception() -> None:
    async with http_server(private) as server:
        probes = Probes(Scrubber(), expired)
        answer = await probes.send(server.url, "/health", timeout_s=5)
        await probes.aclose()
    assert answer == ProbeAnswer("/health", error="The Google credentials are expired.")


async def test_redirects_within_the_host_are_followed() -> None:
    def reply(request: Request) -> Reply:
        return Reply(302, (("Location", "/welcome"),)) if request.path == "/" else Reply(204)

    async with http_server(reply) as server:
        assert await answers(server, "/") == [ProbeAnswer("/", 204)]


async def test_another_host_is_never_probed() -> None:
    async with http_server(lambda request: Reply(200)) as other:
        sent_on = (("Location", f"{other.url}/elsewhere"),)
        async with http_server(lambda request: Reply(302, sent_on)) as server:
            (answer,) = await answers(server, "/")
        assert other.requests == []
    assert answer.status == 302
    assert "which was not probed" in answer.error


async def test_a_sign_in_page_is_no_answer_of_the_service() -> None:
    sent_on = (("Location", f"https://{SIGN_IN}/signin"),)
    async with http_server(lambda request: Reply(302, sent_on)) as server:
        assert [a.status for a in await answers(server, "/")] == [401]


async def test_a_circle_of_redirects_ends() -> None:
    async with http_server(lambda request: Reply(302, (("Location", "/again"),))) as server:
        (answer,) = await answers(server, "/")
    assert answer.status is None
    assert "more than 3 redirects" in answer.error
    assert len(server.requests) == 4


async def test_silence_is_given_up_in_time() -> None:
    async with http_server(lambda request: Reply(None)) as server, probing() as probes:
        answer = await probes.send(server.url, "/health", timeout_s=0.05)
    assert answer == ProbeAnswer("/health", error="no answer within 0.05 s")


async def test_an_endless_body_is_not_read() -> None:
    endless = Reply(200, (("Content-Length", str(2**40)),), b"x" * 100_000)
    async with http_server(lambda request: endless) as server:
        assert await answers(server, "/health") == [ProbeAnswer("/health", 200)]


async def test_a_broken_connection_is_an_error() -> None:
    async with http_server(lambda request: Reply(0)) as server:
        (answer,) = await answers(server, "/health")
    assert answer.status is None
    assert "disconnected" in answer.error


async def test_a_refused_connection_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with probing() as probes:
        answer = await probes.send(f"http://127.0.0.1:{port}", "/health", timeout_s=5)
    assert answer.status is None
    assert answer.error


@pytest.mark.parametrize("url", ["", "not a url", "http://[", "http://s3cret:99999999"])
async def test_an_invalid_url_is_an_error_without_its_secrets(url: str) -> None:
    async with probing() as probes:
        answer = await probes.send(url, "/health", timeout_s=5)
    assert answer.status is None
    assert answer.error
    assert "s3cret" not in answer.error


def test_the_audience_of_a_tag_is_its_service() -> None:
    assert audience_of("https://green---api-abc-uc.a.run.app/x") == "https://api-abc-uc.a.run.app"
    assert audience_of("https://api-abc-uc.a.run.app") == "https://api-abc-uc.a.run.app"
