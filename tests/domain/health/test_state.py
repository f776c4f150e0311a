"""The state of a service in a word: the worst thing that is true of what serves."""

from __future__ import annotations

import pytest

from cfconsole.domain.fleet.metrics import ServiceMetrics, TrafficNumbers
from cfconsole.domain.fleet.services import Condition, Health, Service
from cfconsole.domain.health.alerts import Thresholds
from cfconsole.domain.health.state import health
from tests.builders import function, metrics, numbers, pinned_service, service, share
from tests.domain.health.cases import BAD, FAILED, GOOD, LIMITS, SICK


@pytest.mark.parametrize(
    ("of", "numbers_of", "state"),
    [
        pytest.param(service(), None, Health.READY, id="ready without metrics"),
        pytest.param(service(), metrics(), Health.READY, id="ready and well"),
        pytest.param(service(reconciling=True), None, Health.DEPLOYING, id="reconciling"),
        pytest.param(service(effective=(), reconciling=True), None, Health.DEPLOYING, id="the first deploy"),
        pytest.param(pinned_service(), None, Health.PINNED, id="pinned"),
        pytest.param(service(condition=FAILED), None, Health.DEGRADED, id="a failed condition"),
        pytest.param(service(function=function(state="FAILED")), None, Health.DEGRADED, id="a failed function"),
        pytest.param(service(function=function()), None, Health.READY, id="a function"),
        pytest.param(service(), SICK, Health.ERRORING, id="many errors"),
        pytest.param(service(), metrics(numbers(1000, 0, p95_ms=2500)), Health.ERRORING, id="slow"),
        pytest.param(service(), metrics(numbers(1000, 0, p95_ms=None)), Health.READY, id="unknown latency"),
        pytest.param(service(), metrics(numbers(100, 100)), Health.READY, id="errors of too few requests"),
        pytest.param(service(), metrics(numbers(0, 0)), Health.READY, id="no requests"),
        pytest.param(service(effective=(), condition=FAILED), SICK, Health.DOWN, id="nothing serves"),
        pytest.param(service(effective=(), condition=Condition()), None, Health.UNKNOWN, id="nothing known"),
    ],
)
def test_the_state_of_a_service(of: Service, numbers_of: ServiceMetrics | None, state: Health) -> None:
    assert health(of, numbers_of, LIMITS) is state


def test_a_quiet_service_is_not_failing_even_without_a_minimum() -> None:
    assert health(service(), metrics(numbers(0, 0)), Thresholds(min_requests=0)) is Health.READY


BOTH_SERVE = service(effective=(share("00042", 10), share("00041", 90)))


@pytest.mark.parametrize(
    ("of", "by_revision", "state"),
    [
        pytest.param(service(), {"00042": BAD, "00041": GOOD}, Health.ERRORING, id="the bad one serves"),
        pytest.param(pinned_service(), {"00042": BAD, "00041": GOOD}, Health.PINNED, id="the good one serves"),
        pytest.param(pinned_service(), {"00042": BAD, "00041": numbers(400, 40)}, Health.ERRORING, id="both fail"),
        pytest.param(
            pinned_service(),
            {"00042": BAD, "00041": numbers(400, 0, 3000.0)},
            Health.ERRORING,
            id="what serves is slow",
        ),
        pytest.param(
            pinned_service(),
            {"00042": BAD, "00041": numbers(199, 199)},
            Health.PINNED,
            id="too few requests to what serves",
        ),
        pytest.param(pinned_service(), {"00042": BAD}, Health.PINNED, id="no requests to what serves"),
        pytest.param(BOTH_SERVE, {"00042": BAD, "00041": GOOD}, Health.ERRORING, id="both serve"),
    ],
)
def test_only_what_serves_is_judged(of: Service, by_revision: dict[str, TrafficNumbers], state: Health) -> None:
    assert health(of, metrics(numbers(1000, 75, 3100.0), by_revision), LIMITS) is state
