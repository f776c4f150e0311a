"""Faults, injected in process, as seen by Google's client."""

from __future__ import annotations

import pytest
from google.api_core import exceptions

from cfconsole.emulator.faults import Fault
from tests.emulator.conftest import EUROPE_PARENT, ORDERS, PARENT, Cloud


async def list_once(cloud: Cloud, parent: str = PARENT) -> None:
    await cloud.services.list_services(parent=parent, retry=None)


async def test_a_failing_method_fails_with_its_status_and_others_work(cloud: Cloud) -> None:
    cloud.emulator.faults.add(Fault(method="ListServices", status="RESOURCE_EXHAUSTED", message="Quota exceeded."))
    with pytest.raises(exceptions.ResourceExhausted, match=r"Quota exceeded\."):
        await list_once(cloud)
    assert (await cloud.service()).name == ORDERS


async def test_a_fault_can_apply_once(cloud: Cloud) -> None:
    cloud.emulator.faults.add(Fault(method="*/ListServices", status="INTERNAL", times=1))
    with pytest.raises(exceptions.InternalServerError):
        await list_once(cloud)
    await list_once(cloud)


async def test_a_lost_region_leaves_the_others_alone(cloud: Cloud) -> None:
    cloud.emulator.faults.lose_region("europe-west1")
    with pytest.raises(exceptions.ServiceUnavailable, match="europe-west1"):
        await list_once(cloud, EUROPE_PARENT)
    await list_once(cloud)


async def test_a_denied_permission_is_named(cloud: Cloud) -> None:
    cloud.emulator.faults.deny("ListServices", "run.services.list")
    with pytest.raises(exceptions.PermissionDenied, match=r"run\.services\.list"):
        await list_once(cloud)


async def test_expired_credentials_look_as_they_do_in_google_auth(cloud: Cloud) -> None:
    cloud.emulator.faults.expire_credentials()
    with pytest.raises(exceptions.ServiceUnavailable, match="Getting metadata from plugin failed"):
        await list_once(cloud)
    cloud.emulator.faults.clear()
    await list_once(cloud)


async def test_an_unknown_status_is_refused(cloud: Cloud) -> None:
    with pytest.raises(ValueError, match="use one of"):
        cloud.emulator.faults.add(Fault(status="BROKEN"))


async def test_calls_are_counted(cloud: Cloud) -> None:
    await list_once(cloud)
    assert cloud.emulator.calls == {"google.cloud.run.v2.Services/ListServices": 1}
