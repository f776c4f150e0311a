"""Deploys through UpdateService: the simulated behaviour of revisions by image tag."""

from __future__ import annotations

import asyncio
from collections import Counter

import httpx
import pytest
from google.api_core import exceptions
from google.cloud import run_v2

from cfconsole.emulator.world.conditions import READY, state_of
from tests.emulator.conftest import LATEST, ORDERS, PARENT, Cloud, to_revision

FAILED = run_v2.Condition.State.CONDITION_FAILED
SUCCEEDED = run_v2.Condition.State.CONDITION_SUCCEEDED


def changed(service: run_v2.Service, image_tag: str, *traffic: run_v2.TrafficTarget) -> run_v2.Service:
    """An update to another image with the current etag, and with a split if one is given."""
    template = run_v2.RevisionTemplate(service.template)
    template.revision = ""
    template.containers[0].image = f"registry.example/shop/app:{image_tag}"
    return run_v2.Service(name=service.name, etag=service.etag, template=template, traffic=list(traffic))


async def deploy_at_zero(cloud: Cloud, image_tag: str) -> tuple[str, str]:
    """Deploys without traffic, then adds a tag; returns the newest revision and the tag's URL."""
    before = await cloud.service()
    serving = before.latest_ready_revision.rpartition("/")[2]
    await cloud.update(changed(before, image_tag, to_revision(serving)), "template", "traffic")
    newest = (await cloud.revision_names())[0]
    split = [to_revision(serving), to_revision(newest, 0, "next")]
    settled = await cloud.update(run_v2.Service(name=ORDERS, traffic=split), "traffic")
    [uri] = [status.uri for status in settled.traffic_statuses if status.tag]
    return newest, uri


async def statuses(uri: str, count: int) -> Counter[int]:
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        replies = await asyncio.gather(*(client.get(uri) for _ in range(count)))
    return Counter(reply.status_code for reply in replies)


async def test_a_deploy_that_pins_the_serving_revision_serves_nothing_new(cloud: Cloud) -> None:
    before = await cloud.service()
    serving = before.latest_ready_revision.rpartition("/")[2]
    settled = await cloud.update(changed(before, "ok-next", to_revision(serving)), "template", "traffic")
    assert [(s.revision, s.percent) for s in settled.traffic_statuses] == [(serving, 100)]
    assert settled.latest_ready_revision == settled.latest_created_revision != before.latest_created_revision


async def test_a_deploy_may_name_its_revision_and_send_it_a_part(cloud: Cloud) -> None:
    before = await cloud.service()
    serving = before.latest_ready_revision.rpartition("/")[2]
    desired = changed(before, "ok-next", to_revision(serving, 95), to_revision("orders-api-canary", 5))
    desired.template.revision = "orders-api-canary"
    settled = await cloud.update(desired, "template", "traffic")
    assert [(s.revision, s.percent) for s in settled.traffic_statuses] == [(serving, 95), ("orders-api-canary", 5)]


@pytest.mark.parametrize(
    ("image_tag", "state"),
    [
        *((tag, SUCCEEDED) for tag in ("ok-1", "broken", "slow-2", "flaky", "leak-9")),
        *((tag, FAILED) for tag in ("crash-1", "missing")),
    ],
)
async def test_the_image_tag_decides_whether_a_revision_becomes_ready(cloud: Cloud, image_tag: str, state: int) -> None:
    before = await cloud.service()
    serving = before.latest_ready_revision.rpartition("/")[2]
    operation = await cloud.begin_update(changed(before, image_tag, to_revision(serving)), "template", "traffic")
    if state == FAILED:
        with pytest.raises(exceptions.GoogleAPICallError, match="not ready and cannot serve traffic"):
            await operation.result(timeout=5)
    else:
        await operation.result(timeout=5)
    newest = (await cloud.revision_names())[0]
    revision = await cloud.revisions.get_revision(name=f"{ORDERS}/revisions/{newest}")
    assert state_of(revision.conditions, READY) == state
    assert [status.revision for status in (await cloud.service()).traffic_statuses] == [serving]


@pytest.mark.parametrize(
    ("image_tag", "path", "expected"),
    [
        ("ok-1", "/health", {200}),
        ("broken-1", "/health", {200, 500}),
        ("flaky-1", "/health", {200, 503}),
        ("slow-1", "/", {200}),
    ],
)
async def test_the_address_of_a_tag_answers_as_its_image_does(
    served_cloud: Cloud, image_tag: str, path: str, expected: set[int]
) -> None:
    newest, uri = await deploy_at_zero(served_cloud, image_tag)
    assert set(await statuses(uri + path, 50)) >= expected
    served = {revision for _, revision, _ in served_cloud.emulator.gateway.served}
    assert served == {newest}


