"""The console's own alerts: thresholds that the numbers of what serves have crossed."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from cfconsole.domain.fleet.metrics import ServiceMetrics
from cfconsole.domain.fleet.services import Service
from cfconsole.domain.health.alerts import Alert, AlertSource, Suspect, Thresholds
from cfconsole.domain.health.local_alerts import local_alerts
from tests.builders import NOW, ORDERS, SUCCEEDED, alert, full, metrics, numbers, pinned_service, service
from tests.domain.health.cases import LIMITS, ROLLED_BACK, SICK


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


def test_a_number_that_is_at_its_threshold_has_not_crossed_it() -> None:
    assert crossed(metrics(numbers(1000, 10, LIMITS.p95_ms), instances=LIMITS.instances)) == ()
    assert len(crossed(metrics(numbers(LIMITS.min_requests, 199), instances=0))) == 1


def test_what_stays_crossed_keeps_the_moment_it_began() -> None:
    earlier = NOW - timedelta(minutes=7)
    (first,) = crossed(SICK)
    (again,) = crossed(SICK, replace(first, opened_at=earlier), alert(id=first.id))
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
