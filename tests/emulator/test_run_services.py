"""Cloud Run services as seen by Google's client: reading, writing, conflicts, masks."""

from __future__ import annotations

import pytest
from google.api_core import exceptions
from google.cloud import run_v2

from cfconsole.emulator.scenarios.shop import PROJECT
from tests.emulator.conftest import LATEST, ORDERS, PARENT, Cloud, finished, to_revision

CART = f"{PARENT}/services/cart"


async def test_lists_the_services_of_a_region(cloud: Cloud) -> None:
    pager = await cloud.services.list_services(parent=PARENT)
    found = [service.name async for service in pager]
    assert ORDERS in found
    assert all(name.startswith(PARENT) for name in found)


async def test_follows_the_pages_of_a_listing(cloud: Cloud) -> None:
    request = run_v2.ListServicesRequest(parent=PARENT, page_size=2)
    whole = await cloud.services.list_services(parent=PARENT)
    paged = await cloud.services.list_services(request=request)
    sizes = [len(page.services) async for page in paged.pages]
    assert sizes[:-1] == [2] * (len(sizes) - 1)
    assert sum(sizes) == len([service async for service in whole])


async def test_refuses_an_invented_page_token(cloud: Cloud) -> None:
    with pytest.raises(exceptions.InvalidArgument, match="page_token"):
        await cloud.services.list_services(request=run_v2.ListServicesRequest(parent=PARENT, page_token="nonsense"))


async def test_refuses_the_wildcard_location(cloud: Cloud) -> None:
    with pytest.raises(exceptions.InvalidArgument, match="wildcard"):
        await cloud.services.list_services(parent=f"projects/{PROJECT}/locations/-")


async def test_an_unknown_project_is_answered_like_a_forbidden_one(cloud: Cloud) -> None:
    with pytest.raises(exceptions.PermissionDenied, match="project no-such-project"):
        await cloud.services.list_services(parent="projects/no-such-project/locations/us-central1")


async def test_a_malformed_parent_is_not_implemented(cloud: Cloud) -> None:
    with pytest.raises(exceptions.MethodNotImplemented, match="Operation is not implemented"):
        await cloud.services.list_services(parent="shop")


async def test_an_unknown_service_is_not_found(cloud: Cloud) -> None:
    with pytest.raises(exceptions.NotFound, match="no-such"):
        await cloud.service(f"{PARENT}/services/no-such")


async def test_a_traffic_write_becomes_effective(cloud: Cloud) -> None:
    newest, older, *_ = await cloud.revision_names()
    before = await cloud.service()
    settled = await cloud.update(run_v2.Service(name=ORDERS, etag=before.etag, traffic=[to_revision(older)]), "traffic")
    assert [(s.revision, s.percent) for s in settled.traffic_statuses] == [(older, 100)]
    assert settled.latest_ready_revision.endswith(newest)
    assert settled.generation == settled.observed_generation == before.generation + 1
    assert not settled.reconciling


async def test_a_traffic_write_makes_no_revision(cloud: Cloud) -> None:
    before = await cloud.revision_names()
    await cloud.update(run_v2.Service(name=ORDERS, traffic=[to_revision(before[1])]), "traffic")
    assert await cloud.revision_names() == before


async def test_latest_is_reported_without_a_revision(cloud: Cloud) -> None:
    service = await cloud.service()
    assert [(s.type_, s.revision, s.percent) for s in service.traffic_statuses] == [(LATEST, "", 100)]


async def test_a_stale_etag_is_aborted(cloud: Cloud) -> None:
    older = (await cloud.revision_names())[1]
    before = await cloud.service()
    desired = run_v2.Service(name=ORDERS, etag=before.etag, traffic=[to_revision(older)])
    await cloud.update(desired, "traffic")
    with pytest.raises(exceptions.Aborted, match="version"):
        await cloud.begin_update(desired, "traffic")