async def test_a_leaking_container_slows_down_dies_and_restarts(served_cloud: Cloud) -> None:
    _, uri = await deploy_at_zero(served_cloud, "leak-1")
    early = await statuses(uri, 250)
    late = await statuses(uri, 200)
    assert early[500] < 10 < late[500]
    assert late[503] >= 1
    logs = served_cloud.emulator.observability.logs
    texts = [entry.decoded().text_payload for entry in logs.slice(0, len(logs))]
    assert sum("Memory limit of 512 MiB exceeded" in text for text in texts) == 1


async def test_each_line_a_leaking_container_prints_becomes_an_entry(served_cloud: Cloud) -> None:
    _, uri = await deploy_at_zero(served_cloud, "leak-1")
    await statuses(uri, 400)
    logs = served_cloud.emulator.observability.logs
    entries = [entry.decoded() for entry in logs.slice(0, len(logs))]
    printed = [entry for entry in entries if entry.log_name.endswith("stderr")]
    heads = [entry for entry in printed if entry.text_payload == "Traceback (most recent call last):"]
    assert len(heads) > 5
    assert not any("\n" in entry.text_payload or entry.severity or entry.trace for entry in printed)
    of_one = [entry for entry in printed if entry.labels == heads[0].labels]
    assert [entry.text_payload[:9] for entry in of_one[:6]] == [
        "Traceback",
        '  File "/',
        "    resul",
        '  File "/',
        "    retur",
        "ValueErro",
    ]
    assert len({entry.labels["instanceId"] for entry in printed}) > 1


async def test_validate_only_refuses_what_the_write_would_refuse(cloud: Cloud) -> None:
    service = await cloud.service()
    desired = changed(service, "ok-next")
    shown = await cloud.update(desired, "template", validate_only=True)
    assert shown.template.containers[0].image.endswith(":ok-next")
    desired.template.revision = (await cloud.revision_names())[0]
    with pytest.raises(exceptions.AlreadyExists):
        await cloud.begin_update(desired, "template", validate_only=True)
    desired.template.revision = "other-name"
    with pytest.raises(exceptions.InvalidArgument, match="begins with 'orders-api-'"):
        await cloud.begin_update(desired, "template", validate_only=True)
    assert await cloud.service() == service


async def test_a_target_without_a_revision_is_refused(cloud: Cloud) -> None:
    with pytest.raises(exceptions.InvalidArgument, match="does not exist"):
        await cloud.begin_update(changed(await cloud.service(), "ok-next", to_revision("")), "template", "traffic")


async def test_scaling_of_the_service_makes_no_revision(cloud: Cloud) -> None:
    before = await cloud.revision_names()
    desired = run_v2.Service(name=ORDERS, scaling={"min_instance_count": 2, "max_instance_count": 9})
    settled = await cloud.update(desired, "scaling.min_instance_count", "scaling.max_instance_count")
    assert (settled.scaling.min_instance_count, settled.scaling.max_instance_count) == (2, 9)
    assert await cloud.revision_names() == before
    desired.scaling.min_instance_count = 10
    with pytest.raises(exceptions.InvalidArgument, match="between 0 and max_instance_count"):
        await cloud.begin_update(desired, "scaling.min_instance_count")


async def test_the_same_image_with_another_label_is_a_restart(cloud: Cloud) -> None:
    service = await cloud.service()
    template = run_v2.RevisionTemplate(service.template)
    template.revision = ""
    template.labels["restarted"] = "now"
    settled = await cloud.update(run_v2.Service(name=ORDERS, template=template), "template")
    assert settled.latest_ready_revision != service.latest_ready_revision
    assert settled.template.containers == service.template.containers
    assert [(s.type_, s.percent) for s in settled.traffic_statuses] == [(LATEST, 100)]


async def test_a_revision_of_another_service_is_no_target(cloud: Cloud) -> None:
    cart = await cloud.service(f"{PARENT}/services/cart")
    theirs = cart.latest_ready_revision.rpartition("/")[2]
    with pytest.raises(exceptions.InvalidArgument, match="does not exist"):
        await cloud.begin_update(run_v2.Service(name=ORDERS, traffic=[to_revision(theirs)]), "traffic")
