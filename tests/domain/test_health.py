"""The state of a service in a word, the list's order and filter, and the console's own alerts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cfconsole.domain.alerts import Alert, AlertSource, Suspect, Thresholds
from cfconsole.domain.health import alerted, health, serving_numbers, worst_first
from cfconsole.domain.local_alerts import local_alerts
from cfconsole.domain.metrics import ServiceMetrics, TrafficNumbers, Window
from cfconsole.domain.service_order import arrange
from cfconsole.domain.services import Condition, Health, Service, ServiceKind
from tests.builders import (
    NOW,
    ORDERS,
    SUCCEEDED,
    alert,
    full,
    function,
    key,
    metrics,
    numbers,
    pinned_service,
    service,
    share,
    window,
)

LIMITS = Thresholds()
FAILED = Condition("failed", "HealthCheckContainerError", "no answer")
SICK = metrics(numbers(1000, 124))


@pytest.mark.parametrize(
    ("of", "numbers_of", "state"),
    [
        (service(), None, Health.READY),
        (service(), metrics(), Health.READY),
        (service(reconciling=True), None, Health.DEPLOYING),
        (service(effective=(), reconciling=True), None, Health.DEPLOYING),
        (pinned_service(), None, Health.PINNED),
        (service(condition=FAILED), None, Health.DEGRADED),
        (service(function=function(state="FAILED")), None, Health.DEGRADED),
        (service(function=function()), None, Health.READY),
        (service(), SICK, Health.ERRORING),
        (service(), metrics(numbers(1000, 0, p95_ms=2500)), Health.ERRORING),
        (service(), metrics(numbers(1000, 0, p95_ms=None)), Health.READY),
        (service(), metrics(numbers(100, 100)), Health.READY),
        (service(), metrics(numbers(0, 0)), Health.READY),
        (service(effective=(), condition=FAILED), SICK, Health.DOWN),
        (service(effective=(), condition=Condition()), None, Health.UNKNOWN),
    ],
)
def test_states(of: Service, numbers_of: ServiceMetrics | None, state: Health) -> None:
    assert health(of, numbers_of, LIMITS) is state


def test_an_open_alert_makes_a_service_sick_before_its_window_does() -> None:
    open_ones = [alert(service=ORDERS), alert(service=key("cart"), closed_at=NOW), alert(service=None)]
    sick = alerted(open_ones, {ORDERS: service()}, {ORDERS: metrics()}, LIMITS)
    assert sick == {ORDERS}
    rows = arrange((service(), service(key=key("cart"))), {}, LIMITS, alerted=sick)
    assert [(of.key.name, state) for of, state in rows] == [("orders-api", Health.ERRORING), ("cart", Health.READY)]


def test_without_any_minimum_a_quiet_service_is_still_no_failing_one() -> None:
    assert health(service(), metrics(numbers(0, 0)), Thresholds(min_requests=0)) is Health.READY


BAD, GOOD = numbers(600, 75, 3400.0), numbers(400, 0, 120.0)
ROLLED_BACK = metrics(numbers(1000, 75, 3100.0), {"00042": BAD, "00041": GOOD})
"""A minute after a rollback: most of the window is still that of the revision that failed."""


@pytest.mark.parametrize(
    ("of", "by_revision", "state"),
    [
        (service(), {"00042": BAD, "00041": GOOD}, Health.ERRORING),
        (pinned_service(), {"00042": BAD, "00041": GOOD}, Health.PINNED),
        (pinned_service(), {"00042": BAD, "00041": numbers(400, 40)}, Health.ERRORING),
        (pinned_service(), {"00042": BAD, "00041": numbers(400, 0, 3000.0)}, Health.ERRORING),
        (pinned_service(), {"00042": BAD, "00041": numbers(199, 199)}, Health.PINNED),
        (pinned_service(), {"00042": BAD}, Health.PINNED),
        (service(effective=(share("00042", 10), share("00041", 90))), {"00042": BAD, "00041": GOOD}, Health.ERRORING),
    ],
)
def test_only_what_serves_is_judged(of: Service, by_revision: dict[str, TrafficNumbers], state: Health) -> None:
    assert health(of, metrics(numbers(1000, 75, 3100.0), by_revision), LIMITS) is state


def test_the_figures_are_those_that_were_judged() -> None:
    now = serving_numbers(pinned_service(), ROLLED_BACK)
    assert (now.error_rate, now.p95_ms) == (0.0, 120.0)
    assert now.rps == ROLLED_BACK.now.rps
    split = service(effective=(share("00041", 60), share("00040", 40)))
    three = metrics(numbers(1500, 75, 3000.0), {"00042": BAD, "00041": GOOD, "00040": numbers(500, 5, 150.0)})
    assert serving_numbers(split, three)[:2] == (900, 5)
    assert serving_numbers(split, three).p95_ms == 150.0


def test_the_figures_are_the_services_own_where_all_that_answered_still_serves() -> None:
    both = service(effective=(share("00042", 10), share("00041", 90)))
    assert serving_numbers(both, ROLLED_BACK) is ROLLED_BACK.now
    assert serving_numbers(service(effective=()), ROLLED_BACK) is ROLLED_BACK.now
    untold = metrics(numbers(1000, 75))
    assert serving_numbers(pinned_service(), untold) is untold.now


def charted(bad: Window, bad_errors: Window, good: Window, good_errors: Window) -> ServiceMetrics:
    charts = {"orders-api-00042": (bad, bad_errors), "orders-api-00041": (good, good_errors)}
    return ROLLED_BACK._replace(revision_counts=charts)


QUIET = window(0, 0, None, 0, 0, 0)
BUSY = window(600, 600, 600, 600, 600, 600)
FAILING = window(0, 75, 75, 0, 0, 0)
NO_CHART = metrics(GOOD, {"00041": GOOD})


@pytest.mark.parametrize(
    ("of", "numbers_of", "firing"),
    [
        (pinned_service(), charted(BUSY, FAILING, QUIET, QUIET), False),
        (pinned_service(), charted(BUSY, QUIET, QUIET, QUIET), False),
        (pinned_service(), charted(QUIET, QUIET, BUSY, QUIET), True),
        (pinned_service(), charted(BUSY, QUIET, BUSY, FAILING), True),
        (pinned_service(), NO_CHART, True),
        (pinned_service(), charted(BUSY._replace(incomplete=6), QUIET, QUIET, QUIET), True),
        (pinned_service(), charted(BUSY, FAILING, QUIET, QUIET)._replace(revisions={"orders-api-00042": BAD}), True),
        (service(), charted(BUSY, FAILING, QUIET, QUIET), True),
    ],
)
def test_an_alert_of_what_no_longer_serves_makes_nobody_sick(
    of: Service, numbers_of: ServiceMetrics, *, firing: bool
) -> None:
    opened = alert(opened_at=NOW - timedelta(minutes=3))
    assert alerted([opened], {ORDERS: of}, {ORDERS: numbers_of}, LIMITS) == ({ORDERS} if firing else set())
    assert alerted([opened._replace(source=AlertSource.LOCAL)], {ORDERS: of}, {ORDERS: numbers_of}, LIMITS)


FLEET = (
    service(key=key("catalog")),
    service(key=key("billing", "europe-west1"), kind=ServiceKind.FUNCTION, function=function(name="bill-fn")),
    service(key=key("billing")),
    service(key=ORDERS),
    service(key=key("search"), condition=FAILED),
    service(key=key("media"), effective=()),
)


def shown(typed: str = "", *, faults_only: bool = False) -> list[str]:
    rows = arrange(FLEET, {ORDERS: SICK}, LIMITS, typed=typed, faults_only=faults_only)
    return [f"{row.key.region}/{row.key.name}" for row, _ in rows]


def test_the_worst_come_first_and_equals_stand_by_name() -> None:
    assert shown() == [
        "us-central1/media",
        "us-central1/orders-api",
        "us-central1/search",
        "europe-west1/billing",
        "us-central1/billing",
        "us-central1/catalog",
    ]
    assert worst_first(service(), Health.DOWN) < worst_first(service(), Health.READY)


def test_faults_only_leaves_out_what_is_well() -> None:
    assert shown(faults_only=True) == ["us-central1/media", "us-central1/orders-api", "us-central1/search"]


@pytest.mark.parametrize(
    ("typed", "count"),
    [
        ("BILL", 2),
        ("!bill", 4),
        ("europe", 1),
        ("bill-fn", 1),
        ("function", 1),
        ("erroring", 1),
        ("^(catalog|search)", 2),
        ("00042", 5),
        ("[", 0),
        ("![", 6),
        ("!", 6),
    ],
)
def test_a_typed_filter(typed: str, count: int) -> None:
    assert len(shown(typed)) == count


def crossed(
    numbers_of: ServiceMetrics, *previous: Alert, limits: Thresholds = LIMITS, of: Service | None = None
) -> tuple[Alert, ...]:
    suspects = {ORDERS: Suspect(full("00042"), "5xx 0.1 % → 12.4 %")}
    return local_alerts({ORDERS: of or service()}, {ORDERS: numbers_of}, limits, NOW, previous, suspects)


def test_crossed_thresholds_are_alerts_of_the_console_itself() -> None:
    rate, latency, instances = crossed(metrics(numbers(1000, 124, 3400.0), instances=51))
    assert rate.summary == "5xx 12.4 % > 1.0 %"
    assert rate.suspect is not None
    assert rate.suspect.revision == full("00042")
    assert latency.summary == "p95 3.4 s > 2.0 s"
    assert latency.suspect is None
    assert instances.summary == "51 instances > 50"
    assert {one.source for one in (rate, latency, instances)} == {AlertSource.LOCAL}
    assert len({rate.id, latency.id, instances.id}) == 3


def test_what_stays_crossed_keeps_the_moment_it_began() -> None:
    earlier = NOW - timedelta(minutes=7)
    (first,) = crossed(SICK)
    (again,) = crossed(SICK, first._replace(opened_at=earlier), alert(id=first.id))
    assert first.opened_at == NOW
    assert again.opened_at == earlier


def test_an_own_alert_ends_with_the_last_percent_of_its_revision() -> None:
    assert {one.policy for one in crossed(ROLLED_BACK)} == {"error rate", "latency"}
    assert crossed(ROLLED_BACK, of=pinned_service()) == ()


def test_nothing_is_raised_on_few_requests_or_none() -> None:
    assert crossed(metrics(numbers(199, 199, 9000.0), instances=None)) == ()
    assert crossed(metrics(numbers(1000, 1, None))) == ()
    assert crossed(metrics(numbers(0, 0, None)), limits=Thresholds(min_requests=0)) == ()
    assert local_alerts({ORDERS: service(condition=SUCCEEDED)}, {}, LIMITS, NOW) == ()
