"""The connection to a cloud: credentials, addresses, and clients that are made once and closed together."""

from __future__ import annotations

from pathlib import Path

import pytest

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.gcp.connection.clients import Clients, connect
from cfconsole.gcp.connection.options import GcpOptions
from tests.gcp.emulated import SCRUB


async def test_an_emulator_needs_no_credentials() -> None:
    google = await connect(GcpOptions(emulator_host="127.0.0.1:1"), SCRUB)
    assert (google.tokens.expires_at, await google.tokens.token()) == (None, "")
    assert await google.id_token("https://orders") == ""


async def test_missing_credentials_name_the_command_to_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    with pytest.raises(CloudError) as raised:
        await connect(GcpOptions(), SCRUB)
    assert raised.value.kind is ErrorKind.CREDENTIALS
    assert "gcloud auth application-default login" in raised.value.sentence


def test_rest_calls_go_to_google_unless_there_is_an_emulator() -> None:
    assert GcpOptions().monitoring_url == "https://monitoring.googleapis.com"
    assert GcpOptions(emulator_http="127.0.0.1:8086").monitoring_url == "http://127.0.0.1:8086"


class Opened:
    """A client and its transport."""

    def __init__(self) -> None:
        self.closed = 0
        self.transport = self

    async def close(self) -> None:
        self.closed += 1


async def test_each_client_that_was_used_is_opened_once_and_closed() -> None:
    made: list[Opened] = []

    def make(client: object, transport: object) -> Opened:
        made.append(Opened())
        return made[-1]

    clients = Clients(make)
    assert clients.logging is clients.logging
    assert clients.metrics
    await clients.aclose()
    await clients.aclose()
    assert [each.closed for each in made] == [1, 1]
