"""Cloud Run services as Google's client sees them: reading, writing, conflicts, masks."""

from __future__ import annotations

from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud import run_v2
from google.protobuf import field_mask_pb2

from cfconsole.emulator.scenarios.shop import HOME, PROJECT
from tests.emulator.conftest import Cloud

PARENT = f"projects/{PROJECT}/locations/{HOME}"
ORDERS = f"{PARENT}/services/orders-api"
LATEST = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
REVISION = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION


def to_revision(name: str, percent: int = 100, tag: str = "") -> run_v2.TrafficTarget:
    return run_v2.TrafficTarget(type_=REVISION, revision=name, percent=percent, tag=tag)


async def names_of_revisions(cloud: Cloud, service: str = ORDERS) -> list[str]:
    """Short names, newest first."""
    pager = await cloud.revisions.list_revisions(parent=service)
    return [revision.name.rpartition("/")[2] async for revision in pager]


async def update(cloud: Cloud, service: run_v2.Service, *paths: str) -> run_v2.Service:
    """Writes and waits until the cloud has settled."""
    mask = field_mask_pb2.FieldMask(paths=paths)
    operation: Any = await cloud.services.update_service(service=service, update_mask=mask)
    operation._retry = operation._retry.with_delay(0.01, 0.05, 1.5)
    settled = await operation.result(timeout=5)
    assert isinstance(settled, run_v2.Service)
    return settled


async def test_lists_the_services_of_a_region(cloud: Cloud) -> None:
    pager = await cloud.services.list_services(parent=PARENT)
    found = [service.name async for service in pager]
    assert ORDERS in found
    assert all(name.startswith(PARENT) for name in found)


async def test_follows_the_pages_of_a_listing(cloud: Cloud) -> None:
    whole = await cloud.services.list_services(parent=PARENT)
    paged = await cloud.services.list_services(request=run_v2.ListServicesRequest(parent=PARENT, page_size=2))
    assert [s.name async for s in paged] == [s.name async for s in whole]
    first = await cloud.services.list_services(request=run_v2.ListServicesRequest(parent=PARENT, page_size=2))
    assert len(first.services) == 2


async def test_refuses_the_wildcard_location(cloud: Cloud) -> None:
    with pytest.raises(exceptions.InvalidArgument, match="wildcard"):
        await cloud.services.list_services(parent=f"projects/{PROJECT}/locations/-")


async def test_a_malformed_parent_is_not_implemented(cloud: Cloud) -> None:
    with pytest.raises(exceptions.MethodNotImplemented, match="Operation is not implemented"):
        await cloud.services.list_services(parent="shop")


async def test_an_unknown_service_is_not_found(cloud: Cloud) -> None:
    with pytest.raises(exceptions.NotFound, match="no-such"):
        await cloud.services.get_service(name=f"{PARENT}/services/no-such")


async def test_a_traffic_write_becomes_effective(cloud: Cloud) -> None:
    newest, older, *_ = await names_of_revisions(cloud)
    before = await cloud.services.get_service(name=ORDERS)
    wanted = run_v2.Service(name=ORDERS, etag=before.etag, traffic=[to_revision(older)])
    settled = await update(cloud, wanted, "traffic")
    assert [(s.revision, s.percent) for s in settled.traffic_statuses] == [(older, 100)]
    assert settled.latest_ready_revision.endswith(newest)
    assert settled.generation == settled.observed_generation == before.generation + 1
    assert not settled.reconciling


async def test_latest_is_reported_without_a_revision(cloud: Cloud) -> None:
    service = await cloud.services.get_service(name=ORDERS)
    assert [(s.type_, s.revision, s.percent) for s in service.traffic_statuses] == [(LATEST, "", 100)]


async def test_a_stale_etag_is_aborted(cloud: Cloud) -> None:
    _, older, *_ = await names_of_revisions(cloud)
    before = await cloud.services.get_service(name=ORDERS)
    wanted = run_v2.Service(name=ORDERS, etag=before.etag, traffic=[to_revision(older)])
    await update(cloud, wanted, "traffic")
    with pytest.raises(exceptions.Aborted, match="version"):
        await update(cloud, wanted, "traffic")
