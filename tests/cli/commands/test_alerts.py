"""`cfconsole alerts` and `cfconsole metrics` on a served shop."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from msgspec.structs import replace

from cfconsole.cli.commands.alerts import alert_row
from cfconsole.cli.commands.metrics import metric_rows
from cfconsole.cli.exits import Exit
from cfconsole.domain.health.alerts import AlertSource, Suspect
from cfconsole.emulator.scenarios.shop import EUROPE, HOME, PROJECT
from tests.builders import NOW, ORDERS, alert
from tests.cli.conftest import Console
from tests.session.shop import ORDERS as SICK
from tests.session.shop import sick_metrics

ALERT_FIELDS = "policy service state severity opened_at closed_at summary source suspect"
BUSY = {(HOME, name) for name in ("orders", "pinned", "shared", "split", "twin", "unrecorded")} | {(EUROPE, "twin")}
"""The services with enough requests to be judged, unless another test has just moved their traffic."""
UNMOVED = (HOME, "split")
"""One of them that no test moves."""
SLOW = '[thresholds]\np95 = "1ms"\n'
"""A latency that every busy service exceeds."""
CROSSED = re.compile(r"p95 0\.\d s > 0\.0 s")


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
    places = [(row["region"], row["service"]) for row in ran.rows]
    assert places == sorted(set(places)), "one alert a service, in order"
    assert UNMOVED in places
    assert set(places) <= BUSY
    for row in ran.rows:
        assert row == {
            "policy": "latency",
            "project": PROJECT,
            "region": row["region"],
            "service": row["service"],
            "state": "open",
            "severity": "WARNING",
            "opened_at": None,
            "closed_at": None,
            "summary": row["summary"],
            "source": "local",
            "suspect": None,
            "documentation": None,
        }
        assert CROSSED.fullmatch(row["summary"])


def test_crossed_thresholds_are_a_table(console: Console) -> None:
    console.configure(SLOW)
    heading, *lines = console.run("alerts").stdout.splitlines()
    assert heading.split() == ["SEVERITY", "POLICY", "SERVICE", "REGION", "OPENED", "SUMMARY", "SUSPECT", "SOURCE"]
    cells = [re.split(r"  +", line) for line in lines]
    places = [(region, service) for _, _, service, region, *_ in cells]
    assert places == sorted(set(places))
    assert UNMOVED in places
    assert set(places) <= BUSY
    for severity, policy, _, _, opened, summary, suspect, source in cells:
        assert (severity, policy, opened, suspect, source) == ("WARNING", "latency", "-", "-", "local")
        assert CROSSED.fullmatch(summary)


def test_nothing_fires(console: Console) -> None:
    ran = console.json("alerts")
    assert (ran.code, ran.rows) == (Exit.DONE, [])
    assert "No open alerts" in console.run("alerts").stderr


def test_what_can_not_be_read_is_named_and_nothing_is_called_quiet(console: Console) -> None:
    console.shop.fault(kind="denied", method="ListTimeSeries", permission="monitoring.timeSeries.list")
    ran = console.run("alerts", "--strict")
    assert ran.code == Exit.FAILED
    assert "monitoring.timeSeries.list" in ran.stderr
    assert "No open alerts" not in ran.stderr
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
    moments = [datetime.fromisoformat(row["at"]) for row in ran.rows]
    assert [later - before for before, later in pairwise(moments)] == [timedelta(minutes=1)] * 4
    for row in ran.rows:
        assert {row["project"], row["region"], row["service"]} == {PROJECT, HOME, "orders"}
        assert 15 < row["rps"] < 35, "a sixth of the 150 requests a second"
        assert row["error_rate"] == 0.0
        assert 50 < row["p95_ms"] < 500
    assert [row["incomplete"] for row in ran.rows[:4]] == [False] * 4


def test_metrics_are_a_table_with_a_line_a_minute(console: Console) -> None:
    heading, *lines = console.run("metrics", "orders").stdout.splitlines()
    assert heading.split() == ["UNTIL", "RPS", "5XX", "P95", "DATA"]
    assert len(lines) == 60
    point = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ +\d\d\.\d +0\.0 % +\d{2,3} ms  complete")
    for line in lines[-10:-1]:
        assert point.fullmatch(line), line


def test_a_point_says_until_when_it_counts_and_whether_it_may_grow() -> None:
    numbers = sick_metrics(NOW).services[SICK]
    numbers = replace(numbers, rps=replace(numbers.rps, incomplete=1))
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
