"""Services, revisions and traffic through Google's clients and back."""

from __future__ import annotations

import pytest
from google.cloud import run_v2
from msgspec.structs import replace

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.fleet.services import ServiceKey, ServiceKind
from cfconsole.domain.fleet.traffic import LATEST, Target
from cfconsole.domain.releases.writes import ServiceWrite
from cfconsole.domain.text import Scrubber
from cfconsole.emulator.faults import Fault
from cfconsole.emulator.scenarios.shop import PROJECT, REGIONS
from cfconsole.gcp.fleet.regions import KNOWN_REGIONS
from cfconsole.gcp.protos.revisions import revision_from
from tests.gcp.emulated import ORDERS, Shop

BILLING = ServiceKey(PROJECT, "europe-west1", "billing")
RECEIPT = ServiceKey(PROJECT, "europe-west1", "send-receipt")


async def test_all_regions_are_read_and_functions_joined(shop: Shop) -> None:
    read = await shop.services().list_services(PROJECT, ())
    by_key = {service.key: service for service in read.services}
    assert len(read.services) == len(shop.world.services())
    assert read.unreachable == ()
    assert read.functions_error == ""
    assert shop.calls("ListServices") == len(REGIONS)
    receipt = by_key[RECEIPT]
    assert receipt.kind is ServiceKind.FUNCTION
    assert receipt.function is not None
    assert receipt.function.runtime == "python311"
    assert not receipt.function.all_traffic_on_latest
    assert by_key[ServiceKey(PROJECT, "europe-west1", "geo-lookup")].kind is ServiceKind.RUN_FUNCTION
    assert by_key[ORDERS].kind is ServiceKind.SERVICE


async def test_the_effective_split_names_what_latest_stands_for(shop: Shop) -> None:
    orders = await shop.services().get_service(ORDERS)
    assert orders.desired == (Target(LATEST, 100),)
    (share,) = orders.effective
    assert share.revision == orders.latest_ready
    assert share.revision.startswith("orders-api-00041-")
    assert share.latest
    assert orders.updated_by == "ci@shop"
    assert not orders.pinned


async def test_a_pinned_service_is_seen_as_such(shop: Shop) -> None:
    billing = await shop.services().get_service(BILLING)
    assert billing.pinned
    assert [share.tag for share in billing.serving] == ["stable"]


async def test_one_lost_region_is_named_and_the_others_are_read(shop: Shop) -> None:
    shop.faults.lose_region("europe-west1")
    read = await shop.services().list_services(PROJECT, ("us-central1", "europe-west1"))
    assert {service.key.region for service in read.services} == {"us-central1"}
    (lost,) = read.unreachable
    assert lost.place == "europe-west1"
    assert "can't be reached" in lost.sentence
    assert "europe-west1" in read.functions_error


async def test_when_no_region_can_be_read_the_reason_is_raised(shop: Shop) -> None:
    shop.faults.deny("ListServices", "run.services.list")
    with pytest.raises(CloudError) as raised:
        await shop.services().list_services(PROJECT, ())
    assert raised.value.kind is ErrorKind.DENIED
    assert "run.services.list" in raised.value.sentence


async def test_expired_credentials_are_recognised_and_not_tried_again(shop: Shop) -> None:
    shop.faults.expire_credentials()
    with pytest.raises(CloudError) as raised:
        await shop.services().get_service(ORDERS)
    assert raised.value.kind is ErrorKind.CREDENTIALS
    assert "gcloud auth application-default login" in raised.value.sentence
    assert shop.calls("GetService") == 1


async def test_a_short_outage_is_bridged_for_reads(shop: Shop) -> None:
    shop.faults.add(Fault(method="GetService", status="UNAVAILABLE", message="back soon", times=1))
    service = await shop.services().get_service(ORDERS)
    assert service.key == ORDERS
    assert shop.calls("GetService") == 2


async def test_the_only_region_that_cannot_be_read_says_why(shop: Shop) -> None:
    shop.faults.add(Fault(method="ListServices", status="INTERNAL", message="broken"))
    with pytest.raises(CloudError, match="broken") as raised:
        await shop.services().list_services(PROJECT, (ORDERS.region,))
    assert raised.value.kind is ErrorKind.INTERNAL


async def test_unreadable_functions_leave_services_and_say_why(shop: Shop) -> None:
    shop.faults.deny("ListFunctions", "cloudfunctions.functions.list")
    read = await shop.services().list_services(PROJECT, ())
    assert len(read.services) == len(shop.world.services())
    assert "cloudfunctions.functions.list" in read.functions_error


async def test_known_regions_with_a_note_replace_regions_that_cannot_be_listed(shop: Shop) -> None:
    shop.faults.deny("ListLocations", "cloudfunctions.locations.list")
    services = shop.services()
    read = await services.list_services(PROJECT, ())
    assert shop.calls("ListServices") == len(KNOWN_REGIONS)
    assert len(read.services) == len(shop.world.services())
    assert [place.place for place in read.unreachable] == ["other regions"]
    named = await services.list_services(PROJECT, REGIONS)
    assert named.unreachable == (), "whoever names regions does not ask for others"


