"""What an operator may ask for that changes the cloud: plans, approvals, releases and their ends, deletions.

Nothing here is loaded before the first frame. Refusals are answers; what has no answer yet raises `CloudError`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from cfconsole.domain.errors import CloudError
from cfconsole.domain.release_kinds import GuardLevel, ReleaseKind
from cfconsole.domain.releases import Approval, Plan, Refusal, RefusalReason
from cfconsole.domain.services import ServiceKey
from cfconsole.session.approvals import approve
from cfconsole.session.jobs import Jobs
from cfconsole.session.live_state import LiveState
from cfconsole.session.planner import Planner
from cfconsole.session.plans import under_way, unreadable
from cfconsole.session.ports import ClockPort, SourcesPort
from cfconsole.session.release_group import ReleaseGroup
from cfconsole.session.release_ports import ReleasePorts
from cfconsole.session.settings import SessionSettings
from cfconsole.session.unrecorded import MAY_BE

if TYPE_CHECKING:
    from cfconsole.domain.deploy_wish import DeployWish
    from cfconsole.domain.recovery import Recovery
    from cfconsole.domain.release_steps import Policy
    from cfconsole.domain.rollout_values import Wish
    from cfconsole.domain.sources import PackedSource, SourceTrouble
    from cfconsole.session.deleting import DeletingPorts, Deletion, RevisionDeleting
    from cfconsole.session.release_ports import Values
    from cfconsole.session.source_builds import SourceBuilds
    from cfconsole.session.steering_releases import ReleaseSteering


class Reach(NamedTuple):
    """What there is once the session is connected."""

    releases: ReleaseGroup
    ports: ReleasePorts


class Changes:
    """`reach` raises `CloudError` while there is no connection; plans need none."""

    def __init__(
        self,
        live: LiveState,
        jobs: Jobs,
        clock: ClockPort,
        settings: SessionSettings,
        reach: Callable[[], Reach],
        sources: SourcesPort | None = None,
    ) -> None:
        """`sources` are those on this machine; without them nothing is built from source."""
        self._live = live
        self._jobs = jobs
        self._clock = clock
        self._settings = settings
        self._reach = reach
        self._sources = sources
        self._planner = Planner(live, clock)
        self._source_builds: SourceBuilds | None = None

    def plan(self, kind: ReleaseKind, key: ServiceKey, *, bad: str = "", target: str = "") -> Plan | Refusal:
        """The plan from what is on screen, at once."""
        return self._planner.plan(kind, key, bad=bad, target=target)

    def plan_deploy(self, key: ServiceKey, wish: DeployWish) -> Plan | Refusal:
        return self._planner.deploy(key, wish)

    def plan_restart(self, key: ServiceKey, *, policy: Policy | None = None, bake_s: float = 120.0) -> Plan | Refusal:
        return self._planner.restart(key, policy, bake_s)

    def plan_shift(
        self,
        key: ServiceKey,
        shares: Sequence[tuple[str, int]] = (),
        *,
        tags: Sequence[tuple[str, str]] = (),
        untag: Sequence[str] = (),
    ) -> Plan | Refusal:
        """A split by hand: revisions with their percent, tags with their revisions, and tags to take away."""
        return self._planner.shift(key, shares, tags, untag)

    def plan_promote(self, key: ServiceKey, revision: str) -> Plan | Refusal:
        return self._planner.promote(key, revision)

    def plan_scale(self, key: ServiceKey, *, minimum: int | None = None, maximum: int | None = None) -> Plan | Refusal:
        """Instances of the service; `None` leaves a number, and 0 as a maximum takes it away."""
        return self._planner.scale(key, minimum, maximum)

    async def pack(self, key: ServiceKey, directory: str, *, run_tests: bool = True) -> PackedSource | SourceTrouble:
        """Checks and zips the source of a function; takes as long as its tests. Nothing is uploaded."""
        from cfconsole.session.source_builds import packed

        with self._jobs.job():
            return await packed(self._sources, self._live.now.services.get(key), directory, run_tests)

    def plan_source(self, key: ServiceKey, wish: DeployWish, source: PackedSource) -> Plan | Refusal:
        """Builds a function from source, and brings the revision in by the strategy of the wish."""
        return self._planner.asked(key, self._builds.asked(wish, source))

    async def replan(self, plan: Plan) -> Plan | Refusal:
        """The same question asked of a fresh read."""
        with self._jobs.job():
            try:
                services = self._reach().ports.cloud.services
            except CloudError as error:
                return unreadable(error)
            return await self._planner.again(services, plan)

    def guard(self, plan: Plan) -> GuardLevel:
        """What the operator has to do for this plan."""
        return self._settings.guard(plan.kind)

    def approve(self, plan: Plan, *, typed: str = "") -> Approval | Refusal:
        """Holds what the operator did against the guard of the context."""
        refusal = under_way(self._live.now, plan.service)
        if refusal:
            return refusal
        read_only = self._settings.read_only
        return approve(plan, self.guard(plan), read_only=read_only, typed=typed, at=self._clock.now())

    def release(self, approval: Approval, values: Values = (), *, unrecorded: bool = False) -> str:
        """Starts what was approved and returns the release's id; how it goes is in `state.releases` and `state.looks`.

        `values` are those of the variables that the plan sets. `unrecorded`: the operator typed that a rollback or an
        undo is wanted also where the journal can't keep it. Raises `CloudError` while there is no connection.
        """
        reach = self._reach()
        upload = self._builds.upload(approval.plan) if approval.plan.build else None
        unrecorded = unrecorded and approval.plan.kind in MAY_BE
        return reach.releases.start(approval, reach.ports, values, unrecorded=unrecorded, upload=upload)

    def wish(self, release_id: str, wish: Wish) -> None:
        """Aborts, promotes or lets go on a release under way, whichever process carries it out.

        What comes of it is in the state. One that is not under way any more stays as it is. Raises `CloudError` while
        there is no connection.
        """
        self._steering().wish(release_id, wish)

    async def recovery(self, release_id: str) -> Recovery | Refusal:
        """What can be done about a release whose process is gone, from a fresh read."""
        with self._jobs.job():
            try:
                return await self._steering().recovery(release_id)
            except CloudError as error:
                return Refusal(RefusalReason.UNREADABLE, error.sentence)

    async def recover(self, release_id: str, wish: Wish, *, typed: str = "") -> Refusal | None:
        """Takes it up: `GO_ON` resumes, `ABORT` puts back what served before, `NONE` leaves all as it is."""
        with self._jobs.job():
            try:
                return await self._steering().recover(release_id, wish, typed)
            except CloudError as error:
                return Refusal(RefusalReason.UNREADABLE, error.sentence)

    def deletion(self, key: ServiceKey, revision: str) -> Deletion | Refusal:
        """Whether a revision may be deleted, from what is on screen, and what the operator has to do for it."""
        return self._deleting().asked(key, revision)

    async def delete_revision(self, deletion: Deletion, *, typed: str = "") -> Refusal | None:
        """Deletes it after a fresh read; why not, or `None` once it is gone. Nothing brings it back."""
        with self._jobs.job():
            try:
                return await self._deleting().delete(self._deleting_ports(), deletion, typed)
            except CloudError as error:
                return Refusal(RefusalReason.UNREADABLE, error.sentence)

    @property
    def _builds(self) -> SourceBuilds:
        if self._source_builds is None:
            from cfconsole.session.source_builds import SourceBuilds

            self._source_builds = SourceBuilds()
        return self._source_builds

    def _deleting_ports(self) -> DeletingPorts:
        from cfconsole.session.deleting import DeletingPorts

        ports = self._reach().ports
        return DeletingPorts(ports.cloud.services, ports.journal)

    def _deleting(self) -> RevisionDeleting:
        from cfconsole.session.deleting import RevisionDeleting

        return RevisionDeleting(self._live, self._clock, self._settings)

    def _steering(self) -> ReleaseSteering:
        from cfconsole.session.steering_releases import ReleaseSteering

        reach = self._reach()
        return ReleaseSteering(reach.releases, reach.ports, self._live, self._clock, self._settings)
