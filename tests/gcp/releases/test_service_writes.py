"""Writes of a service through Google's client: what they change, what they keep, how they fail."""

from __future__ import annotations

from typing import Any

import pytest
from google.cloud import run_v2

from cfconsole.domain.errors import OUTCOME_UNKNOWN, CloudError, ErrorKind
from cfconsole.domain.fleet.services import Revision
from cfconsole.domain.fleet.traffic import LATEST, Target, all_to
from cfconsole.domain.releases.steps import CANDIDATE, CREATE_MASK, SCALING_MASK, EnvChange, Scaling, TemplateChange
from cfconsole.domain.releases.writes import ServiceWrite
from cfconsole.emulator.faults import Fault
from cfconsole.emulator.world.names import parse_service
from cfconsole.gcp.releases.service_writes import RESTART_ANNOTATION
from tests.gcp.emulated import ORDERS, Shop

FIXED = "us-docker.pkg.dev/shop/orders-api:ok-42"
SECRET = run_v2.EnvVar(
    name="API_KEY",
    value_source=run_v2.EnvVarSource(secret_key_ref=run_v2.SecretKeySelector(secret="api-key", version="3")),
)


def template(shop: Shop) -> Any:
    """The template of orders-api as the cloud has it."""
    return shop.world.record(parse_service(ORDERS.path)).service.template


def create(change: TemplateChange, *values: tuple[str, str], targets: tuple[Target, ...] = ()) -> ServiceWrite:
    return ServiceWrite(CREATE_MASK, targets or (Target(LATEST, 100),), change, values)


async def written(shop: Shop, write: ServiceWrite, *, validate_only: bool = False) -> str:
    """Writes to orders-api as it is now, and lets the cloud settle; returns the operation."""
    services = shop.services()
    etag = (await services.get_service(ORDERS)).etag
    answer = await services.write(ORDERS, write, etag=etag, validate_only=validate_only)
    await shop.clock.advance(60)
    return answer.operation


async def refused(shop: Shop, write: ServiceWrite, etag: str | None = None) -> CloudError:
    services = shop.services()
    known = (await services.get_service(ORDERS)).etag if etag is None else etag
    with pytest.raises(CloudError) as raised:
        await services.write(ORDERS, write, etag=known)
    return raised.value


async def newest(shop: Shop) -> Revision:
    return (await shop.services().list_revisions(ORDERS))[0]


async def test_a_deploy_creates_its_revision_and_keeps_everything_else(shop: Shop) -> None:
    template(shop).containers[0].env.append(SECRET)
    before = await newest(shop)
    change = TemplateChange(
        image=FIXED,
        env=(EnvChange("LOG_LEVEL", "debug"), EnvChange("NEW_ONE", "•••"), EnvChange("REGION_TIER", removed=True)),
        limits=(("memory", "1Gi"),),
    )
    operation = await written(shop, create(change, ("LOG_LEVEL", "debug"), ("NEW_ONE", "s3cret")))
    assert (await shop.services().operation(operation)).error == ""
    after = await newest(shop)
    assert after.name != before.name
    assert (after.image, after.limits) == (FIXED, (("cpu", "1"), ("memory", "1Gi")))
    assert (after.service_account, after.concurrency) == (before.service_account, before.concurrency)
    kept = {variable.name: variable for variable in template(shop).containers[0].env}
    assert (kept["LOG_LEVEL"].value, kept["NEW_ONE"].value) == ("debug", "s3cret")
    assert "REGION_TIER" not in kept
    assert kept["API_KEY"] == SECRET


async def test_a_value_takes_the_place_of_a_reference_to_a_secret(shop: Shop) -> None:
    template(shop).containers[0].env.insert(0, SECRET)
    await written(shop, create(TemplateChange(env=(EnvChange("API_KEY", "•••"),)), ("API_KEY", "plain")))
    first = template(shop).containers[0].env[0]
    assert (first.name, first.value) == ("API_KEY", "plain")
    assert "value_source" not in first


