"""Scenarios: services, history and stories, on a manual clock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from google.api_core import exceptions

from cfconsole.cli.commands.emulator import SCENARIOS
from cfconsole.emulator.clock import ManualClock
from cfconsole.emulator.scenarios import SCENARIO_NAMES, scenario_named
from cfconsole.emulator.scenarios.stories import ORDERS, storm
from cfconsole.emulator.server import PortInUse, RunningEmulator, running_emulator
from cfconsole.emulator.world.names import short
from tests.emulator.conftest import connected

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def revision_names(emulator: RunningEmulator) -> list[str]:
    return [name for record in emulator.world.services() for name in record.revisions]


@pytest.mark.parametrize("name", SCENARIO_NAMES)
async def test_every_scenario_serves(name: str) -> None:
    async with running_emulator(name, clock=ManualClock(START), load=False, services=60) as emulator:
        settled = [record for record in emulator.world.services() if record.routing.shares]
        assert len(settled) == len(emulator.world.services()) >= 16


async def test_an_unknown_scenario_is_refused() -> None:
    with pytest.raises(ValueError, match="bad-deploy"):
        scenario_named("earthquake")


async def test_the_shop_has_twelve_services_and_four_functions_in_two_regions() -> None:
    async with running_emulator(clock=ManualClock(START), load=False) as emulator:
        records = emulator.world.services()
        assert (len(records), len(emulator.world.functions)) == (16, 4)
        assert {record.name.region for record in records} == {"us-central1", "europe-west1"}
        pinned = [
            record.name.service
            for record in records
            if not record.routing.uses(short(record.service.latest_created_revision))
        ]
        assert pinned == ["billing", "send-receipt"]


async def test_the_bad_deploy_comes_after_twenty_seconds_and_gets_all_traffic() -> None:
    clock = ManualClock(START)
    async with running_emulator("bad-deploy", clock=clock) as emulator:
        record = emulator.world.record(ORDERS)
        await clock.advance(19)
        assert record.service.generation == 4
        await clock.advance(10)
        [share] = record.routing.shares
        assert (share.revision[:16], share.percent) == ("orders-api-00042", 100)
        assert record.service.last_modifier == "ci@shop"


async def test_an_hour_of_history_is_there_at_the_start() -> None:
    async with running_emulator(clock=ManualClock(START)) as emulator:
        assert emulator.observability.metrics.stored_points() > 360 * 16
        assert len(emulator.observability.logs) > 16 * 25


async def test_the_pinned_scenario_keeps_the_newest_orders_api_idle() -> None:
    async with running_emulator("pinned", clock=ManualClock(START), load=False) as emulator:
        record = emulator.world.record(ORDERS)
        assert "-00042-" in record.service.latest_ready_revision
        assert "-00041-" in record.routing.shares[0].revision


async def test_a_fleet_has_as_many_services_as_asked_for() -> None:
    async with running_emulator("fleet", clock=ManualClock(START), load=False, services=120) as emulator:
        assert len(emulator.world.services()) == 120
        assert len({record.name.region for record in emulator.world.services()}) == 20
        states = {record.service.terminal_condition.state.name for record in emulator.world.services()}
        assert states == {"CONDITION_SUCCEEDED", "CONDITION_FAILED"}


async def test_the_slow_burn_begins_with_a_deploy_that_looks_healthy() -> None:
    clock = ManualClock(START)
    async with running_emulator("slow-burn", clock=clock) as emulator:
        await clock.advance(30)
        record = emulator.world.record(ORDERS)
        [share] = record.routing.shares
        assert record.behaviours[share.revision].leaks
        assert record.service.terminal_condition.state.name == "CONDITION_SUCCEEDED"


async def test_in_the_denied_scenario_nothing_can_be_changed() -> None:
    async with (
        running_emulator("denied", clock=ManualClock(START), load=False) as emulator,
        connected(emulator) as cloud,
    ):
        service = await cloud.service()
        with pytest.raises(exceptions.PermissionDenied, match=r"run\.services\.update"):
            await cloud.begin_update(service, "description")
        with pytest.raises(exceptions.PermissionDenied, match=r"cloudfunctions\.functions\.list"):
            await cloud.functions.list_functions(parent="projects/shop-prod/locations/-")
        permissions = ["run.services.get", "run.services.update"]
        answer = await cloud.services.test_iam_permissions(
            request={"resource": service.name, "permissions": permissions}
        )
        assert list(answer.permissions) == ["run.services.get"]


def test_the_commands_offer_every_scenario() -> None:
    assert sorted(SCENARIOS) == sorted(SCENARIO_NAMES)


async def test_a_log_storm_writes_a_thousand_lines_a_second() -> None:
    clock = ManualClock(START)
    async with running_emulator("log-storm", clock=clock) as emulator:
        before = emulator.observability.logs.written
        await clock.advance(3)
        assert emulator.observability.logs.written - before == pytest.approx(3_000, abs=60)


async def test_a_storm_ends() -> None:
    clock = ManualClock(START)
    async with running_emulator(clock=clock, load=False) as emulator:
        emulator.world.background.start(storm(emulator.story_context, ORDERS, 100, 2))
        await clock.advance(10)
        assert len(emulator.observability.logs) == 200


async def test_the_same_seed_tells_the_same_story() -> None:
    async with running_emulator(clock=ManualClock(START), load=False, seed=7) as first:
        names = revision_names(first)
    async with running_emulator(clock=ManualClock(START), load=False, seed=7) as second:
        assert revision_names(second) == names
    async with running_emulator(clock=ManualClock(START), load=False, seed=8) as other:
        assert revision_names(other) != names


async def test_a_port_in_use_is_a_sentence() -> None:
    async with running_emulator(load=False, http_port=0) as emulator:
        grpc_port = int(emulator.grpc_address.rpartition(":")[2])
        http_port = int(emulator.http_address.rpartition(":")[2])
        with pytest.raises(PortInUse, match=str(grpc_port)):
            async with running_emulator(load=False, grpc_port=grpc_port):
                pytest.fail("two emulators share a port")
        with pytest.raises(PortInUse, match=str(http_port)):
            async with running_emulator(load=False, http_port=http_port):
                pytest.fail("two emulators share a port")
