"""Alerts: opening and closing by metrics, log events, snoozes, policies and the REST listing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from google.api_core.exceptions import InvalidArgument, NotFound
from google.cloud.monitoring_v3.types import Snooze
from google.protobuf.field_mask_pb2 import FieldMask

from tests.emulator.monitoring_server import (
    LATENCY,
    POLICY,
    START,
    Shop,
    error_rate_policy,
    monitoring,
)


async def _minute(shop: Shop, *, failing: int, of: int = 100) -> None:
    """Records a minute of traffic and evaluates the policies at its end."""
    for _ in range(6):
        await shop.clock.advance(10)
        shop.serve(of - failing)
        if failing:
            shop.serve(failing, code=500, revision="orders-api-00042")
    await shop.clock.advance(10)
    await shop.alerts.evaluate()


def _events(shop: Shop) -> list[dict[str, str]]:
    return [dict(stored.decoded().labels) for stored in shop.logs.slice(0, len(shop.logs))]


def _states(shop: Shop) -> list[str]:
    return [alert["state"] for alert in shop.alerts.list_alerts("shop")["alerts"]]


async def test_a_bad_deploy_opens_an_alert_and_its_rollback_closes_it() -> None:
    shop = Shop()
    shop.alerts.add_policy(error_rate_policy())
    await _minute(shop, failing=0)
    assert shop.alerts.list_alerts("shop") == {"alerts": []}
    await _minute(shop, failing=12)
    (alert,) = shop.alerts.list_alerts("shop", 'state="OPEN"')["alerts"]
    assert alert["policy"]["displayName"] == "Error rate above 1 %"
    assert alert["policy"]["severity"] == "CRITICAL"
    assert alert["policy"]["userLabels"] == {"team": "shop"}
    assert alert["resource"]["labels"]["service_name"] == "orders-api"
    assert alert["openTime"] == "2026-03-01T12:02:20.000000Z"
    await _minute(shop, failing=12)
    await _minute(shop, failing=0)
    await _minute(shop, failing=0)
    assert _states(shop) == ["CLOSED"]
    assert shop.alerts.list_alerts("shop", 'state="OPEN"') == {"alerts": []}


async def test_opening_and_resolution_are_logged_as_a_pair() -> None:
    shop = Shop()
    shop.alerts.add_policy(error_rate_policy())
    await _minute(shop, failing=12)
    await _minute(shop, failing=0)
    await _minute(shop, failing=0)
    opened, resolved = _events(shop)
    assert opened["activity_type_name"] == "ViolationOpenEventv1"
    assert resolved["activity_type_name"] == "ViolationAutoResolveEventv1"
    assert opened["violation_id"] == resolved["violation_id"]
    assert opened["policy_id"] == "101"
    assert "above the threshold of 0.010 with a value of 0.120" in opened["terse_message"]
    assert opened["started_at"] == str(int(START.timestamp()) + 70)


async def test_a_condition_must_hold_for_its_duration() -> None:
    shop = Shop()
    shop.alerts.add_policy(error_rate_policy(threshold={"duration": "120s"}))
    await _minute(shop, failing=12)
    assert _states(shop) == []
    await _minute(shop, failing=12)
    assert _states(shop) == []
    await _minute(shop, failing=12)
    assert _states(shop) == ["OPEN"]


async def test_each_service_has_an_alert_of_its_own() -> None:
    shop = Shop()
    shop.alerts.add_policy(error_rate_policy())
    shop.serve(10, code=500)
    shop.serve(10, service="catalog", code=503)
    shop.serve(10, service="billing")
    await shop.clock.advance(10)
    await shop.alerts.evaluate()
    alerts = shop.alerts.list_alerts("shop")["alerts"]
    assert {alert["resource"]["labels"]["service_name"] for alert in alerts} == {"orders-api", "catalog"}
    assert shop.alerts.list_alerts("elsewhere") == {"alerts": []}


async def test_latency_policies_use_percentiles() -> None:
    shop = Shop()
    aggregation = {
        "alignment_period": "60s",
        "per_series_aligner": "ALIGN_DELTA",
        "cross_series_reducer": "REDUCE_PERCENTILE_95",
        "group_by_fields": ["resource.labels.service_name", "resource.labels.location"],
    }
    threshold: dict[str, Any] = {
        "filter": LATENCY,
        "aggregations": [aggregation],
        "denominator_filter": "",
        "denominator_aggregations": [],
        "threshold_value": 2_000,
    }
    shop.alerts.add_policy(error_rate_policy(threshold=threshold))
    shop.serve(90)
    await shop.clock.advance(10)
    await shop.alerts.evaluate()
    assert _states(shop) == []
    shop.serve(30, latency_ms=3_400)
    await shop.clock.advance(10)
    await shop.alerts.evaluate()
    assert _states(shop) == ["OPEN"]


async def test_without_traffic_an_alert_stays_open_until_auto_close() -> None:
    shop = Shop()
    shop.alerts.add_policy(error_rate_policy(alert_strategy={"auto_close": "1800s"}))
    await _minute(shop, failing=12)
    await shop.clock.advance(900)
    await shop.alerts.evaluate()
    assert _states(shop) == ["OPEN"]
    await shop.clock.advance(1_000)
    await shop.alerts.evaluate()
    assert _states(shop) == ["CLOSED"]


async def test_a_disabled_policy_opens_nothing() -> None:
    shop = Shop()
    shop.alerts.add_policy(error_rate_policy(enabled=False))
    await _minute(shop, failing=12)
    assert _states(shop) == []


async def test_a_snooze_closes_open_alerts_and_prevents_new_ones_until_it_ends() -> None:
    shop = Shop()
    shop.alerts.add_policy(error_rate_policy())
    async with monitoring(shop) as google:
        await _minute(shop, failing=12)
        now = shop.clock.now()
        snooze = await google.snoozes.create_snooze(
            parent="projects/shop",
            snooze=Snooze(
                {
                    "display_name": "known",
                    "criteria": {"policies": [POLICY]},
                    "interval": {"start_time": now, "end_time": now + timedelta(hours=1)},
                }
            ),
        )
        assert _states(shop) == ["CLOSED"]
        await _minute(shop, failing=12)
        assert _states(shop) == ["CLOSED"]
        listed = await google.snoozes.list_snoozes(parent="projects/shop")
        assert [found.name async for found in listed] == [snooze.name]
        ended = Snooze({"name": snooze.name, "interval": {"start_time": now, "end_time": shop.clock.now()}})
        await google.snoozes.update_snooze(snooze=ended, update_mask=FieldMask(paths=["interval.end_time"]))
        await _minute(shop, failing=12)
        assert sorted(_states(shop)) == ["CLOSED", "OPEN"]


async def test_a_snooze_in_the_past_is_refused() -> None:
    shop = Shop()
    async with monitoring(shop) as google:
        past = START - timedelta(minutes=5)
        snooze = Snooze(
            {
                "display_name": "too late",
                "criteria": {"policies": [POLICY]},
                "interval": {"start_time": past, "end_time": START},
            }
        )
        with pytest.raises(InvalidArgument, match="must not be in the past"):
            await google.snoozes.create_snooze(parent="projects/shop", snooze=snooze)
        with pytest.raises(NotFound):
            await google.snoozes.get_snooze(name="projects/shop/snoozes/9")


async def test_policies_are_listed_and_read() -> None:
    shop = Shop()
    shop.alerts.add_policy(type(error_rate_policy()).pb(error_rate_policy()))
    async with monitoring(shop) as google:
        listed = await google.policies.list_alert_policies(name="projects/shop")
        assert [policy.display_name async for policy in listed] == ["Error rate above 1 %"]
        assert (await google.policies.get_alert_policy(name=POLICY)).name == POLICY
        with pytest.raises(NotFound):
            await google.policies.get_alert_policy(name="projects/shop/alertPolicies/0")


async def test_the_listing_pages_newest_first() -> None:
    shop = Shop()
    shop.alerts.add_policy(error_rate_policy())
    for number in range(3):
        shop.serve(10, service=f"service-{number}", code=500)
        await shop.clock.advance(10)
        await shop.alerts.evaluate()
    first = shop.alerts.list_alerts("shop", page_size=2)
    rest = shop.alerts.list_alerts("shop", page_size=2, page_token=first["nextPageToken"])
    services = [a["resource"]["labels"]["service_name"] for a in (*first["alerts"], *rest["alerts"])]
    assert services == ["service-2", "service-1", "service-0"]
    assert "nextPageToken" not in rest


@pytest.mark.parametrize(
    ("filter_", "sentence"),
    [("state=", "ends where a value"), ('colour="red"', "names colour"), ("OPEN", "compare fields with =")],
)
def test_a_bad_filter_of_the_listing_is_refused_with_a_sentence(filter_: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Shop().alerts.list_alerts("shop", filter_)
