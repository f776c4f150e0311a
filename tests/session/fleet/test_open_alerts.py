"""The alerts that a command shows: the cloud's with their suspects, and the console's own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.fleet.metrics import MetricsRead, TrafficNumbers
from cfconsole.domain.health.alerts import Alert, AlertSource, Thresholds
from cfconsole.session.fleet.open_alerts import alerts_with_suspects, read_open_alerts
from tests.builders import alert
from tests.session.manual_clock import START
from tests.session.scripted import FakeCloud, error
from tests.session.shop import BILLING, ORDERS, PROJECT, revision_name, sick_metrics


def sick_shop() -> FakeCloud:
    """A fleet whose bad revision of `orders-api` is beside a good one, so it can be suspected."""
    fake = FakeCloud()
    read = sick_metrics(START)
    orders = read.services[ORDERS]
    beside = {**orders.revisions, revision_name(ORDERS, 41): TrafficNumbers(36_000, 36, 120.0, 180.0)}
    fake.metrics = replace(read, services={**read.services, ORDERS: replace(orders, revisions=beside)})
    return fake


async def with_suspects(fake: FakeCloud, *alerts: Alert) -> tuple[Alert, ...]:
    assert isinstance(fake.metrics, MetricsRead)
    return await alerts_with_suspects(
        fake.cloud, fake.clock, alerts, fake.services, fake.metrics.services, Thresholds()
    )


async def test_open_alerts_come_newest_first_and_of_the_regions_asked_for() -> None:
    fake = FakeCloud()
    older = alert(id="old", service=ORDERS, opened_at=START - timedelta(hours=1))
    newer = alert(id="new", service=None, opened_at=START)
    fake.alerts = (older, newer)
    assert (await read_open_alerts(fake.cloud, [PROJECT])).alerts == (newer, older)
    assert (await read_open_alerts(fake.cloud, [PROJECT], ["europe-west1"])).alerts == (newer,)


async def test_a_project_whose_alerts_can_not_be_read_is_named() -> None:
    fake = FakeCloud()
    fake.alerts = (alert(),)
    fake.fail_next["alerts"] = [error(ErrorKind.DENIED, "refused")]
    found = await read_open_alerts(fake.cloud, ["elsewhere", PROJECT])
    assert [(place.place, place.sentence) for place in found.unreachable] == [
        ("alerts of projects/elsewhere", "refused")
    ]
    assert len(found.alerts) == 1


async def test_expired_credentials_are_raised() -> None:
    fake = FakeCloud()
    fake.fail["alerts"] = error(ErrorKind.CREDENTIALS)
    with pytest.raises(CloudError):
        await read_open_alerts(fake.cloud, [PROJECT])


async def test_an_alert_names_its_suspect_and_crossed_thresholds_follow() -> None:
    fake = sick_shop()
    google, *own = await with_suspects(fake, alert(service=ORDERS))
    assert google.suspect
    assert google.suspect.revision == revision_name(ORDERS, 42)
    assert [(one.policy, one.source) for one in own] == [
        ("error rate", AlertSource.LOCAL),
        ("latency", AlertSource.LOCAL),
    ]
    assert own[0].suspect == google.suspect
    assert fake.calls["list_revisions"] == 1


async def test_alerts_of_unknown_services_and_unread_revisions_stay() -> None:
    fake = sick_shop()
    fake.fail["list_revisions"] = error(ErrorKind.DENIED)
    google, homeless, *_ = await with_suspects(fake, alert(service=BILLING), alert(service=None))
    assert google.suspect is None
    assert homeless.service is None
