"""Carries out releases in steps where there is no screen: with a tail of their own for evidence, until their end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

from cfconsole.domain.release_watch import ReleaseProgress
from cfconsole.domain.releases import Release
from cfconsole.domain.rollout import begin
from cfconsole.domain.rollout_values import Rollout, Wish
from cfconsole.session.ports import ClockPort, Cloud, SharedJournalPort
from cfconsole.session.record import Record
from cfconsole.session.release_ports import ReleasePorts, Values, Watchers
from cfconsole.session.request_tail import RequestTail
from cfconsole.session.rolling import Rolling
from cfconsole.session.telling import Telling

STOPPED = "it was told to stop"


class Onlookers(NamedTuple):
    """Who looks on, and may end it."""

    moved: Callable[[Release], None] = lambda release: None
    looked: Callable[[ReleaseProgress], None] = lambda progress: None
    attended: Callable[[], bool] = lambda: False
    """Whether somebody looks on who can be asked."""
    stop: asyncio.Event | None = None
    """Once set nothing more is written, and the release is left to be taken up again."""


async def roll(
    cloud: Cloud,
    journal: SharedJournalPort,
    clock: ClockPort,
    release: Release,
    onlookers: Onlookers | None = None,
    *,
    how: str = "",
    values: Values = (),
) -> Release:
    """Carries a new release in steps out and returns it ended, or interrupted.

    `how` it was approved; `values` are those of the variables that it sets.
    """
    looking = onlookers or Onlookers()
    record = Record(release, journal, clock, looking.moved)
    rollout = begin(release.plan, clock.now())
    return await roll_record(cloud, journal, clock, record, rollout, looking, how=how, values=values)


async def roll_record(
    cloud: Cloud,
    journal: SharedJournalPort,
    clock: ClockPort,
    record: Record,
    rollout: Rollout,
    onlookers: Onlookers,
    *,
    how: str = "",
    values: Values = (),
    wish: Wish = Wish.NONE,
) -> Release:
    """Carries out what is recorded there, from wherever it is, and tells of its end."""
    tail = RequestTail(cloud, clock)
    telling = Telling(cloud, clock)
    ports = ReleasePorts(cloud, journal, clock, tail.requests)
    watchers = Watchers(lambda release_id, progress: onlookers.looked(progress), attended=onlookers.attended)
    rolling = Rolling(record, rollout, ports, telling, watchers, how=how, values=values, wish=wish)
    async with tail.of(rollout.plan.service), _stopping(rolling, onlookers.stop):
        return await telling.ended(await rolling.run(), onlookers.moved)


@contextlib.asynccontextmanager
async def _stopping(rolling: Rolling, stop: asyncio.Event | None) -> AsyncIterator[None]:
    """Has the release leave once it is to stop."""

    async def wait(event: asyncio.Event) -> None:
        await event.wait()
        rolling.leave(STOPPED)

    task = asyncio.create_task(wait(stop), name="stop") if stop else None
    try:
        yield
    finally:
        if task:
            task.cancel()
            await asyncio.wait([task])
