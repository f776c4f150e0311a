"""Carries out releases in steps on the scripted shop, whose requests follow its split."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from cfconsole.domain.fleet.metrics import MetricsRead, ServiceMetrics, TrafficNumbers, Window
from cfconsole.domain.fleet.traffic import Target
from cfconsole.domain.releases.model import Approval, Plan, Release
from cfconsole.domain.releases.planning.deploy import DeployOptions, plan_deploy
from cfconsole.domain.releases.planning.facts import PlanFacts
from cfconsole.domain.releases.rollout.progress import ReleaseProgress
from cfconsole.domain.releases.steps import GuardPolicy, Policy, ProbePolicy, Strategy
from cfconsole.session.ports import ClockPort, SharedJournalPort
from cfconsole.session.releases.ports import ReleaseListener
from cfconsole.session.releases.record import new_release
from cfconsole.session.releases.release_runner import STOPPED, headless_runner
from tests.session.manual_clock import ManualClock
from tests.session.releases.single_writes import ACTOR, request
from tests.session.scripted import FakeCloud, MemoryJournal
from tests.session.shop import ORDERS, revision_name

OLD, NEW = revision_name(ORDERS, 42), revision_name(ORDERS, 43)
IMAGE = "europe-docker.pkg.dev/shop/orders-api:next"
QUICK = Policy(GuardPolicy(min_requests=30), ProbePolicy(min_ready_s=0, pause_s=0))
STEP_S = 60.0
WINDOWS = 10


class BusyCloud(FakeCloud):
    """A cloud in which requests to `orders-api` continue, with their log entries and metrics."""

    def __init__(self, clock: ClockPort) -> None:
        super().__init__(clock)
        self.ingest_delay_s = 60.0
        self.logged = 1.0
        """The share of requests that reaches the log."""
        self.error_rates: dict[str, float] = {}
        """By revision; none for revisions not listed."""
        self.per_second = 20.0
        self._passed: list[tuple[datetime, str, int, int]] = []
        self.changed: Callable[[], None] = lambda: None
        self._count = 0

    @property
    def manual(self) -> ManualClock:
        assert isinstance(self.clock, ManualClock)
        return self.clock

    def pass_by(self, seconds: float) -> None:
        """Makes the requests of the last seconds."""
        entries = []
        for share in self.services[ORDERS].serving:
            count = round(self.per_second * seconds * share.percent / 100)
            errors = round(count * self.error_rates.get(share.revision, 0.0))
            self._passed.append((self.clock.now(), share.revision, count, errors))
            for number in range(round(count * self.logged)):
                self._count += 1
                status = 500 if number < errors else 200
                entries.append(request(self.clock, self._count, share.revision, status, -0.01))
        if entries:
            self.say(*entries)

    def measured(self, end: datetime) -> MetricsRead:
        """Counts by the minute; those younger than the ingest delay are incomplete."""
        self.called("measured")
        known = end - timedelta(seconds=self.ingest_delay_s)
        incomplete = int(self.ingest_delay_s // STEP_S)
        last = known + timedelta(seconds=incomplete * STEP_S)
        counts: dict[str, tuple[list[float], list[float]]] = {}
        for at, revision, requests, errors in self._passed:
            place = WINDOWS - 1 - int((last - at).total_seconds() // STEP_S)
            if at <= known and 0 <= place < WINDOWS:
                row = counts.setdefault(revision, ([0.0] * WINDOWS, [0.0] * WINDOWS))
                row[0][place] += requests
                row[1][place] += errors
        windows = {
            revision: (
                Window(last, STEP_S, tuple(rows[0]), incomplete),
                Window(last, STEP_S, tuple(rows[1]), incomplete),
            )
            for revision, rows in counts.items()
        }
        none = Window(last, STEP_S, ())
        of_orders = ServiceMetrics(TrafficNumbers(), {}, none, none, none, revision_counts=windows)
        return MetricsRead(end, {ORDERS: of_orders}, STEP_S, self.ingest_delay_s)


def deploy_options(strategy: Strategy = Strategy.CANARY, **changes: Any) -> DeployOptions:
    built = DeployOptions(IMAGE, strategy=strategy, steps=(5, 50, 100), bake_s=60, policy=QUICK)
    return replace(built, **changes)


def deploy_plan(fake: FakeCloud, strategy: Strategy = Strategy.CANARY, **changes: Any) -> Plan:
    plan = plan_deploy(PlanFacts(fake.services[ORDERS], fake.revisions[ORDERS]), deploy_options(strategy, **changes))
    assert isinstance(plan, Plan), plan
    return plan


def approval_of(plan: Plan, clock: ManualClock) -> Approval:
    return Approval(plan, "confirm", clock.now())


class RunningRelease:
    """A release in steps under way, with the changes and the progress that were shown of it."""

    def __init__(
        self,
        fake: BusyCloud,
        journal: SharedJournalPort | None = None,
        plan: Plan | None = None,
        values: tuple[tuple[str, str], ...] = (),
        attended: bool = False,
    ) -> None:
        self.fake = fake
        self.journal = journal or MemoryJournal()
        self.changes: list[Release] = []
        self.progress: list[ReleaseProgress] = []
        clock = fake.manual
        listener = ReleaseListener(
            self.changes.append,
            lambda release_id, progress: self.progress.append(progress),
            is_attended=lambda: attended,
        )
        self.runner = headless_runner(fake.cloud, self.journal, clock, listener)
        release = new_release(approval_of(plan or deploy_plan(fake), clock), ACTOR, clock.now())
        self.id = release.id
        self.task = asyncio.create_task(self.runner.run(release, "confirm", values))

    def stop(self) -> None:
        """Stops its process."""
        self.runner.leave(STOPPED)

    async def run(self, at_most_s: float = 4000.0) -> Release:
        """Runs it to its end."""
        await self.until(lambda: False, at_most_s)
        assert self.task.done(), f"no end: {self.progress[-1] if self.progress else 'no look'}"
        return await self.task

    async def until(self, reached: Callable[[], bool], at_most_s: float = 4000.0) -> None:
        """Advances the clock until `reached` or the end of the release; requests arrive each second."""
        clock = self.fake.manual
        began = clock.monotonic()
        while not self.task.done() and not reached() and clock.monotonic() - began < at_most_s:
            await clock.advance(1)
            self.fake.pass_by(1)
            self.fake.changed()

    @property
    def splits(self) -> list[dict[str, int]]:
        """The splits that were written, in order."""
        return [percents(write.targets) for write in self.fake.writes]


def percents(targets: tuple[Target, ...]) -> dict[str, int]:
    return {line.revision: line.percent for line in targets if line.percent}


def serving_split(fake: FakeCloud) -> dict[str, int]:
    return {share.revision: share.percent for share in fake.services[ORDERS].serving}
