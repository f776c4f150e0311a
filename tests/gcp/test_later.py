"""Metrics, alerts and logs are loaded when the first of them is asked for, once, and not before."""

from __future__ import annotations

import asyncio
import subprocess
import sys

from cfconsole.emulator.scenarios.shop import PROJECT
from cfconsole.gcp.cloud import open_cloud
from cfconsole.gcp.options import GcpOptions
from cfconsole.net.rest import RestCalls
from tests.gcp.emulated import SCRUB, running_shop

LOADED_BY_OPENING = """
import sys
import cfconsole.gcp.cloud
late = ("google.cloud.logging_v2", "google.cloud.monitoring_v3", "httpx")
print(*[name for name in late if name in sys.modules])
"""


def test_what_the_services_do_not_need_is_not_loaded_for_them() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED_BY_OPENING], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


async def test_everything_else_is_loaded_once_and_not_before_it_is_asked_for() -> None:
    loads: list[str] = []
    async with running_shop(http=True) as shop, RestCalls(SCRUB) as rest:
        options = GcpOptions(shop.emulator.grpc_address, shop.emulator.http_address)
        opened = await open_cloud(options, rest.get_json, lambda: loads.append("loaded"))
        try:
            await opened.services.list_services(PROJECT, ())
            assert loads == []
            asked = [opened.logs.page(PROJECT, "", size=1, newest_first=True) for _ in range(2)]
            await asyncio.gather(*asked, opened.alerts.open_alerts(PROJECT))
            assert loads == ["loaded"]
        finally:
            await opened.aclose()


async def test_giving_up_while_it_loads_leaves_loading_to_the_next_caller() -> None:
    async with running_shop(http=True) as shop, RestCalls(SCRUB) as rest:
        options = GcpOptions(shop.emulator.grpc_address, shop.emulator.http_address)
        opened = await open_cloud(options, rest.get_json)
        try:
            impatient = asyncio.create_task(opened.alerts.open_alerts(PROJECT))
            await asyncio.sleep(0)
            impatient.cancel()
            assert await opened.alerts.open_alerts(PROJECT) == ()
        finally:
            await opened.aclose()
