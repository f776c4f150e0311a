"""Failures of releases, injected over HTTP, as seen by Google's client."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from google.api_core import exceptions
from google.cloud import run_v2

from cfconsole.emulator.clock import ManualClock
from cfconsole.emulator.metrics.store import MetricStore
from cfconsole.emulator.world.conditions import FAILED
from tests.emulator.conftest import LATEST, ORDERS, Cloud, to_revision


async def switch(cloud: Cloud, kind: str, **body: Any) -> None:
    reply = await post(cloud, "faults", {"kind": kind, **body})
    assert reply.status_code == 200, reply.text


async def post(cloud: Cloud, path: str, body: dict[str, Any]) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.post(f"http://{cloud.emulator.http_address}/admin/{path}", json=body)


async def all_to(cloud: Cloud, revision: str) -> run_v2.Service:
    return await cloud.update(run_v2.Service(name=ORDERS, traffic=[to_revision(revision)]), "traffic")


async def served_by(cloud: Cloud) -> list[tuple[str, int]]:
    """The effective split."""
    shares = cloud.emulator.story_context.world.services()[0].routing.shares
    return [(share.revision, share.percent) for share in shares]


async def test_a_lost_answer_hides_a_write_that_was_applied(served_cloud: Cloud) -> None:
    older = (await served_cloud.revision_names())[1]
    before = await served_cloud.service()
    await switch(served_cloud, "lost-answer", method="UpdateService")
    with pytest.raises(exceptions.DeadlineExceeded):
        await all_to(served_cloud, older)
    after = await served_cloud.service()
    assert after.generation == before.generation + 1
    assert [status.revision for status in after.traffic_statuses] == [older]
    assert served_cloud.emulator.world.writes["UpdateService"] == 1


async def test_a_plain_timeout_applies_nothing(served_cloud: Cloud) -> None:
    older = (await served_cloud.revision_names())[1]
    before = await served_cloud.service()
    await switch(served_cloud, "fault", method="UpdateService", status="DEADLINE_EXCEEDED", times=1)
    with pytest.raises(exceptions.DeadlineExceeded):
        await all_to(served_cloud, older)
    assert await served_cloud.service() == before
    await all_to(served_cloud, older)


async def test_a_permission_can_be_lost_after_some_calls(served_cloud: Cloud) -> None:
    newest, older, *_ = await served_cloud.revision_names()
    await switch(served_cloud, "denied", method="UpdateService", permission="run.services.update", after=1)
    await all_to(served_cloud, older)
    with pytest.raises(exceptions.PermissionDenied, match=r"run\.services\.update"):
        await all_to(served_cloud, newest)
    with pytest.raises(exceptions.PermissionDenied):
        await all_to(served_cloud, newest)


async def test_an_operation_that_fails_leaves_the_last_split_until_the_next_write(served_cloud: Cloud) -> None:
    newest, older, *_ = await served_cloud.revision_names()
    before = await served_cloud.service()
    await switch(served_cloud, "failing-operation", message="The route could not be programmed.")
    with pytest.raises(exceptions.GoogleAPICallError, match="could not be programmed"):
        await all_to(served_cloud, older)
    after = await served_cloud.service()
    assert after.traffic_statuses == before.traffic_statuses
    assert after.observed_generation < after.generation
    assert after.terminal_condition.state == FAILED
    assert await served_by(served_cloud) == [(newest, 100)]
    await all_to(served_cloud, older)
    assert await served_by(served_cloud) == [(older, 100)]


async def test_a_good_image_can_be_kept_from_becoming_ready(served_cloud: Cloud) -> None:
    before = await served_cloud.service()
    await switch(served_cloud, "never-ready", service="orders-api", message="No quota for CPU.", after_s=0)
    with pytest.raises(exceptions.GoogleAPICallError, match="No quota for CPU"):
        await served_cloud.deploy("ok-next")
    assert (await served_cloud.service()).traffic_statuses == before.traffic_statuses
    settled = await served_cloud.deploy("ok-after")
    assert settled.latest_ready_revision == settled.latest_created_revision


async def test_requests_can_be_excluded_from_the_log_and_are_measured_all_the_same(served_cloud: Cloud) -> None:
    uri = (await served_cloud.service()).uri
    await switch(served_cloud, "request-logs", service="orders-api")
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.get(uri)
        assert request_logs(served_cloud) == 0
        assert served_cloud.emulator.observability.metrics.stored_points() == 1
        await switch(served_cloud, "request-logs", service="orders-api", excluded=False)
        await client.get(uri)
    assert request_logs(served_cloud) == 1


def request_logs(cloud: Cloud) -> int:
    logs = cloud.emulator.observability.logs
    return sum(entry.log_name.endswith("%2Frequests") for entry in logs.slice(0, len(logs)))


def test_metrics_can_be_later_than_promised() -> None:
    store = MetricStore(ManualClock(datetime(2026, 3, 1, 12, tzinfo=UTC)), ingest_delay_s=10)
    in_time = store.visible_until()
    store.extra_delay_s = 180
    assert in_time - store.visible_until() == 180 * 10**9


async def test_a_split_by_another_user_is_in_the_world_and_in_the_audit_log(served_cloud: Cloud) -> None:
    newest, older, *_ = await served_cloud.revision_names()
    targets = [{"revision": older, "percent": 30, "tag": "theirs"}, {"percent": 70}]
    reply = await post(served_cloud, "traffic", {"service": "orders-api", "targets": targets, "by": "eve@shop"})
    service = await served_cloud.service()
    assert reply.json() == {"generation": service.generation}
    assert [(s.type_, s.revision, s.percent, s.tag) for s in service.traffic_statuses][1] == (LATEST, "", 70, "")
    assert await served_by(served_cloud) == [(older, 30), (newest, 70)]
    assert service.last_modifier == "eve@shop"
    refused = await post(served_cloud, "traffic", {"service": "orders-api", "targets": [{"percent": 70}]})
    assert (refused.status_code, "sum to 100" in refused.text) == (400, True)


async def test_all_faults_are_listed_and_removed_together(served_cloud: Cloud) -> None:
    await switch(served_cloud, "late-metrics", seconds=180)
    await switch(served_cloud, "failing-operation")
    await switch(served_cloud, "never-ready", service="cart")
    await switch(served_cloud, "request-logs", service="cart")
    await switch(served_cloud, "latency", latency_ms=1)
    url = f"http://{served_cloud.emulator.http_address}/admin/faults"
    async with httpx.AsyncClient(trust_env=False) as client:
        faults = (await client.get(url)).json()
        await client.delete(url)
        cleared = (await client.get(url)).json()
    assert faults["late_metrics_s"] == 180
    assert len(faults["failing_operations"]) == len(faults["never_ready"]) == len(faults["unlogged"]) == 1
    assert not any(cleared.values())
