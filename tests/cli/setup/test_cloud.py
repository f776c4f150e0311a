"""The cloud of a console and of commands: it has every port, loads each when it is needed, and is closed at the end."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from cfconsole.cli.setup.cloud import CloudOpener
from cfconsole.cli.setup.scope import Emulator as Place
from cfconsole.config import Config, NotifySettings, Secret
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.releases.model import ReleaseState
from cfconsole.domain.releases.notices import Notice
from cfconsole.emulator.scenarios.shop import PROJECT
from cfconsole.emulator.server import running_emulator
from cfconsole.emulator.world.world import Delays
from cfconsole.session.ports import Cloud
from tests import builders
from tests.emulator.function_deploys import HELLO, zipped
from tests.net.http_server import Reply, http_server

ORDERS = ServiceKey(PROJECT, "us-central1", "orders-api")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@asynccontextmanager
async def opened(webhook: str = "", loaded: Callable[[], None] = lambda: None) -> AsyncIterator[Cloud]:
    async with running_emulator(load=False, delays=Delays.none(), http_port=0) as emulator:
        place = Place(emulator.grpc_address, emulator.http_address or "")
        opener = CloudOpener(lambda: place, Config(notify=NotifySettings(Secret(webhook))), loaded)
        try:
            yield await opener.open()
        finally:
            await opener.aclose()


async def test_an_emulated_cloud_answers_through_every_port() -> None:
    async with opened() as cloud:
        now = datetime.now(UTC)
        service = await cloud.services.get_service(ORDERS)
        assert (await cloud.metrics.read(PROJECT, end=now, window_s=3600, recent_s=300)).read_at == now
        assert await cloud.alerts.open_alerts(PROJECT) == ()
        assert (await cloud.logs.page(PROJECT, "", size=1, newest_first=True)).entries == ()
        async with cloud.logs.tail(PROJECT, ""):
            pass
        await cloud.history.write(builders.release(builders.plan(service=ORDERS), started_at=now))
        assert len(await cloud.history.read(PROJECT, since=LONG_AGO)) == 1
        answer = await cloud.probes.send(service.uri, "/health", timeout_s=10)
        assert (answer.status, answer.error) == (200, "")


async def test_an_archive_is_uploaded_where_a_deploy_takes_it_from() -> None:
    async with opened() as cloud:
        source = await cloud.functions.upload(PROJECT, "us-central1", zipped({"main.py": HELLO}))
        assert source.bucket
        assert source.object.endswith(".zip")


async def test_a_notice_reaches_the_webhook() -> None:
    async with http_server(lambda request: Reply()) as hook, opened(f"{hook.url}/room") as cloud:
        assert cloud.notify is not None
        await cloud.notify.send(Notice("5xx rose.", "r-1", ORDERS, ReleaseState.FAILED))
        assert [request.path for request in hook.requests] == ["/room"]


async def test_there_is_no_notify_port_without_a_webhook() -> None:
    async with opened() as cloud:
        assert cloud.notify is None


async def test_load_calls_back_in_a_worker_thread() -> None:
    threads: list[threading.Thread] = []
    async with opened(loaded=lambda: threads.append(threading.current_thread())) as cloud:
        await cloud.services.list_services(PROJECT, ())
        assert not threads
        await cloud.load()
        assert len(threads) == 1
        assert threads != [threading.main_thread()]


def script(work: str) -> list[str]:
    """What a fresh interpreter prints that opens a cloud and then does this work."""
    code = f"""
import asyncio, sys
from cfconsole.cli.setup.cloud import CloudOpener
from cfconsole.cli.setup.scope import Emulator
from cfconsole.config import Config, NotifySettings, Secret

async def work():
    config = Config(notify=NotifySettings(Secret("http://127.0.0.1:1/room")))
    opener = CloudOpener(lambda: Emulator("127.0.0.1:1", "127.0.0.1:1"), config)
    cloud = await opener.open()
    {work}
    await opener.aclose()

asyncio.run(work())
"""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.parametrize(
    ("port", "loaded"),
    [
        pytest.param("services", [], id="services"),
        pytest.param("logs", ["google.cloud.logging_v2"], id="logs"),
        pytest.param("metrics", ["google.cloud.monitoring_v3"], id="metrics"),
        pytest.param("probes", ["httpx"], id="probes"),
    ],
)
def test_a_command_loads_what_is_behind_the_ports_it_uses(port: str, loaded: list[str]) -> None:
    late = ("google.cloud.logging_v2", "google.cloud.monitoring_v3", "httpx")
    assert script(f"cloud.{port}; print(*[name for name in {late} if name in sys.modules])") == loaded


def test_nothing_is_left_to_load_for_a_port_once_the_cloud_is_loaded() -> None:
    ports = [name for name in vars(Cloud) if not name.startswith("_") and name != "load"]
    assert len(ports) == 8
    touched = ", ".join(f"cloud.{name}" for name in ports)
    assert script(f"await cloud.load(); had = set(sys.modules); {touched}; print(*set(sys.modules) - had)") == []
