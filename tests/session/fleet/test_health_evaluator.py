"""The alerts and suspects that the console finds in the data it has read."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from cfconsole.domain.errors import ErrorKind
from cfconsole.domain.health.alerts import Alert, AlertSource, Thresholds
from cfconsole.session.fleet.health_evaluator import HealthEvaluator
from cfconsole.session.state.console_state import Feed
from cfconsole.session.state.store import StateStore
from cfconsole.session.state.updates import MetricsArrived, ServicesArrived, SuspectsFound, Update
from tests.session.manual_clock import START, ManualClock
from tests.session.open_session import open_session
from tests.session.scripted import FakeCloud, error
from tests.session.shop import ORDERS, fleet, sick_metrics

LATER = START + timedelta(seconds=5)


async def test_a_crossed_threshold_is_an_alert_of_the_consoles_own() -> None:
    async with open_session() as it:
        own = [alert for alert in it.session.state.alerts if alert.source is AlertSource.LOCAL]
        assert {(alert.service, alert.policy) for alert in own} == {(ORDERS, "error rate"), (ORDERS, "latency")}
        await it.clock.advance(120)
        assert {alert.opened_at for alert in it.session.state.alerts} == {START}


async def test_alerts_that_can_not_be_read_leave_the_own_ones() -> None:
    fake = FakeCloud()
    fake.fail["alerts"] = error(ErrorKind.DENIED)
    async with open_session(fake=fake) as it:
        assert it.session.state.feeds[Feed.ALERTS].error is not None
        assert it.session.state.alerts


async def test_an_alert_of_the_cloud_has_its_services_revisions_read() -> None:
    fake = FakeCloud()
    fake.alerts = (Alert("1", "errors", ORDERS, "CRITICAL", START),)
    async with open_session(fake=fake) as it:
        await it.clock.advance(11)
        assert it.session.state.revisions[ORDERS]


class CountingStore(StateStore):
    """Counts the searches for suspects."""

    def __init__(self) -> None:
        super().__init__()
        self.searches = 0

    def post(self, update: Update) -> None:
        self.searches += isinstance(update, SuspectsFound)
        super().post(update)


def test_suspects_are_sought_again_only_where_something_moved() -> None:
    live, clock = CountingStore(), ManualClock()
    judging = HealthEvaluator(live, clock, Thresholds())
    orders = next(service for service in fleet() if service.key == ORDERS)
    steps = [(orders, 1), (replace(orders, read_at=LATER), 1), (replace(orders, effective=()), 2)]
    for service, searches in steps:
        live.post(ServicesArrived(clock.now(), (service,)))
        judging.evaluate()
        assert live.searches == searches
    live.post(MetricsArrived(clock.now(), sick_metrics(START)))
    judging.evaluate()
    assert live.searches == 3
