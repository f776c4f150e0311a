"""A session that does what a test tells it, remembers what it was asked, and a clock that a test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from cfconsole.domain.errors import CloudError
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.fleet.traffic import Share, Target
from cfconsole.domain.logs.buffer import LogBuffer
from cfconsole.domain.logs.entries import LogEntry, Severity
from cfconsole.domain.releases.kinds import GuardLevel, ReleaseKind
from cfconsole.domain.releases.model import Approval, Plan, Refusal, RefusalReason, Release
from cfconsole.domain.releases.planning.facts import PlanFacts
from cfconsole.domain.releases.planning.planner import plan as plan_for
from cfconsole.domain.releases.planning.request import PlanRequest, values_of
from cfconsole.domain.releases.rollout.recovery import Recovery
from cfconsole.domain.releases.rollout.values import Command
from cfconsole.domain.source.packages import PackedSource, SourceRefusal
from cfconsole.session.state.console_state import ConsoleState
from tests.ui.shop import NOW, ORDERS, shop_log


class HandClock:
    def __init__(self) -> None:
        self.passed = 100.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.passed - 100.0)

    def monotonic(self) -> float:
        return self.passed

    def advance(self, seconds: float) -> None:
        self.passed += seconds


class ScriptedLogs:
    def __init__(self, buffer: LogBuffer) -> None:
        self.buffer = buffer
        self.min_severity = Severity.INFO
        self.query = ""
        self.refusal = ""
        """Why the next expression is refused."""
        self.range_s = 3600.0
        self.is_visible = True

    def set_visible(self, shown: bool) -> None:
        self.is_visible = shown

    def set_min_severity(self, severity: Severity) -> None:
        self.min_severity = severity

    async def set_query(self, text: str) -> str:
        if not self.refusal:
            self.query = text
        return self.refusal

    def set_range(self, seconds: float) -> None:
        self.range_s = seconds


def rollback_plan() -> Plan:
    """What the planner would answer for the shop's `orders-api`."""
    return Plan(
        kind=ReleaseKind.ROLLBACK,
        service=ORDERS,
        generation=42,
        etag='"orders-api-42"',
        desired_before=(Target("", 100),),
        before=(Share("orders-api-00042", 100, latest=True),),
        after=(Target("orders-api-00041", 100),),
        undo=(Target("orders-api-00042", 100),),
        bad="orders-api-00042",
        target="orders-api-00041",
        why="00041 served 100 % immediately before 00042, until 6 minutes ago",
        warnings=("The service stays pinned to 00041: the next deploy gets no traffic until L.",),
    )