async def test_revisions_come_newest_first_with_secrets_masked(shop: Shop) -> None:
    revisions = await shop.services().list_revisions(ORDERS)
    assert [revision.short[:5] for revision in revisions] == ["00041", "00040", "00039", "00038"]
    newest, *older = revisions
    assert newest.ready
    assert not newest.retired
    assert all(revision.retired for revision in older)
    assert newest.image.endswith("orders-api:ok-41")
    assert dict(newest.limits) == {"cpu": "1", "memory": "512Mi"}
    env = {variable.name: variable.display for variable in newest.env}
    assert env["LOG_LEVEL"] == "info"
    assert env["REGION_TIER"] != "prod"
    assert (newest.concurrency, newest.timeout_s, newest.max_instances) == (80, 300.0, 20)


async def test_a_port_that_is_spoken_to_in_http2_is_seen_as_such(shop: Shop) -> None:
    (container,) = (await shop.services().list_revisions(ORDERS))[0].containers
    assert container.ports
    assert not container.http2
    pb = run_v2.Revision.pb(run_v2.Revision(containers=[{"ports": [{"name": "h2c", "container_port": 8080}]}]))
    (container,) = revision_from(pb, ORDERS, Scrubber(), b"").containers
    assert container.ports
    assert container.http2


def test_variables_of_side_cars_carry_the_name_of_their_container() -> None:
    def container(name: str, *ports: int) -> dict[str, object]:
        return {"name": name, "env": [{"name": "LEVEL"}], "ports": [{"container_port": port} for port in ports]}

    pb = run_v2.Revision.pb(run_v2.Revision(containers=[container("proxy"), container("app", 8080), container("")]))
    names = [variable.name for variable in revision_from(pb, ORDERS, Scrubber(), b"").env]
    assert names == ["proxy: LEVEL", "LEVEL", "LEVEL"]


def all_to(revision: str) -> ServiceWrite:
    return ServiceWrite(targets=(Target(revision, 100),))


async def test_traffic_moves_with_one_write_and_its_operation_is_followed(shop: Shop) -> None:
    services = shop.services()
    orders = await services.get_service(ORDERS)
    _, previous, *_ = await services.list_revisions(ORDERS)
    written = await services.write(ORDERS, all_to(previous.name), etag=orders.etag)
    assert (shop.calls("GetService"), shop.calls("UpdateService")) == (1, 1)
    assert not (await services.operation(written.operation)).done
    moving = await services.get_service(ORDERS)
    assert moving.reconciling
    assert moving.desired == (Target(previous.name, 100),)
    await shop.clock.advance(30)
    done = await services.operation(written.operation)
    assert done.done
    assert done.error == ""
    assert done.condition.state == "succeeded"
    moved = await services.get_service(ORDERS)
    assert [(share.revision, share.percent) for share in moved.serving] == [(previous.name, 100)]


async def test_a_changed_etag_is_a_conflict_and_nothing_is_written(shop: Shop) -> None:
    with pytest.raises(CloudError) as raised:
        await shop.services().write(ORDERS, all_to(LATEST), etag='"stale"')
    assert raised.value.kind is ErrorKind.CONFLICT
    assert shop.world.writes.total() == 0


async def test_validation_alone_writes_nothing(shop: Shop) -> None:
    services = shop.services()
    orders = await services.get_service(ORDERS)
    *_, oldest = await services.list_revisions(ORDERS)
    await services.write(ORDERS, all_to(oldest.name), etag=orders.etag, validate_only=True)
    assert (await services.get_service(ORDERS)).desired == orders.desired


async def test_a_write_is_never_sent_twice(shop: Shop) -> None:
    services = shop.services()
    orders = await services.get_service(ORDERS)
    shop.faults.add(Fault(method="UpdateService", status="UNAVAILABLE", message="connection lost", times=1))
    with pytest.raises(CloudError) as raised:
        await services.write(ORDERS, all_to(LATEST), etag=orders.etag)
    assert raised.value.kind is ErrorKind.UNAVAILABLE
    assert shop.calls("UpdateService") == 1


async def test_an_empty_split_is_not_sent(shop: Shop) -> None:
    with pytest.raises(ValueError, match="at least one target"):
        await shop.services().write(ORDERS, ServiceWrite(), etag="")


async def test_a_description_shows_everything_but_secrets(shop: Shop) -> None:
    text = await shop.services().describe(ORDERS)
    assert "latestReadyRevision: projects/shop-prod" in text
    assert "  - name: LOG_LEVEL\n" in text
    assert "value: info\n" in text
    assert "prod\n" not in text.partition("REGION_TIER")[2].partition("resources")[0]


async def test_one_function_is_joined_without_a_listing_before(shop: Shop) -> None:
    receipt = await shop.services().get_service(RECEIPT)
    assert receipt.kind is ServiceKind.FUNCTION
    orders = await shop.services().get_service(ORDERS)
    assert orders.function is None


async def test_functions_are_listed_once_however_often_one_of_them_is_read(shop: Shop) -> None:
    services = shop.services()
    for _ in range(3):
        assert (await services.get_service(RECEIPT)).function is not None
    assert shop.calls("ListFunctions") == 1


async def test_a_service_that_is_no_function_lists_none(shop: Shop) -> None:
    await shop.services().get_service(ORDERS)
    assert shop.calls("ListFunctions") == 0


async def test_an_unknown_service_is_not_found(shop: Shop) -> None:
    with pytest.raises(CloudError) as raised:
        await shop.services().get_service(replace(ORDERS, name="nothing"))
    assert raised.value.kind is ErrorKind.NOT_FOUND
