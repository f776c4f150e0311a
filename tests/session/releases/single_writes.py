"""Carries out plans of a single write on the scripted shop."""

from __future__ import annotations

import asyncio

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.entries import LogEntry, Request, Severity
from cfconsole.domain.logs.times import to_ns
from cfconsole.domain.releases.model import Approval, Plan, Release
from cfconsole.domain.releases.planning.facts import PlanFacts
from cfconsole.domain.releases.planning.planner import plan as plan_for
from cfconsole.domain.releases.planning.request import PlanRequest, RollbackRequest
from cfconsole.session.ports import ClockPort
from cfconsole.session.releases.ports import ReleaseListener
from cfconsole.session.releases.record import new_release
from cfconsole.session.releases.release_runner import headless_runner
from tests.session.manual_clock import ManualClock
from tests.session.scripted import FakeCloud, MemoryJournal
from tests.session.shop import ORDERS, revision_name

BAD, GOOD = revision_name(ORDERS, 42), revision_name(ORDERS, 41)
ACTOR = "me@shop.example"


def plan_of(
    fake: FakeCloud,
    request: PlanRequest | None = None,
    key: ServiceKey = ORDERS,
    history: tuple[Release, ...] = (),
) -> Plan:
    plan = plan_for(PlanFacts(fake.services[key], fake.revisions[key], history), request or RollbackRequest())
    assert isinstance(plan, Plan), plan
    return plan


def approval_of(fake: FakeCloud, plan: Plan | None = None) -> Approval:
    return Approval(plan or plan_of(fake), "confirm", fake.clock.now())


async def carry_out(
    fake: FakeCloud, journal: MemoryJournal, approval: Approval, changes: list[Release] | None = None
) -> Release:
    """Runs a release to its end, advancing the clock as needed."""
    clock = fake.clock
    assert isinstance(clock, ManualClock)
    changes = [] if changes is None else changes
    runner = headless_runner(fake.cloud, journal, clock, ReleaseListener(changes.append))
    release = new_release(approval, ACTOR, clock.now())
    task = asyncio.create_task(runner.run(release, approval.how), name="release")
    while not task.done():
        await clock.advance(1)
    return await task


def request(clock: ClockPort, number: int, revision: str, status: int, after_s: float = 0.0) -> LogEntry:
    """The log entry of a request to `orders-api`, `after_s` seconds from now."""
    return LogEntry(
        timestamp_ns=to_ns(clock.now()) + int(after_s * 1e9),
        insert_id=f"{revision}-{number}-{status}",
        severity=Severity.ERROR if status >= 500 else Severity.INFO,
        log="run.googleapis.com/requests",
        project=ORDERS.project,
        region=ORDERS.region,
        service=ORDERS.name,
        revision=revision,
        message=f"GET /orders {status}",
        request=Request("GET", "/orders", status, 40.0),
    )


def requests(clock: ManualClock, revision: str, count: int, errors: int = 0, after_s: float = 0.0) -> list[LogEntry]:
    return [request(clock, n, revision, 500 if n < errors else 200, after_s) for n in range(count)]
