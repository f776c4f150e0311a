"""`cfconsole alerts` and `cfconsole metrics` on a served shop."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cfconsole.cli.alerts import alert_row
from cfconsole.cli.exits import Exit
from cfconsole.cli.metrics import metric_rows
from cfconsole.domain.alerts import AlertSource, Suspect
from tests.builders import NOW, ORDERS, alert
from tests.cli.conftest import Console
from tests.session.shop import ORDERS as SICK
from tests.session.shop import sick_metrics

ALERT_FIELDS = "policy service state severity opened_at closed_at summary source suspect"
SLOW = '[thresholds]\np95 = "1ms"\n'
"""A latency that every busy service exceeds."""


def test_an_alert_has_every_field_of_the_contract() -> None:
    row = alert_row(alert(suspect=Suspect("orders-api-00042", "5xx 0.1 % → 12.4 %"), severity=""))
    assert set(ALERT_FIELDS.split()) <= set(row)
    assert (row["service"], row["region"], row["state"], row["source"]) == (
        ORDERS.name,
        ORDERS.region,
        "open",
        "google",
    )
    assert row["suspect"] == {"revision": "orders-api-00042", "numbers": "5xx 0.1 % → 12.4 %"}
    assert (row["severity"], row["closed_at"]) == (None, None)
    assert alert_row(alert(closed_at=NOW))["state"] == "closed"
    assert alert_row(alert(service=None))["service"] is None


def test_since_when_an_own_threshold_is_crossed_is_not_made_up() -> None:
    assert alert_row(alert(source=AlertSource.LOCAL))["opened_at"] is None
    assert alert_row(alert())["opened_at"] is not None


def test_crossed_thresholds_are_listed(console: Console) -> None:
    console.configure(SLOW)
    ran = console.json("alerts")
    assert ran.code == Exit.DONE
    assert ran.document["unreachable"] == []
    orders = next(row for row in ran.rows if row["service"] == "orders")
    assert (orders["policy"], orders["source"], orders["state"]) == ("latency", "local", "open")
    heading, *lines = console.run("alerts").stdout.splitlines()
    assert heading.split()[:3] == ["SEVERITY", "POLICY", "SERVICE"]
    assert len(lines) >= len({row["service"] for row in ran.rows})


def test_nothing_fires(console: Console) -> None:
    ran = console.json("alerts")
    assert (ran.code, ran.rows) == (Exit.DONE, [])
    assert "Nothing fires" in console.run("alerts").stderr


def test_what_can_not_be_read_is_named_and_nothing_is_called_quiet(console: Console) -> None:
    console.shop.fault(kind="denied", method="ListTimeSeries", permission="monitoring.timeSeries.list")
    ran = console.run("alerts", "--strict")
    assert ran.code == Exit.FAILED
    assert "monitoring.timeSeries.list" in ran.stderr
    assert "Nothing fires" not in ran.stderr
    console.shop.fault(kind="denied", method="ListServices", permission="run.services.list")
    ran = console.json("alerts")
    assert ran.code == Exit.DONE
    assert any("run.services.list" in each for each in ran.document["unreachable"])


def test_expired_credentials_fail(console: Console) -> None:
    console.shop.fault(kind="expired-credentials")
    assert console.run("alerts").code == Exit.CREDENTIALS
    assert console.run("metrics", "orders").code == Exit.CREDENTIALS


def test_metrics_are_points_oldest_first(console: Console) -> None:
    ran = console.json("metrics", "orders", "--window", "5m")
    assert ran.code == Exit.DONE
    assert 1 <= len(ran.rows) <= 30
    moments = [row["at"] for row in ran.rows]
    assert moments == sorted(moments)
    assert any(row["rps"] for row in ran.rows)
    heading, *lines = console.run("metrics", "orders").stdout.splitlines()
    assert heading.split() == ["UNTIL", "RPS", "5XX", "P95", "DATA"]
    assert lines[0].endswith("complete")


def test_a_point_says_until_when_it_counts_and_whether_it_may_grow() -> None:
    numbers = sick_metrics(NOW).services[SICK]
    numbers = numbers._replace(rps=numbers.rps._replace(incomplete=1))
    rows = metric_rows(SICK, numbers, NOW - timedelta(seconds=100))
    assert [(row["rps"], row["error_rate"], row["p95_ms"], row["incomplete"]) for row in rows] == [
        (121.0, 0.12, 3_300.0, False),
        (120.0, 0.124, 3_400.0, True),
    ]
    assert rows[0]["at"] < rows[1]["at"]


@pytest.mark.parametrize("window", ["yesterday", "1s", "2d", ""])
def test_a_window_that_can_not_be_used_is_one_sentence(console: Console, window: str) -> None:
    ran = console.run("metrics", "orders", "--window", window)
    assert (ran.code, ran.stdout) == (Exit.USAGE, "")
    assert "--window" in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_metrics_that_can_not_be_read_fail_with_the_permission(console: Console) -> None:
    console.shop.fault(kind="denied", method="ListTimeSeries", permission="monitoring.timeSeries.list")
    ran = console.run("metrics", "orders")
    assert ran.code == Exit.FAILED
    assert "monitoring.timeSeries.list" in ran.stderr
