"""Faults, switched on in process or over HTTP, as Google's client and a browser meet them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from google.api_core import exceptions
from google.cloud import run_v2
from google.cloud.audit.audit_log_pb2 import AuditLog

from cfconsole.emulator.faults import Fault
from tests.emulator.conftest import EUROPE_PARENT, ORDERS, PARENT, Cloud


async def list_once(cloud: Cloud, parent: str = PARENT) -> None:
    await cloud.services.list_services(parent=parent, retry=None)


async def test_a_failing_method_fails_with_its_status_and_others_work(cloud: Cloud) -> None:
    cloud.emulator.faults.add(Fault(method="ListServices", status="RESOURCE_EXHAUSTED", message="Quota exceeded."))
    with pytest.raises(exceptions.ResourceExhausted, match=r"Quota exceeded\."):
        await list_once(cloud)
    assert (await cloud.service()).name == ORDERS


async def test_a_fault_can_strike_once(cloud: Cloud) -> None:
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


async def post(cloud: Cloud, path: str, body: dict[str, Any]) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.post(f"http://{cloud.emulator.http_address}/admin/{path}", json=body)


async def test_faults_come_and_go_over_http(served_cloud: Cloud) -> None:
    added = await post(served_cloud, "faults", {"kind": "denied", "method": "ListServices", "permission": "x.y"})
    with pytest.raises(exceptions.PermissionDenied):
        await list_once(served_cloud)
    async with httpx.AsyncClient(trust_env=False) as client:
        url = f"http://{served_cloud.emulator.http_address}/admin/faults"
        assert list((await client.get(url)).json()["faults"]) == [added.json()["id"]]
        await client.delete(f"{url}/{added.json()['id']}")
    await list_once(served_cloud)


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("faults", {"kind": "earthquake"}, "no fault of kind"),
        ("faults", {"status": "BROKEN"}, "use one of"),
        ("faults", {"colour": "red"}, "colour"),
        ("deploy", {"service": "catalog", "image_tag": "ok-1"}, "2 services"),
        ("deploy", {"service": "orders-api"}, "image_tag"),
    ],
)
async def test_nonsense_is_answered_with_a_sentence(
    served_cloud: Cloud, path: str, body: dict[str, Any], message: str
) -> None:
    reply = await post(served_cloud, path, body)
    assert reply.status_code == 400
    assert message in reply.json()["error"]


async def test_a_deploy_over_http_shows_in_the_world(served_cloud: Cloud) -> None:
    reply = await post(served_cloud, "deploy", {"service": "orders-api", "image_tag": "ok-next"})
    assert await served_cloud.revision_names() != []
    async with httpx.AsyncClient(trust_env=False) as client:
        world = (await client.get(f"http://{served_cloud.emulator.http_address}/admin/world")).json()
    [row] = [row for row in world["services"] if row["name"] == "orders-api"]
    assert row["latest_created"] == reply.json()["revision"]
    assert world["writes"] == {"UpdateService": 1}
    assert row["desired"] == [{"revision": "LATEST", "percent": 100, "tag": ""}]


async def test_a_bad_alert_filter_is_a_rest_error(served_cloud: Cloud) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        url = f"http://{served_cloud.emulator.http_address}/v3/projects/shop-prod/alerts"
        assert (await client.get(url)).status_code == 200
        refused = await client.get(url, params={"pageSize": "many"})
    assert refused.status_code == 400
    assert refused.json()["error"]["status"] == "INVALID_ARGUMENT"


async def test_a_write_is_audited(cloud: Cloud) -> None:
    await cloud.update(run_v2.Service(name=ORDERS, description="new"), "description")
    logs = cloud.emulator.observing.logs
    [entry] = [entry.decoded() for entry in logs.slice(0, len(logs))]
    assert entry.log_name == "projects/shop-prod/logs/cloudaudit.googleapis.com%2Factivity"
    assert b"ops@shop" in entry.proto_payload.value
    assert b"google.cloud.run.v2.Services.UpdateService" in entry.proto_payload.value
    record = AuditLog.FromString(entry.proto_payload.value)
    assert record.request["updateMask"] == "description"
    assert record.request["service"]["description"] == "new"


async def test_the_listing_of_alerts_fails_as_a_rest_api_does(served_cloud: Cloud) -> None:
    served_cloud.emulator.faults.deny("ListAlerts", "monitoring.alerts.list")
    async with httpx.AsyncClient(trust_env=False) as client:
        url = f"http://{served_cloud.emulator.http_address}/v3/projects/shop-prod/alerts"
        refused = await client.get(url)
        served_cloud.emulator.faults.clear()
        listed = await client.get(url)
    assert (refused.status_code, refused.json()["error"]["status"]) == (403, "PERMISSION_DENIED")
    assert "monitoring.alerts.list" in refused.json()["error"]["message"]
    assert listed.status_code == 200
