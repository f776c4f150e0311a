"""Notices over real HTTP: the body for chats, the second try, and a URL that appears nowhere."""

from __future__ import annotations

import json
import logging
import socket
import traceback
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.releases.model import ReleaseState
from cfconsole.domain.releases.notices import Notice
from cfconsole.domain.text import Scrubber
from cfconsole.net.webhooks import PAUSE_S, Webhook
from tests.builders import ORDERS
from tests.net.http_server import HttpServer, Reply, Request, http_server

SECRET = "/services/T0/s3cr3t"
NOTICE = Notice("5xx rose to 12.4 % at 5 %.", "r-1", ORDERS, ReleaseState.ROLLED_BACK)


class Pauses:
    """Records pauses instead of sleeping."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


async def pauses_of(server: HttpServer, notice: Notice = NOTICE) -> list[float]:
    pauses = Pauses()
    await Webhook(server.url + SECRET, Scrubber(), pauses).send(notice)
    return pauses.slept


async def refusal(url: str, timeout_s: float = 10) -> CloudError:
    with pytest.raises(CloudError) as raised:
        await Webhook(url, Scrubber(), Pauses(), timeout_s).send(NOTICE)
    assert "s3cr3t" not in "".join(traceback.format_exception(raised.value))
    return raised.value


def replies(*statuses: int) -> Iterator[Reply]:
    yield from map(Reply, statuses)


async def test_a_notice_is_one_text_that_slack_and_google_chat_take() -> None:
    async with http_server(lambda request: Reply(200, body=b"ok")) as server:
        assert await pauses_of(server) == []
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", SECRET)
    assert request.headers["content-type"] == "application/json"
    text = "shop-prod/us-central1/orders-api: rolled back. 5xx rose to 12.4 % at 5 %. (release r-1)"
    assert json.loads(request.body) == {"text": text}


async def test_nothing_from_outside_calls_everybody_or_is_a_link() -> None:
    async with http_server(lambda request: Reply()) as server:
        await pauses_of(server, replace(NOTICE, text="<!channel> <https://x|y> \x1b[31m password=hunter2"))
    text = json.loads(server.requests[0].body)["text"]
    assert "(!channel) (https://x|y)" in text
    assert "hunter2" not in text
    assert "\x1b" not in text


async def test_a_long_text_is_cut() -> None:
    async with http_server(lambda request: Reply()) as server:
        await pauses_of(server, replace(NOTICE, text="x" * 10_000))
    assert len(server.requests[0].body) < 1_100


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_transient_error_is_tried_once_more(status: int) -> None:
    answers = replies(status, 200)
    async with http_server(lambda request: next(answers)) as server:
        assert await pauses_of(server) == [PAUSE_S]
    assert len(server.requests) == 2


async def test_after_two_tries_it_is_given_up() -> None:
    async with http_server(lambda request: Reply(503)) as server:
        assert (await refusal(server.url + SECRET)).kind is ErrorKind.UNAVAILABLE
    assert len(server.requests) == 2


async def test_a_refusal_is_not_retried_and_names_what_to_check() -> None:
    def reply(request: Request) -> Reply:
        return Reply(404, body=f"no_service at {request.path}".encode())

    async with http_server(reply) as server:
        error = await refusal(server.url + SECRET)
    assert error.sentence == "The webhook answered 404 no_service at /•••; check notify.webhook in the configuration."
    assert len(server.requests) == 1


async def test_a_redirect_is_a_refusal() -> None:
    async with http_server(lambda request: Reply(302, (("Location", "/login"),))) as server:
        assert (await refusal(server.url + SECRET)).kind is ErrorKind.INVALID


async def test_silence_is_given_up_after_two_tries() -> None:
    async with http_server(lambda request: Reply(None)) as server:
        assert (await refusal(server.url + SECRET, timeout_s=0.05)).kind is ErrorKind.TIMEOUT
    assert len(server.requests) == 2


async def test_a_refused_connection_is_reported_without_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert (await refusal(f"http://127.0.0.1:{port}{SECRET}")).kind is ErrorKind.UNAVAILABLE


async def test_the_address_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with http_server(lambda request: Reply()) as server:
        await pauses_of(server)
    assert "s3cr3t" not in caplog.text
