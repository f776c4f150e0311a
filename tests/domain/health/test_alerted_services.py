"""Which services an open alert makes sick, and which alerts are about revisions that serve nothing any more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from cfconsole.domain.fleet.metrics import ServiceMetrics, Window
from cfconsole.domain.fleet.services import Health, Service
from cfconsole.domain.health.alerts import AlertSource
from cfconsole.domain.health.order import arrange
from cfconsole.domain.health.state import services_with_alerts
from tests.builders import NOW, ORDERS, alert, key, metrics, pinned_service, service, window
from tests.domain.health.cases import BAD, GOOD, LIMITS, charted

QUIET = window(0, 0, None, 0, 0, 0)
BUSY = window(600, 600, 600, 600, 600, 600)
FAILING = window(0, 75, 75, 0, 0, 0)
NO_CHART = metrics(GOOD, {"00041": GOOD})
OPENED = alert(opened_at=NOW - timedelta(minutes=3))
"""At the end of the third of the six minutes of each chart."""

CASES = [
    pytest.param(pinned_service(), charted(BUSY, FAILING, QUIET, QUIET), False, id="the bad one failed"),
    pytest.param(pinned_service(), charted(BUSY, QUIET, QUIET, QUIET), False, id="the bad one had the requests"),
    pytest.param(pinned_service(), charted(QUIET, QUIET, BUSY, QUIET), True, id="what serves had the requests"),
    pytest.param(pinned_service(), charted(BUSY, QUIET, BUSY, FAILING), True, id="what serves failed"),
    pytest.param(pinned_service(), NO_CHART, True, id="no charts"),
    pytest.param(
        pinned_service(), charted(replace(BUSY, incomplete=6), QUIET, QUIET, QUIET), True, id="incomplete charts"
    ),
    pytest.param(
        pinned_service(),
        replace(charted(BUSY, FAILING, QUIET, QUIET), revisions={"orders-api-00042": BAD}),
        True,
        id="no requests to what serves",
    ),
    pytest.param(service(), charted(BUSY, FAILING, QUIET, QUIET), True, id="the bad one still serves"),
]


def test_an_open_alert_makes_a_service_sick_before_its_window_does() -> None:
    open_ones = [alert(service=ORDERS), alert(service=key("cart"), closed_at=NOW), alert(service=None)]
    sick = services_with_alerts(open_ones, {ORDERS: service()}, {ORDERS: metrics()}, LIMITS)
    assert sick == {ORDERS}
    rows = arrange((service(), service(key=key("cart"))), {}, LIMITS, alerted=sick)
    assert [(of.key.name, state) for of, state in rows] == [("orders-api", Health.ERRORING), ("cart", Health.READY)]


@pytest.mark.parametrize(("of", "numbers_of", "firing"), CASES)
def test_an_alert_about_what_no_longer_serves_makes_no_service_sick(
    of: Service, numbers_of: ServiceMetrics, *, firing: bool
) -> None:
    assert services_with_alerts([OPENED], {ORDERS: of}, {ORDERS: numbers_of}, LIMITS) == ({ORDERS} if firing else set())


@pytest.mark.parametrize(("of", "numbers_of", "firing"), CASES)
def test_an_alert_of_the_console_itself_is_never_left_out(
    of: Service, numbers_of: ServiceMetrics, *, firing: bool
) -> None:
    own = replace(OPENED, source=AlertSource.LOCAL)
    assert services_with_alerts([own], {ORDERS: of}, {ORDERS: numbers_of}, LIMITS) == {ORDERS}, firing


@pytest.mark.parametrize(
    ("bad_errors", "good_errors", "firing"),
    [
        pytest.param(window(75, 0, 0, 0, 0, 0), window(0, 1, 0, 0, 0, 0), True, id="two minutes before"),
        pytest.param(window(0, 75, 0, 0, 0, 0), window(0, 1, 0, 0, 0, 0), False, id="the minute before"),
        pytest.param(window(0, 0, 0, 75, 0, 0), window(0, 0, 0, 1, 0, 0), False, id="the minute after"),
        pytest.param(window(0, 0, 0, 0, 75, 0), window(0, 0, 0, 1, 0, 0), True, id="two minutes after"),
        pytest.param(window(0, 0, 2, 0, 0, 0), window(0, 0, 2, 0, 0, 0), True, id="as many on both sides"),
    ],
)
def test_only_errors_around_the_opening_of_an_alert_tell_whom_it_is_about(
    bad_errors: Window, good_errors: Window, *, firing: bool
) -> None:
    charts = charted(BUSY, bad_errors, QUIET, good_errors)
    sick = services_with_alerts([OPENED], {ORDERS: pinned_service()}, {ORDERS: charts}, LIMITS)
    assert sick == ({ORDERS} if firing else set())
