"""The admin routes: faults, deploys, and answers to bad requests."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from google.api_core import exceptions

from tests.emulator.conftest import PARENT, Cloud


async def post(cloud: Cloud, path: str, body: dict[str, Any]) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.post(f"http://{cloud.emulator.http_address}/admin/{path}", json=body)


async def test_faults_come_and_go_over_http(served_cloud: Cloud) -> None:
    added = await post(served_cloud, "faults", {"kind": "denied", "method": "ListServices", "permission": "x.y"})
    with pytest.raises(exceptions.PermissionDenied):
        await served_cloud.services.list_services(parent=PARENT, retry=None)
    async with httpx.AsyncClient(trust_env=False) as client:
        url = f"http://{served_cloud.emulator.http_address}/admin/faults"
        assert list((await client.get(url)).json()["faults"]) == [added.json()["id"]]
        await client.delete(f"{url}/{added.json()['id']}")
    await served_cloud.services.list_services(parent=PARENT, retry=None)


async def test_a_deploy_over_http_shows_in_the_world(served_cloud: Cloud) -> None:
    before = await served_cloud.revision_names()
    reply = await post(served_cloud, "deploy", {"service": "orders-api", "image_tag": "ok-next"})
    made = reply.json()["revision"]
    assert await served_cloud.revision_names() == [made, *before], "one new revision, the newest"
    async with httpx.AsyncClient(trust_env=False) as client:
        world = (await client.get(f"http://{served_cloud.emulator.http_address}/admin/world")).json()
    [row] = [row for row in world["services"] if row["name"] == "orders-api"]
    assert row["latest_created"] == made
    assert world["writes"] == {"UpdateService": 1}
    assert row["desired"] == [{"revision": "LATEST", "percent": 100, "tag": ""}]


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("faults", {"kind": "earthquake"}, "no fault of kind"),
        ("faults", {"status": "BROKEN"}, "use one of"),
        ("faults", {"colour": "red"}, "colour"),
        ("deploy", {"service": "catalog", "image_tag": "ok-1"}, "2 services"),
        ("deploy", {"service": "orders-api"}, "image_tag"),
    ],
    ids=["an unknown kind", "an unknown status", "an unknown field", "a name of two services", "no image"],
)
async def test_a_bad_body_is_answered_with_a_message(
    served_cloud: Cloud, path: str, body: dict[str, Any], message: str
) -> None:
    reply = await post(served_cloud, path, body)
    assert reply.status_code == 400
    assert message in reply.json()["error"]
