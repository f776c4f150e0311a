"""The builds of a console: each is followed here, and what it made is brought into traffic by a release of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from cfconsole.domain.deploy_wish import DeployWish
from cfconsole.domain.errors import CloudError, JournalError
from cfconsole.domain.plan_facts import PlanFacts
from cfconsole.domain.releases import Approval, Plan, Refusal, RefusalReason, Release, ReleaseState
from cfconsole.domain.services import Service
from cfconsole.domain.source_planning import plan_source
from cfconsole.domain.sources import PackedSource, SourceOrder, SourceTrouble
from cfconsole.session.jobs import Jobs
from cfconsole.session.live_state import LiveState
from cfconsole.session.plans import under_way
from cfconsole.session.ports import SourcesPort
from cfconsole.session.release_group import CLOSED, GroupPorts, ReleaseGroup
from cfconsole.session.releasing import new_release
from cfconsole.session.rollouts import told
from cfconsole.session.source_deploy import BuildOrder, BuildPorts, approve_rest
from cfconsole.session.source_release import SourceRelease
from cfconsole.session.telling import Telling
from cfconsole.session.updates import ReleaseMoved

REMEMBERED = 4
"""Plans of one source: a dialog may plan again."""


class _Planned(NamedTuple):
    plan: Plan
    wish: DeployWish
    function: str


class SourceBuilds:
    """Knows the source of each plan that it made."""

    def __init__(self, live: LiveState, jobs: Jobs, actor: str) -> None:
        self._live = live
        self._jobs = jobs
        self._actor = actor
        self._source: PackedSource | None = None
        """The one that was asked for last: archives may be large."""
        self._planned: deque[_Planned] = deque(maxlen=REMEMBERED)
        self._building: set[SourceRelease] = set()
        self._leaving = False

    def asked(self, wish: DeployWish, source: PackedSource) -> Callable[[PlanFacts], Plan | Refusal]:
        """The question that a planner asks of the facts, now and again."""

        digest = source.digest
        self._source = source
        self._planned.clear()

        def ask(facts: PlanFacts) -> Plan | Refusal:
            if self._source is None or self._source.digest != digest:
                return Refusal(
                    RefusalReason.CHANGED, "another source was made ready meanwhile; begin with this one anew"
                )
            plan = plan_source(facts, wish, self._source)
            if isinstance(plan, Plan) and facts.service.function:
                self._planned.append(_Planned(plan, wish, facts.service.function.name))
            return plan

        return ask

    def made(self, plan: Plan) -> bool:
        """Whether a plan was made here, and so begins with a build."""
        return self._source is not None and any(planned.plan == plan for planned in self._planned)

    def start(self, approval: Approval, group: ReleaseGroup, ports: GroupPorts) -> str:
        """The id of the build's release. The other one has an id of its own, once there is something to bring in."""
        planned = next(planned for planned in reversed(self._planned) if planned.plan == approval.plan)
        assert self._source is not None, "a plan that was made here has its source"
        needed = BuildPorts(ports.cloud, ports.journal, ports.clock)
        order = BuildOrder(approval, self._source, planned.function)
        building = SourceRelease(order, needed, self._actor, self._show)
        self._source = None
        busy = under_way(self._live.now, approval.plan.service)
        if busy:
            return self._refused(approval, busy.sentence, needed)
        self._building.add(building)
        self._show(building.release)
        group.run(f"build {building.release.id}", self._carried_out(building, approval, planned.wish, group, ports))
        return building.release.id

    def leave(self) -> None:
        """Nothing is followed any more, and nothing begun."""
        self._leaving = True
        for building in self._building:
            building.leave(CLOSED)

    async def _carried_out(
        self, building: SourceRelease, approval: Approval, wish: DeployWish, group: ReleaseGroup, ports: GroupPorts
    ) -> Release:
        needed = BuildPorts(ports.cloud, ports.journal, ports.clock)
        with self._jobs.job():
            try:
                built = await told(Telling(ports.cloud, ports.clock), await building.run(), self._show)
            finally:
                self._building.discard(building)
            if built.state is not ReleaseState.SUCCEEDED or self._leaving:
                return built
            rest = await _rest(approval, built, wish, needed)
            if isinstance(rest, Approval):
                group.start(rest, ports)
            elif rest:
                self._refused(approval, rest, needed)
        return built

    def _refused(self, approval: Approval, why: str, ports: BuildPorts) -> str:
        """Shows why something is not begun; it is in no journal."""
        now = ports.clock.now()
        refused = new_release(approval, self._actor, now)
        self._show(refused._replace(state=ReleaseState.FAILED, ended_at=now, outcome=why))
        return refused.id

    def _show(self, release: Release) -> None:
        self._live.post(ReleaseMoved(release))


async def packed(
    sources: SourcesPort | None, service: Service | None, directory: str, run_tests: bool
) -> PackedSource | SourceTrouble:
    """The source for a function as it is now."""
    if sources is None:
        return SourceTrouble("this console builds nothing from source; use `cfconsole deploy --source`")
    function = service.function if service else None
    runtime, entry_point = (function.runtime, function.entry_point) if function else ("", "")
    return await sources.pack(SourceOrder(directory, runtime, entry_point, run_tests))


async def _rest(approval: Approval, built: Release, wish: DeployWish, ports: BuildPorts) -> Approval | str | None:
    """What is left to do, or why it is not done."""
    try:
        rest = await approve_rest(approval, built, wish, ports)
    except (CloudError, JournalError) as error:
        return f"{built.candidate} was built and gets no traffic: {error}"
    return rest.sentence if isinstance(rest, Refusal) else rest
