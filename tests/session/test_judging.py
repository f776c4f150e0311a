"""Alerts and suspects that the console draws from what it has read anyway."""

from __future__ import annotations

from cfconsole.domain.alerts import Alert, AlertSource
from cfconsole.domain.errors import ErrorKind
from cfconsole.session.state import Feed
from tests.session.manual_clock import START
from tests.session.opening import opened
from tests.session.scripted import FakeCloud, error
from tests.session.shop import ORDERS


async def test_a_crossed_threshold_is_an_alert_of_the_consoles_own() -> None:
    async with opened() as it:
        own = [alert for alert in it.session.state.alerts if alert.source is AlertSource.LOCAL]
        assert {(alert.service, alert.policy) for alert in own} == {(ORDERS, "error rate"), (ORDERS, "latency")}
        await it.clock.advance(120)
        assert {alert.opened_at for alert in it.session.state.alerts} == {START}


async def test_alerts_that_can_not_be_read_leave_the_own_ones() -> None:
    fake = FakeCloud()
    fake.fail["alerts"] = error(ErrorKind.DENIED)
    async with opened(fake=fake) as it:
        assert it.session.state.feeds[Feed.ALERTS].error is not None
        assert it.session.state.alerts


async def test_an_alert_of_the_cloud_has_its_services_revisions_read() -> None:
    fake = FakeCloud()
    fake.alerts = (Alert("1", "errors", ORDERS, "CRITICAL", START),)
    async with opened(fake=fake) as it:
        await it.clock.advance(11)
        assert it.session.state.revisions[ORDERS]
