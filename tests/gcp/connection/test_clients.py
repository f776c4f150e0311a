"""The connection to a cloud: credentials and addresses."""

from __future__ import annotations

from pathlib import Path

import pytest

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.gcp.connection.clients import connect
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