async def test_tags_have_addresses_and_survive_a_shift(cloud: Cloud) -> None:
    before = await cloud.service(CART)
    [tagged] = [target for target in before.traffic if target.tag]
    newest = before.latest_ready_revision.rpartition("/")[2]
    desired = run_v2.Service(name=CART, traffic=[to_revision(newest), tagged])
    settled = await cloud.update(desired, "traffic")
    [status] = [status for status in settled.traffic_statuses if status.tag]
    assert (status.tag, status.revision, status.percent) == ("previous", tagged.revision, 0)
    assert status.uri.startswith("https://previous---cart-")


@pytest.mark.parametrize(
    ("traffic", "message"),
    [
        ([to_revision("orders-api-99999-zzz")], "does not exist"),
        ([run_v2.TrafficTarget(type_=LATEST, percent=90)], "sum to 100"),
        ([run_v2.TrafficTarget(type_=LATEST, percent=101)], "between 0 and 100"),
        ([run_v2.TrafficTarget(type_=LATEST, percent=100, tag="UPPER")], "valid tag"),
        ([run_v2.TrafficTarget(percent=100)], "LATEST or REVISION"),
    ],
)
async def test_refuses_an_invalid_split(cloud: Cloud, traffic: list[run_v2.TrafficTarget], message: str) -> None:
    with pytest.raises(exceptions.InvalidArgument, match=message):
        await cloud.begin_update(run_v2.Service(name=ORDERS, traffic=traffic), "traffic")


async def test_a_mask_changes_exactly_what_it_names(cloud: Cloud) -> None:
    before = await cloud.service()
    desired = run_v2.Service(name=ORDERS, description="ignored", scaling={"min_instance_count": 3})
    settled = await cloud.update(desired, "scaling.min_instance_count")
    assert settled.scaling.min_instance_count == 3
    assert settled.description == before.description
    assert settled.template == before.template


async def test_a_mask_in_camel_case_is_a_revision_conflict(cloud: Cloud) -> None:
    with pytest.raises(exceptions.AlreadyExists, match="with different configuration already exists"):
        await cloud.begin_update(run_v2.Service(name=ORDERS), "scaling.minInstanceCount")


async def test_a_template_that_keeps_its_revision_name_is_a_conflict(cloud: Cloud) -> None:
    service = await cloud.service()
    service.template.containers[0].image = "registry.example/shop/app:ok-next"
    with pytest.raises(exceptions.AlreadyExists, match=service.template.revision):
        await cloud.begin_update(service, "template")


async def test_validate_only_changes_nothing(cloud: Cloud) -> None:
    before = await cloud.service()
    older = (await cloud.revision_names())[1]
    desired = run_v2.Service(name=ORDERS, traffic=[to_revision(older)])
    shown = await cloud.update(desired, "traffic", validate_only=True)
    assert shown.traffic[0].revision == older
    assert await cloud.service() == before
    assert not cloud.emulator.world.writes


async def test_allow_missing_creates(cloud: Cloud) -> None:
    name = f"{PARENT}/services/brand-new"
    template = (await cloud.service()).template
    template.revision = ""
    settled = await cloud.update(run_v2.Service(name=name, template=template), "template", allow_missing=True)
    assert settled.latest_ready_revision.startswith(f"{name}/revisions/brand-new-00001-")


async def test_an_update_of_a_missing_service_is_not_found(cloud: Cloud) -> None:
    with pytest.raises(exceptions.NotFound):
        await cloud.begin_update(run_v2.Service(name=f"{PARENT}/services/brand-new"), "traffic")


async def test_creates_and_deletes_a_service(cloud: Cloud) -> None:
    template = (await cloud.service()).template
    template.revision = ""
    creating = await cloud.services.create_service(
        parent=PARENT, service=run_v2.Service(template=template), service_id="brand-new"
    )
    created = await finished(creating)
    await finished(await cloud.services.delete_service(name=created.name))
    with pytest.raises(exceptions.NotFound):
        await cloud.service(created.name)
