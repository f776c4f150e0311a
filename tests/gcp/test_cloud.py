"""A cloud is opened as one value whose parts fit the session's ports."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.emulator.scenarios.shop import PROJECT
from cfconsole.gcp.cloud import open_cloud
from cfconsole.gcp.options import GcpOptions
from cfconsole.net.rest import RestCalls
from cfconsole.session.ports import Cloud
from tests import builders
from tests.gcp.emulated import ORDERS, SCRUB, running_shop

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


async def test_an_emulated_cloud_answers_through_every_port() -> None:
    async with running_shop(http=True) as shop, RestCalls(SCRUB) as rest:
        options = GcpOptions(shop.emulator.grpc_address, shop.emulator.http_address)
        opened = await open_cloud(options, rest.get_json)
        ports = Cloud(
            opened.services,
            opened.metrics,
            opened.alerts,
            opened.logs,
            history=opened.history,
            functions=opened.functions,
        )
        try:
            assert opened.credentials_expire_at is None
            assert (await ports.services.list_services(PROJECT, ())).services
            metrics = await ports.metrics.read(PROJECT, end=shop.clock.now(), window_s=3600, judged_s=300)
            assert metrics.read_at == shop.clock.now()
            assert await ports.alerts.open_alerts(PROJECT) == ()
            assert (await ports.logs.page(PROJECT, "", size=1, newest_first=True)).entries == ()
            async with ports.logs.tail(PROJECT, ""):
                pass
            await ports.history.write(builders.release(builders.plan(service=ORDERS), started_at=shop.clock.now()))
            assert len(await ports.history.read(PROJECT, since=LONG_AGO)) == 1
            assert await opened.id_token("https://orders") == ""
            with pytest.raises(CloudError, match="Nothing can be uploaded"):
                await ports.functions.upload(PROJECT, "us-central1", b"zip")
        finally:
            await opened.aclose()


async def test_missing_credentials_name_the_command_to_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    async with RestCalls(SCRUB) as rest:
        with pytest.raises(CloudError) as raised:
            await open_cloud(GcpOptions(), rest.get_json)
    assert raised.value.kind is ErrorKind.CREDENTIALS
    assert "gcloud auth application-default login" in raised.value.sentence


def test_rest_calls_go_to_google_unless_there_is_an_emulator() -> None:
    assert GcpOptions().monitoring_url == "https://monitoring.googleapis.com"
    assert GcpOptions(emulator_http="127.0.0.1:8086").monitoring_url == "http://127.0.0.1:8086"
