"""Errors of the REST listing of alerts."""

from __future__ import annotations

import httpx

from tests.emulator.conftest import Cloud


async def test_a_bad_alert_filter_is_a_rest_error(served_cloud: Cloud) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        url = f"http://{served_cloud.emulator.http_address}/v3/projects/shop-prod/alerts"
        assert (await client.get(url)).status_code == 200
        refused = await client.get(url, params={"pageSize": "many"})
    assert refused.status_code == 400
    assert refused.json()["error"]["status"] == "INVALID_ARGUMENT"


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
