"""What commands read without a console."""

from __future__ import annotations

import pytest

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.session.headless import read_fleet, read_plan_facts
from tests.session.manual_clock import ManualClock
from tests.session.releases.single_writes import approval_of, carry_out
from tests.session.scripted import FakeCloud, MemoryJournal, error
from tests.session.shop import ORDERS, PROJECT


async def test_the_fleet_of_every_region_is_read() -> None:
    fake = FakeCloud()
    fake.unreachable = {"europe-west1": "timed out"}
    read = await read_fleet(fake.cloud, [PROJECT])
    assert {service.key.region for service in read.services} == {"us-central1"}
    assert [place.place for place in read.unreachable] == ["europe-west1"]
    assert fake.listed_regions == [fake.all_regions]


async def test_one_project_that_can_not_be_read_is_named() -> None:
    fake = FakeCloud()
    fake.fail_next["regions"] = [error(ErrorKind.DENIED, "refused")]
    read = await read_fleet(fake.cloud, ["elsewhere", PROJECT])
    assert [place.place for place in read.unreachable] == ["projects/elsewhere"]
    assert read.services


async def test_where_nothing_can_be_read_the_error_is_raised() -> None:
    fake = FakeCloud()
    fake.fail["list_services"] = error(ErrorKind.CREDENTIALS)
    with pytest.raises(CloudError):
        await read_fleet(fake.cloud, [PROJECT])


async def test_facts_hold_the_history_and_do_without_metrics() -> None:
    clock, journal = ManualClock(), MemoryJournal()
    fake = FakeCloud(clock)
    release = await carry_out(fake, journal, approval_of(fake))
    fake.fail["metrics"] = error(ErrorKind.DENIED)
    facts = await read_plan_facts(fake.cloud, journal, clock, ORDERS)
    assert facts.history == (release,)
    assert facts.metrics is None
    assert facts.service.generation == 8