async def test_the_name_that_the_last_deploy_gave_is_not_given_again(shop: Shop) -> None:
    last = await newest(shop)
    template(shop).revision = last.name
    await written(shop, create(TemplateChange(image=FIXED)))
    assert (await newest(shop)).name not in ("", last.name)


async def test_a_canary_is_created_without_traffic_and_tags_stay(shop: Shop) -> None:
    services = shop.services()
    serving, older, *_ = await services.list_revisions(ORDERS)
    await written(shop, ServiceWrite(targets=(Target(serving.name, 100), Target(older.name, 0, "before"))))
    pinned = all_to(serving.name, (await services.get_service(ORDERS)).desired)
    await written(shop, create(TemplateChange(image=FIXED), targets=pinned))
    orders = await services.get_service(ORDERS)
    made = await newest(shop)
    assert orders.latest_ready == made.name != serving.name
    assert [(share.revision, share.percent) for share in orders.serving] == [(serving.name, 100)]
    assert Target(older.name, 0, "before") in orders.desired


@pytest.mark.parametrize(("named", "changed"), [("", 1), ("proxy", 0)])
async def test_the_container_that_takes_requests_is_changed_unless_another_is_named(
    shop: Shop, named: str, changed: int
) -> None:
    main = template(shop).containers[0]
    main.name, main.ports = "api", [run_v2.ContainerPort(container_port=8080)]
    template(shop).containers.insert(0, run_v2.Container(name="proxy", image="us-docker.pkg.dev/shop/proxy:ok-1"))
    await written(shop, create(TemplateChange(container=named, image=FIXED)))
    images = [container.image for container in template(shop).containers]
    assert [image == FIXED for image in images] == [place == changed for place in range(2)]


@pytest.mark.parametrize("named", ["", "nobody"])
async def test_a_container_that_is_not_clear_is_not_guessed(shop: Shop, named: str) -> None:
    template(shop).containers[0].ports = []
    template(shop).containers.append(run_v2.Container(name="proxy", image="us-docker.pkg.dev/shop/proxy:ok-1"))
    error = await refused(shop, create(TemplateChange(container=named, image=FIXED)))
    assert error.kind is ErrorKind.INVALID
    assert "name" in error.sentence
    assert shop.calls("UpdateService") == 0


async def test_a_value_that_is_no_longer_known_stops_the_write(shop: Shop) -> None:
    error = await refused(shop, create(TemplateChange(env=(EnvChange("NEW_ONE", "•••"),))))
    assert error.kind is ErrorKind.INVALID
    assert "the value of NEW_ONE is no longer known" in error.sentence
    assert shop.calls("UpdateService") == 0


async def test_a_restart_makes_a_revision_of_the_same_image(shop: Shop) -> None:
    before = await newest(shop)
    await written(shop, create(TemplateChange(restart="2026-03-01T12:00:00Z")))
    after = await newest(shop)
    assert after.name != before.name
    assert after.image == before.image
    assert template(shop).annotations[RESTART_ANNOTATION] == "2026-03-01T12:00:00Z"


async def test_scaling_makes_no_revision_and_leaves_traffic_alone(shop: Shop) -> None:
    before = await shop.services().get_service(ORDERS)
    await written(shop, ServiceWrite(SCALING_MASK, scaling=Scaling(3, 10)))
    orders = await shop.services().get_service(ORDERS)
    assert (orders.min_instances, orders.max_instances) == (3, 10)
    assert (orders.latest_created, orders.desired) == (before.latest_created, before.desired)
    await written(shop, ServiceWrite(SCALING_MASK, scaling=Scaling()))
    scaling = shop.world.record(parse_service(ORDERS.path)).service.scaling
    assert (scaling.min_instance_count, scaling.max_instance_count) == (0, 0)


