"""An abandoned emulator stops after ten minutes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from cfconsole.emulator.clock import ManualClock
from cfconsole.emulator.server import ABANDONMENT_CHECK_S, ABANDONMENT_GRACE_S, until_abandoned


class Console:
    """The console that uses an emulator."""

    def __init__(self) -> None:
        self.is_there = False


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 3, 1, 12, tzinfo=UTC))


async def test_an_abandoned_emulator_ends_after_ten_minutes(clock: ManualClock) -> None:
    ending = asyncio.ensure_future(until_abandoned(lambda: True, clock))
    await clock.advance(ABANDONMENT_GRACE_S - ABANDONMENT_CHECK_S)
    assert not ending.done()
    await clock.advance(ABANDONMENT_CHECK_S)
    await asyncio.wait_for(ending, 1)


async def test_a_console_that_came_back_and_died_restarts_the_ten_minutes(clock: ManualClock) -> None:
    console = Console()
    ending = asyncio.ensure_future(until_abandoned(lambda: not console.is_there, clock))
    await clock.advance(ABANDONMENT_GRACE_S - ABANDONMENT_CHECK_S)
    console.is_there = True
    await clock.advance(2 * ABANDONMENT_GRACE_S)
    console.is_there = False
    await clock.advance(ABANDONMENT_GRACE_S - ABANDONMENT_CHECK_S)
    assert not ending.done()
    await clock.advance(ABANDONMENT_CHECK_S)
    await asyncio.wait_for(ending, 1)
