"""A console in front of which releases of the scripted shop are made, while requests to it go on."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.releases.model import Approval, Plan, Refusal, Release
from cfconsole.domain.releases.planning.request import DeployRequest, PlanRequest
from cfconsole.domain.releases.steps import Strategy
from cfconsole.session.console.console_session import ConsoleSession
from cfconsole.session.releases.changes import Changes
from cfconsole.session.settings import SessionSettings
from tests.session.manual_clock import ManualClock
from tests.session.open_session import SETTINGS, opened
from tests.session.releases.rollouts import NEW, Busy, served, wish
from tests.session.scripted import MemoryJournal
from tests.session.shop import CATALOG, ORDERS

QUICK = wish(Strategy.CANARY)


class AtScreen:
    """What an operator does at a console, and sees of its releases."""

    def __init__(self, session: ConsoleSession, fake: Busy, journal: MemoryJournal) -> None:
        self.session = session
        self.fake = fake
        self.journal = journal

    @property
    def changes(self) -> Changes:
        return self.session.changes

    @property
    def clock(self) -> ManualClock:
        return self.fake.manual

    def release(self, request: PlanRequest, key: ServiceKey = ORDERS, *, unrecorded: bool = False) -> str:
        """Accepts the plan of the request and starts it."""
        approval = approved(self.session, self.changes.plan(key, request))
        return self.changes.release(approval, request, unrecorded=unrecorded)

    def canary(self) -> str:
        return self.release(DeployRequest(QUICK))

    def found(self, release_id: str) -> Release:
        return found(self.session, release_id)

    async def until(self, reached: Callable[[], bool], at_most_s: int = 900) -> None:
        """Until that is so; requests pass by each second."""
        for _ in range(at_most_s):
            if reached():
                return
            await self.clock.advance(1)
            self.fake.pass_by(1)
        raise AssertionError(self.session.state.releases)

    async def until_new_serves(self) -> None:
        await self.until(lambda: NEW in served(self.fake))

    async def closed(self, release_id: str, at_most_s: int = 900) -> Release:
        """The release, once nothing carries it out any more."""
        await self.until(lambda: not self.found(release_id).open, at_most_s)
        return self.found(release_id)


@contextlib.asynccontextmanager
async def at_screen(
    fake: Busy, journal: MemoryJournal | None = None, settings: SessionSettings = SETTINGS
) -> AsyncIterator[AtScreen]:
    """A console that has read what plans need, and the releases of its journal."""
    async with opened(settings, fake=fake, journal=journal) as at:
        screen = AtScreen(at.session, fake, at.journal)
        at.session.select([ORDERS, CATALOG])
        await screen.until(lambda: {ORDERS, CATALOG} <= at.session.state.revisions.keys())
        if journal and journal.kept:
            await screen.until(lambda: bool(at.session.state.releases))
        yield screen


@contextlib.asynccontextmanager
async def canary_serving(fake: Busy) -> AsyncIterator[tuple[AtScreen, str]]:
    """A console that has just given a new revision its first traffic."""
    async with at_screen(fake) as at:
        release_id = at.canary()
        await at.until_new_serves()
        yield at, release_id


async def left_behind(fake: Busy, journal: MemoryJournal) -> Release:
    """A canary at its first step, whose console was closed."""
    async with at_screen(fake, journal) as at:
        at.canary()
        await at.until_new_serves()
    (left,) = await journal.releases()
    return left


def planned(plan: Plan | Refusal) -> Plan:
    assert isinstance(plan, Plan), plan
    return plan


def approved(session: ConsoleSession, plan: Plan | Refusal) -> Approval:
    approval = session.changes.approve(planned(plan))
    assert isinstance(approval, Approval), approval
    return approval


def found(session: ConsoleSession, release_id: str) -> Release:
    return next(release for release in session.state.releases if release.id == release_id)
