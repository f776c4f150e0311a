"""The configuration that is found, and the door to an emulated cloud: it has every port, and is closed at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cfconsole.cli.options import GlobalOptions
from cfconsole.cli.scope import Emulator as Place
from cfconsole.cli.wiring import CloudDoor, read_config
from cfconsole.config import Config, NotifySettings, Secret
from cfconsole.domain.notices import Notice
from cfconsole.domain.releases import ReleaseState
from cfconsole.domain.services import ServiceKey
from cfconsole.emulator.scenarios.shop import PROJECT
from cfconsole.emulator.server import running_emulator
from cfconsole.emulator.world.world import Delays
from cfconsole.session.ports import Cloud
from tests.emulator.from_source import HELLO, zipped
from tests.net.http_server import Reply, http_server

ORDERS = ServiceKey(PROJECT, "us-central1", "orders-api")


@asynccontextmanager
async def opened(webhook: str = "") -> AsyncIterator[Cloud]:
    async with running_emulator(load=False, delays=Delays.none(), http_port=0) as emulator:
        place = Place(emulator.grpc_address, emulator.http_address or "")
        door = CloudDoor(lambda: place, Config(notify=NotifySettings(Secret(webhook))))
        try:
            yield await door.open()
        finally:
            await door.aclose()


def test_the_configuration_in_its_usual_place_is_read_and_an_absent_one_means_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert read_config(GlobalOptions()) == Config()
    (tmp_path / "cfconsole").mkdir()
    (tmp_path / "cfconsole" / "config.toml").write_text("[logs]\nentries = 2000\n")
    assert read_config(GlobalOptions()).logs.entries == 2000


async def test_a_service_is_probed_where_it_says_that_it_is() -> None:
    async with opened() as cloud:
        service = await cloud.services.get_service(ORDERS)
        answer = await cloud.probes.ask(service.uri, "/health", timeout_s=10)
        assert (answer.status, answer.trouble) == (200, "")


async def test_an_archive_gets_to_where_a_deploy_takes_it_from() -> None:
    async with opened() as cloud:
        source = await cloud.functions.upload(PROJECT, "us-central1", zipped({"main.py": HELLO}))
        assert source.bucket
        assert source.object.endswith(".zip")


async def test_whoever_is_to_be_told_is_told() -> None:
    async with http_server(lambda asked: Reply()) as hook, opened(f"{hook.url}/room") as cloud:
        assert cloud.notify is not None
        await cloud.notify.tell(Notice("5xx rose.", "r-1", ORDERS, ReleaseState.FAILED))
        assert [asked.path for asked in hook.asked] == ["/room"]


async def test_where_nobody_is_named_nobody_is_told() -> None:
    async with opened() as cloud:
        assert cloud.notify is None
