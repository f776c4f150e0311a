"""Carries out releases in steps where there is no screen: from an approval, with a tail of their own for evidence."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cfconsole.domain.releases import Approval, Release
from cfconsole.domain.rollout import begin
from cfconsole.domain.services import ServiceKey
from cfconsole.session.ports import ClockPort, Cloud, SharedJournalPort
from cfconsole.session.record import Record
from cfconsole.session.releasing import new_release
from cfconsole.session.request_tail import RequestTail
from cfconsole.session.rolling import Rolling, RollingPorts, Watchers
from cfconsole.session.step_writing import Values
from cfconsole.session.telling import Telling

Moved = Callable[[Release], None]


class Desk(NamedTuple):
    """What somebody without a screen carries releases out with."""

    ports: RollingPorts
    tail: RequestTail


def open_desk(
    cloud: Cloud, journal: SharedJournalPort, clock: ClockPort, *, attended: Callable[[], bool] = lambda: False
) -> Desk:
    """`attended` says whether somebody looks on who can be asked."""
    tail = RequestTail(cloud, clock)
    return Desk(RollingPorts(cloud, journal, clock, tail.requests, Telling(cloud, clock), attended), tail)


def new_rolling(
    ports: RollingPorts,
    release: Release,
    approval: Approval,
    moved: Moved,
    *,
    values: Values = (),
    watchers: Watchers | None = None,
) -> Rolling:
    """A release that nobody began yet; `run` it, or have it run by `rolled_out`."""
    record = Record(release, ports.journal, ports.clock, moved)
    rollout = begin(approval.plan, ports.clock.now())
    return Rolling(record, rollout, ports, watchers, how=approval.how, values=values)


async def roll_out(
    desk: Desk,
    approval: Approval,
    *,
    actor: str,
    values: Values = (),
    moved: Moved = lambda release: None,
    watchers: Watchers | None = None,
    started: Callable[[Rolling], None] = lambda rolling: None,
    release_id: str = "",
) -> Release:
    """Carries a plan in steps out and returns the ended, or interrupted, release.

    `started` gets the release under way, to `wake` it or to have it `leave`. `release_id` is the one that whoever
    approved it was told already; empty for a new one.
    """
    release = new_release(approval, actor, desk.ports.clock.now())
    release = release._replace(id=release_id or release.id)
    rolling = new_rolling(desk.ports, release, approval, moved, values=values, watchers=watchers)
    started(rolling)
    return await rolled_out(desk, approval.plan.service, rolling, moved)


async def rolled_out(desk: Desk, key: ServiceKey, rolling: Rolling, moved: Moved) -> Release:
    """Runs a release to its end and tells of it."""
    async with desk.tail.of(key):
        return await told(desk.ports.telling, await rolling.run(), moved)


async def told(telling: Telling, release: Release, moved: Moved) -> Release:
    """The release, after whoever has to know was told of its end."""
    if release.ended_at is None:
        return release
    ended = await telling.ended(release)
    if ended is not release:
        moved(ended)
    return ended