async def test_validation_leaves_no_trace_of_a_deploy(shop: Shop) -> None:
    before = await shop.services().get_service(ORDERS)
    revisions = await shop.services().list_revisions(ORDERS)
    await written(shop, create(TemplateChange(image=FIXED)), validate_only=True)
    assert await shop.services().get_service(ORDERS) == before
    assert [r.name for r in await shop.services().list_revisions(ORDERS)] == [r.name for r in revisions]
    assert shop.world.writes.total() == 0


@pytest.mark.parametrize(
    "write",
    [
        create(TemplateChange(image=FIXED)),
        ServiceWrite(SCALING_MASK, scaling=Scaling(1, 2)),
        ServiceWrite(targets=(Target(LATEST, 100),)),
    ],
    ids=["template", "scaling", "traffic"],
)
async def test_an_etag_that_is_no_longer_current_is_a_conflict(shop: Shop, write: ServiceWrite) -> None:
    assert (await refused(shop, write, etag='"stale"')).kind is ErrorKind.CONFLICT
    assert shop.world.writes.total() == 0


async def test_a_refusal_of_the_api_has_its_words(shop: Shop) -> None:
    error = await refused(shop, ServiceWrite(targets=(Target(LATEST, 60),)))
    assert error.kind is ErrorKind.INVALID
    assert "must sum to 100" in error.sentence


async def test_a_missing_permission_is_named(shop: Shop) -> None:
    shop.faults.deny("UpdateService", "run.services.update")
    error = await refused(shop, create(TemplateChange(image=FIXED)))
    assert error.kind is ErrorKind.DENIED
    assert "run.services.update" in error.sentence


async def test_a_lost_answer_is_an_unknown_outcome_and_nothing_is_sent_again(shop: Shop) -> None:
    shop.faults.lose_answer("UpdateService")
    error = await refused(shop, create(TemplateChange(image=FIXED)))
    assert error.kind in OUTCOME_UNKNOWN
    assert shop.calls("UpdateService") == 1
    assert (await newest(shop)).image == FIXED


async def test_a_lost_connection_is_not_tried_again_either(shop: Shop) -> None:
    shop.faults.add(Fault(method="UpdateService", status="UNAVAILABLE", message="connection lost", times=1))
    assert (await refused(shop, create(TemplateChange(image=FIXED)))).kind is ErrorKind.UNAVAILABLE
    assert shop.calls("UpdateService") == 1


@pytest.mark.parametrize(
    ("write", "why"),
    [
        (ServiceWrite(("template",), (Target(LATEST, 100),)), "no write changes template"),
        (ServiceWrite(CREATE_MASK, (Target(LATEST, 100),)), "needs a change"),
        (ServiceWrite(SCALING_MASK), "needs one"),
        (ServiceWrite(), "at least one target"),
        (ServiceWrite(targets=(Target(CANDIDATE, 100),)), "no name yet"),
        (ServiceWrite(targets=(Target(LATEST, 90), Target(CANDIDATE, 10))), "no name yet"),
    ],
)
async def test_a_write_that_means_something_else_is_never_sent(shop: Shop, write: ServiceWrite, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        await shop.services().write(ORDERS, write, etag="")
    assert shop.calls("UpdateService") == 0


async def test_a_retired_revision_is_deleted(shop: Shop) -> None:
    *_, oldest = await shop.services().list_revisions(ORDERS)
    answer = await shop.services().delete_revision(ORDERS, oldest.name)
    assert (await shop.services().operation(answer.operation)).done
    assert oldest.name not in {r.name for r in await shop.services().list_revisions(ORDERS)}


async def test_the_newest_revision_is_not_deleted_and_the_reason_is_given(shop: Shop) -> None:
    serving = await newest(shop)
    with pytest.raises(CloudError) as raised:
        await shop.services().delete_revision(ORDERS, serving.name)
    assert raised.value.kind is ErrorKind.CONFLICT
    assert "can receive traffic" in raised.value.sentence
