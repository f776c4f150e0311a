"""A console session in which tests make releases of the scripted shop, while requests to the shop continue."""

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
from tests.session.open_session import SETTINGS, open_session
from tests.session.releases.rollouts import NEW, BusyCloud, deploy_options, serving_split
from tests.session.scripted import MemoryJournal
from tests.session.shop import CATALOG, ORDERS

QUICK = deploy_options(Strategy.CANARY)


class ReleaseConsole:
    """A console session as an operator uses it for releases."""

    def __init__(self, session: ConsoleSession, fake: BusyCloud, journal: MemoryJournal) -> None:
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
        """Approves the plan of the request and starts the release."""
        approval = approve(self.session, self.changes.plan(key, request))
        return self.changes.release(approval, request, unrecorded=unrecorded)

    def canary(self) -> str:
        return self.release(DeployRequest(QUICK))

    def found(self, release_id: str) -> Release:
        return find_release(self.session, release_id)

    async def until(self, reached: Callable[[], bool], at_most_s: int = 900) -> None:
        """Advances the clock until `reached`; requests arrive each second."""
        for _ in range(at_most_s):
            if reached():
                return
            await self.clock.advance(1)
            self.fake.pass_by(1)
        raise AssertionError(self.session.state.releases)

    async def until_new_serves(self) -> None:
        await self.until(lambda: NEW in serving_split(self.fake))

    async def closed(self, release_id: str, at_most_s: int = 900) -> Release:
        """The release, once it is no longer under way."""
        await self.until(lambda: not self.found(release_id).open, at_most_s)
        return self.found(release_id)


@contextlib.asynccontextmanager
async def open_release_console(
    fake: BusyCloud, journal: MemoryJournal | None = None, settings: SessionSettings = SETTINGS
) -> AsyncIterator[ReleaseConsole]:
    """Opens a console that has read what plans need, and the releases in its journal."""
    async with open_session(settings, fake=fake, journal=journal) as at:
        screen = ReleaseConsole(at.session, fake, at.journal)
        at.session.select([ORDERS, CATALOG])
        await screen.until(lambda: {ORDERS, CATALOG} <= at.session.state.revisions.keys())
        if journal and journal.recorded:
            await screen.until(lambda: bool(at.session.state.releases))
        yield screen


@contextlib.asynccontextmanager
async def open_with_canary(fake: BusyCloud) -> AsyncIterator[tuple[ReleaseConsole, str]]:
    """Opens a console that has just given a new revision its first traffic."""
    async with open_release_console(fake) as at:
        release_id = at.canary()
        await at.until_new_serves()
        yield at, release_id


async def leave_canary(fake: BusyCloud, journal: MemoryJournal) -> Release:
    """A canary at its first step, left by a console that was closed."""
    async with open_release_console(fake, journal) as at:
        at.canary()
        await at.until_new_serves()
    (left,) = await journal.releases()
    return left


def as_plan(plan: Plan | Refusal) -> Plan:
    assert isinstance(plan, Plan), plan
    return plan


def approve(session: ConsoleSession, plan: Plan | Refusal) -> Approval:
    approval = session.changes.approve(as_plan(plan))
    assert isinstance(approval, Approval), approval
    return approval


def find_release(session: ConsoleSession, release_id: str) -> Release:
    return next(release for release in session.state.releases if release.id == release_id)
