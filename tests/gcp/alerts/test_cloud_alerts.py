"""Open alerts from REST, or from log entries where REST is not available, with the documentation of their policy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from google.cloud import monitoring_v3
from google.cloud.logging_v2.types import LogEntry as WireEntry

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.health.alerts import Alert, AlertSource, Limit, Measure
from cfconsole.emulator.scenarios.shop import PROJECT
from cfconsole.gcp.alerts.cloud_alerts import CloudAlerts, Fetch
from cfconsole.gcp.alerts.policies import Policies, limit_of
from cfconsole.gcp.alerts.sources import alert_from
from cfconsole.gcp.connection.credentials import NoTokens
from cfconsole.gcp.connection.options import UNLIMITED
from cfconsole.net.rest import RestCalls
from tests.gcp.emulated import ORDERS, SCRUB, Shop, running_shop


def alerts_of(shop: Shop, fetch: Fetch) -> CloudAlerts:
    policies = Policies(shop.clients, UNLIMITED, SCRUB)
    url = f"http://{shop.emulator.http_address}"
    return CloudAlerts(fetch, NoTokens(), url, policies, shop.log_reads(), SCRUB, shop.clock.now)


async def closed(url: str, params: Mapping[str, str], token: str) -> Mapping[str, Any]:
    raise CloudError(ErrorKind.DENIED, "monitoring.alerts.list is missing")


async def down(url: str, params: Mapping[str, str], token: str) -> Mapping[str, Any]:
    raise CloudError(ErrorKind.UNAVAILABLE, "down")


async def fail_many(shop: Shop) -> None:
    """Makes the shop's own policy fire."""
    shop.serve_requests("orders-api-00042-def", 200, 88, 15)
    shop.serve_requests("orders-api-00042-def", 500, 12, 15)
    await shop.observability.alerts.evaluate()


def assert_is_the_error_rate(alert: Alert, source: AlertSource) -> None:
    assert alert.source is source
    assert alert.policy == "error rate"
    assert alert.service == ORDERS
    assert alert.severity == "CRITICAL"
    assert alert.documentation == "Roll back the newest revision first."
    assert alert.summary
    assert alert.limit == Limit(Measure.ERROR_RATE, 0.01)
    assert alert.closed_at is None


async def test_open_alerts_come_from_rest_with_their_runbook() -> None:
    async with running_shop(http=True) as shop, RestCalls(SCRUB) as rest:
        alerts = alerts_of(shop, rest.get_json)
        assert await alerts.open_alerts(PROJECT) == ()
        await fail_many(shop)
        (alert,) = await alerts.open_alerts(PROJECT)
        assert_is_the_error_rate(alert, AlertSource.GOOGLE)
        assert alert.opened_at == shop.clock.now()


async def test_where_rest_is_not_available_alerts_come_from_log_entries(shop: Shop) -> None:
    await fail_many(shop)
    (alert,) = await alerts_of(shop, closed).open_alerts(PROJECT)
    assert_is_the_error_rate(alert, AlertSource.LOG_EVENT)


async def test_a_resolved_violation_is_open_no_more(shop: Shop) -> None:
    for event, violation in (("Open", "1"), ("Open", "2"), ("AutoResolve", "1")):
        log = f"projects/{PROJECT}/logs/monitoring.googleapis.com%2FViolation{event}Eventv1"
        labels = {"violation_id": violation, "policy_display_name": "p", "terse_message": "12 %"}
        shop.logs.write(WireEntry.pb(WireEntry(log_name=log, labels=labels, text_payload="x")))
        await shop.clock.advance(1)
    (alert,) = await alerts_of(shop, closed).open_alerts(PROJECT)
    assert (alert.id, alert.summary, alert.service) == ("2", "12 %", None)


async def test_an_outage_of_rest_is_an_error(shop: Shop) -> None:
    with pytest.raises(CloudError) as raised:
        await alerts_of(shop, down).open_alerts(PROJECT)
    assert raised.value.kind is ErrorKind.UNAVAILABLE
    assert shop.calls("ListLogEntries") == 0


async def test_when_no_source_is_available_the_reason_is_raised(shop: Shop) -> None:
    shop.faults.deny("ListLogEntries", "logging.logEntries.list")
    with pytest.raises(CloudError) as raised:
        await alerts_of(shop, closed).open_alerts(PROJECT)
    assert raised.value.kind is ErrorKind.DENIED


async def test_policies_are_read_once_and_their_absence_is_explained(shop: Shop) -> None:
    await fail_many(shop)
    shop.faults.deny("ListAlertPolicies", "monitoring.alertPolicies.list")
    alerts = alerts_of(shop, closed)
    for _ in range(2):
        (alert,) = await alerts.open_alerts(PROJECT)
    assert "monitoring.alertPolicies.list" in alert.documentation
    assert shop.calls("ListAlertPolicies") == 1


def test_an_alert_without_service_or_details_is_shown_all_the_same() -> None:
    alert = alert_from("p", {"name": "projects/p/alerts/7", "openTime": "2026-03-01T12:00:00.123456789Z"}, SCRUB)
    assert (alert.id, alert.service, alert.policy) == ("7", None, "")
    assert alert.opened_at == datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
    resource = {"labels": {"service_name": "a", "location": "r"}}
    whole = alert_from("p", {"resource": resource, "openTime": "2026-03-01T13:00:00+01:00"}, SCRUB)
    assert whole.service == ServiceKey("p", "r", "a")
    assert whole.opened_at == datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    assert alert_from("p", {}, SCRUB).opened_at == datetime(1970, 1, 1, tzinfo=UTC)


COUNT = 'metric.type="run.googleapis.com/request_count"'
LATENCY = 'metric.type="run.googleapis.com/request_latencies"'
FAILED = f'{COUNT} AND metric.labels.response_code_class="5xx"'
P95 = [monitoring_v3.Aggregation(cross_series_reducer=monitoring_v3.Aggregation.Reducer.REDUCE_PERCENTILE_95)]
P99 = [monitoring_v3.Aggregation(per_series_aligner=monitoring_v3.Aggregation.Aligner.ALIGN_PERCENTILE_99)]
ABOVE, BELOW = monitoring_v3.ComparisonType.COMPARISON_GT, monitoring_v3.ComparisonType.COMPARISON_LT


@pytest.mark.parametrize(
    ("threshold", "limit"),
    [
        ({"filter": FAILED, "denominator_filter": COUNT}, Limit(Measure.ERROR_RATE, 0.5)),
        ({"filter": FAILED, "denominator_filter": f"{COUNT} AND metric.labels.response_code != 404"}, None),
        ({"filter": FAILED}, None),
        ({"filter": COUNT, "denominator_filter": COUNT}, None),
        ({"filter": FAILED, "denominator_filter": COUNT, "comparison": BELOW}, None),
        ({"filter": LATENCY, "aggregations": P95}, Limit(Measure.P95, 0.5)),
        ({"filter": LATENCY, "aggregations": P99}, None),
        ({"filter": 'metric.type="run.googleapis.com/container/instance_count"', "aggregations": P95}, None),
    ],
)
def test_limits_of_what_the_console_measures_too(threshold: dict[str, Any], limit: Limit | None) -> None:
    fields = {"comparison": ABOVE, "threshold_value": 0.5, **threshold}
    condition = monitoring_v3.AlertPolicy.Condition(condition_threshold=fields)
    assert limit_of(monitoring_v3.AlertPolicy.Condition.pb(condition)) == limit