class ScriptedSession:
    def __init__(self, state: ConsoleState, log: LogBuffer | None = None) -> None:
        self.state = state
        self.logs = ScriptedLogs(shop_log() if log is None else log)
        self.started = False
        self.selected: tuple[ServiceKey, ...] = ()
        self.refreshed = 0
        self.touches = 0
        self.unconnected: CloudError | None = None
        """Raised instead of taking a command."""
        self.traces: dict[str, tuple[LogEntry, ...] | CloudError] = {}
        """What is read of a trace, by its name."""
        self.plans: dict[ReleaseKind, Plan | Refusal] = {
            ReleaseKind.ROLLBACK: rollback_plan(),
            ReleaseKind.TO_LATEST: Refusal(
                RefusalReason.ALREADY_DONE, "All traffic of orders-api is on the latest revision already."
            ),
            ReleaseKind.UNDO: Refusal(RefusalReason.NOTHING_TO_UNDO, "Nothing to undo: no release of orders-api."),
        }
        self.fresh: asyncio.Future[Plan | Refusal] | None = None
        """Set by a test that wants to answer the fresh read itself."""
        self.level = GuardLevel.CONFIRM
        self.approved: list[tuple[Plan, str]] = []
        self.refuse_approval: Refusal | None = None
        self.released: list[Approval] = []
        self.went_unrecorded: list[bool] = []
        """Of each release, whether it was to go on where nothing can be recorded."""
        self.values: tuple[tuple[str, str], ...] = ()
        """Those of the variables that the last release sets."""
        self.asked: list[tuple[ServiceKey, PlanRequest]] = []
        """What was asked to be planned from what is on screen."""
        self.asked_anew: list[tuple[ServiceKey, PlanRequest]] = []
        """The same of a fresh read."""
        self.commanded: list[tuple[str, Command]] = []
        self.recoveries: dict[str, Recovery | Refusal] = {}
        self.recovered: list[tuple[str, Command, str]] = []
        self.deletions: list[Plan] = []
        self.refuse_deletion: Refusal | None = None
        """Why the cloud does not delete."""
        self.packed: list[tuple[ServiceKey, str]] = []
        self.source: PackedSource | SourceRefusal = SourceRefusal("there is no main.py")
        """What comes of packing any directory."""
        self.described = "metadata:\n  name: orders-api"
        self.jobs = 0
        self.regions: tuple[str, ...] = ("europe-west1", "us-central1")
        self._listeners: list[Callable[[ConsoleState], None]] = []

    @property
    def changes(self) -> ScriptedSession:
        """What is asked for lands here too, so that a story reads all of it in one place."""
        return self

    def start(self) -> None:
        self.started = True

    def subscribe(self, listener: Callable[[ConsoleState], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def arrive(self, state: ConsoleState) -> None:
        """A new state, as if read from the cloud."""
        self.state = replace(state, version=self.state.version + 1)
        for listener in tuple(self._listeners):
            listener(self.state)

    def begin(self, release: Release) -> None:
        self.arrive(replace(self.state, releases=(release, *self.state.releases)))

    def select(self, keys: Sequence[ServiceKey]) -> None:
        self.selected = tuple(keys)

    def refresh(self) -> None:
        self.refreshed += 1

    def note_key(self) -> None:
        self.touches += 1

    async def trace(self, entry: LogEntry) -> tuple[LogEntry, ...]:
        found = self.traces[entry.trace]
        if isinstance(found, CloudError):
            raise found
        return found

    async def describe(self, key: ServiceKey) -> str:
        return self.described

    def plan(self, key: ServiceKey, request: PlanRequest) -> Plan | Refusal:
        self.asked.append((key, request))
        return self._answer(key, request)

    async def replan(self, key: ServiceKey, request: PlanRequest) -> Plan | Refusal:
        self.asked_anew.append((key, request))
        return await self.fresh if self.fresh else self._answer(key, request)

    def _answer(self, key: ServiceKey, request: PlanRequest) -> Plan | Refusal:
        return self.plans[request.kind] if request.kind in self.plans else plan_for(self._facts(key), request)

    async def pack(self, key: ServiceKey, directory: str, *, run_tests: bool = True) -> PackedSource | SourceRefusal:
        self.packed.append((key, directory))
        return self.source

    def _facts(self, key: ServiceKey) -> PlanFacts:
        state = self.state
        history = tuple(release for release in state.releases if release.plan.service == key)
        return PlanFacts(state.services[key], state.revisions.get(key, ()), history, state.metrics.get(key))

    def guard(self, plan: Plan) -> GuardLevel:
        return self.level

    def approve(self, plan: Plan, *, typed: str = "") -> Approval | Refusal:
        self.approved.append((plan, typed))
        return self.refuse_approval or Approval(plan, self.level.value, NOW)

    def release(self, approval: Approval, request: PlanRequest, *, unrecorded: bool = False) -> str:
        self.released.append(approval)
        self.went_unrecorded.append(unrecorded)
        self.values = values_of(request)
        return "r-1"

    def command(self, release_id: str, command: Command) -> None:
        if self.unconnected:
            raise self.unconnected
        self.commanded.append((release_id, command))

    async def recovery(self, release_id: str) -> Recovery | Refusal:
        return self.recoveries[release_id]

    async def recover(self, release_id: str, command: Command, *, typed: str = "") -> Refusal | None:
        self.recovered.append((release_id, command, typed))
        return None

    async def delete_revision(self, approval: Approval) -> Refusal | None:
        self.deletions.append(approval.plan)
        return self.refuse_deletion
