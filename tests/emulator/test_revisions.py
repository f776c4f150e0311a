"""Revisions: creation by deploys, failed starts, listing and deletion."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from google.api_core import exceptions
from google.cloud import run_v2

from cfconsole.emulator.clock import ManualClock
from cfconsole.emulator.server import running_emulator
from cfconsole.emulator.world.world import Delays
from tests.emulator.conftest import ORDERS, PARENT, Cloud, connected, finished, to_revision

FAILED = run_v2.Condition.State.CONDITION_FAILED
SUCCEEDED = run_v2.Condition.State.CONDITION_SUCCEEDED


async def test_a_deploy_on_latest_serves_the_new_revision(cloud: Cloud) -> None:
    settled = await cloud.deploy("ok-next")
    newest = (await cloud.revision_names())[0]
    assert newest.startswith("orders-api-00042-")
    assert settled.latest_ready_revision == settled.latest_created_revision == f"{ORDERS}/revisions/{newest}"


@pytest.mark.parametrize(("image_tag", "reason"), [("crash-1", "failed to start"), ("missing-1", "not found")])
async def test_a_revision_that_never_starts_leaves_the_last_split(cloud: Cloud, image_tag: str, reason: str) -> None:
    before = await cloud.service()
    with pytest.raises(exceptions.GoogleAPICallError, match=reason):
        await cloud.deploy(image_tag)
    after = await cloud.service()
    assert after.terminal_condition.state == FAILED
    assert reason in after.terminal_condition.message
    assert not after.reconciling
    assert after.latest_ready_revision == before.latest_ready_revision != after.latest_created_revision
    assert after.traffic_statuses == before.traffic_statuses
    assert after.observed_generation == before.generation < after.generation


async def test_traffic_can_be_moved_away_from_a_failed_deploy(cloud: Cloud) -> None:
    serving = (await cloud.revision_names())[0]
    with pytest.raises(exceptions.GoogleAPICallError):
        await cloud.deploy("crash-1")
    settled = await cloud.update(run_v2.Service(name=ORDERS, traffic=[to_revision(serving)]), "traffic")
    assert [(s.revision, s.percent) for s in settled.traffic_statuses] == [(serving, 100)]
    assert settled.generation == settled.observed_generation


async def test_traffic_to_a_failed_revision_fails_and_moves_nothing(cloud: Cloud) -> None:
    with pytest.raises(exceptions.GoogleAPICallError):
        await cloud.deploy("crash-1")
    before = await cloud.service()
    failed = before.latest_created_revision.rpartition("/")[2]
    with pytest.raises(exceptions.GoogleAPICallError, match="not ready"):
        await cloud.update(run_v2.Service(name=ORDERS, traffic=[to_revision(failed)]), "traffic")
    assert (await cloud.service()).traffic_statuses == before.traffic_statuses


async def test_while_reconciling_the_old_revision_serves() -> None:
    clock = ManualClock(datetime(2026, 3, 1, 12, 0, tzinfo=UTC))
    delays = Delays(revision_ready_s=5, traffic_s=2)
    async with (
        running_emulator(clock=clock, load=False, delays=delays) as emulator,
        connected(emulator) as cloud,
    ):
        before = await cloud.service()
        before.template.revision = ""
        before.template.containers[0].image = "registry.example/shop/app:ok-next"
        operation = await cloud.begin_update(before, "template")
        await clock.advance(4)
        during = await cloud.service()
        assert during.reconciling
        assert during.latest_ready_revision == before.latest_ready_revision
        assert not await operation.done()
        await clock.advance(4)
        settled = await finished(operation)
        assert settled.latest_ready_revision == settled.latest_created_revision
        assert settled.terminal_condition.state == SUCCEEDED


async def test_a_rollback_during_a_deploy_wins() -> None:
    clock = ManualClock(datetime(2026, 3, 1, 12, 0, tzinfo=UTC))
    async with (
        running_emulator(clock=clock, load=False, delays=Delays(revision_ready_s=5, traffic_s=1)) as emulator,
        connected(emulator) as slow,
    ):
        older = (await slow.revision_names())[1]
        service = await slow.service()
        service.template.revision = ""
        service.template.containers[0].image = "registry.example/shop/app:broken-1"
        deploying = await slow.begin_update(service, "template")
        rolling_back = await slow.begin_update(run_v2.Service(name=ORDERS, traffic=[to_revision(older)]), "traffic")
        await clock.advance(2)
        await finished(rolling_back)
        assert (await slow.service()).reconciling
        await clock.advance(6)
        settled = await finished(deploying)
        assert [s.revision for s in settled.traffic_statuses] == [older]
        assert not settled.reconciling


async def test_lists_all_revisions_of_a_region_with_a_wildcard(cloud: Cloud) -> None:
    request = run_v2.ListRevisionsRequest(parent=f"{PARENT}/services/-", page_size=5)
    pager = await cloud.revisions.list_revisions(request=request)
    services = {revision.service async for revision in pager}
    assert {"orders-api", "catalog", "resize-image"} <= services


async def test_idle_revisions_are_retired_and_serving_ones_are_not(cloud: Cloud) -> None:
    newest, older, *_ = await cloud.revision_names()
    reasons = {
        name: [c.revision_reason for c in (await revision(cloud, name)).conditions if c.type_ == "Active"]
        for name in (newest, older)
    }
    assert reasons == {newest: [], older: [run_v2.Condition.RevisionReason.RETIRED]}


async def test_deletes_a_retired_revision(cloud: Cloud) -> None:
    oldest = (await cloud.revision_names())[-1]
    await finished(await cloud.revisions.delete_revision(name=f"{ORDERS}/revisions/{oldest}"))
    assert oldest not in await cloud.revision_names()


@pytest.mark.parametrize("percent", [100, 0])
async def test_does_not_delete_what_serves_or_carries_a_tag(cloud: Cloud, percent: int) -> None:
    newest, older, *_ = await cloud.revision_names()
    split = [to_revision(older, percent, "kept"), to_revision(newest, 100 - percent)]
    await cloud.update(run_v2.Service(name=ORDERS, traffic=split), "traffic")
    with pytest.raises(exceptions.FailedPrecondition, match="can receive traffic"):
        await cloud.revisions.delete_revision(name=f"{ORDERS}/revisions/{older}")


async def test_does_not_delete_the_newest_revision(cloud: Cloud) -> None:
    newest, older, *_ = await cloud.revision_names()
    await cloud.update(run_v2.Service(name=ORDERS, traffic=[to_revision(older)]), "traffic")
    with pytest.raises(exceptions.FailedPrecondition, match="latest"):
        await cloud.revisions.delete_revision(name=f"{ORDERS}/revisions/{newest}")


async def revision(cloud: Cloud, name: str) -> run_v2.Revision:
    return await cloud.revisions.get_revision(name=f"{ORDERS}/revisions/{name}")
