"""Uploads over real HTTP: what is sent, and how a refusal reads."""

from __future__ import annotations

import socket
import traceback

import pytest

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.text import Scrubber
from cfconsole.net.uploads import Uploads
from tests.net.http_server import Reply, http_server

SIGNED = "/bucket/object?X-Goog-Signature=s3cr3t"
REFUSED = b"<?xml version='1.0'?><Error><Code>EntityTooLarge</Code><Message>Your upload is too large.</Message></Error>"


async def refusal(url: str) -> CloudError:
    with pytest.raises(CloudError) as raised:
        await Uploads(Scrubber()).put(url + SIGNED, b"zip")
    assert "s3cr3t" not in "".join(traceback.format_exception(raised.value))
    return raised.value


async def test_an_archive_is_sent_as_the_signature_requires() -> None:
    async with http_server(lambda request: Reply()) as server:
        await Uploads(Scrubber()).put(server.url + SIGNED, b"zip")
    (request,) = server.requests
    assert (request.method, request.path, request.body) == ("PUT", SIGNED, b"zip")
    assert request.headers["content-type"] == "application/zip"
    assert "authorization" not in request.headers


@pytest.mark.parametrize(
    ("reply", "kind", "sentence"),
    [
        (Reply(400, (), REFUSED), ErrorKind.INVALID, "Cloud Storage answered: Your upload is too large."),
        (Reply(403), ErrorKind.INVALID, "Cloud Storage answered: HTTP 403."),
        (Reply(503), ErrorKind.UNAVAILABLE, "Cloud Storage answered: HTTP 503."),
        (Reply(0), ErrorKind.UNAVAILABLE, "try again."),
    ],
)
async def test_a_refusal_has_the_words_of_the_storage(reply: Reply, kind: ErrorKind, sentence: str) -> None:
    async with http_server(lambda request: reply) as server:
        error = await refusal(server.url)
    assert error.kind is kind
    assert error.sentence.startswith("The source was not uploaded: ")
    assert error.sentence.endswith(sentence)


async def test_a_refused_connection_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert (await refusal(f"http://127.0.0.1:{port}")).kind is ErrorKind.UNAVAILABLE
