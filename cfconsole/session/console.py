"""The session of one console: what the screen sees of everything below it. It delegates; the work is in its parts.

What it delegates to is imported when it starts, behind the first frame.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.releases import Approval, GuardLevel, Plan, Refusal, RefusalReason, ReleaseKind
from cfconsole.domain.services import ServiceKey
from cfconsole.session.jobs import Jobs
from cfconsole.session.live_state import Listener, LiveState
from cfconsole.session.log_view import LogView
from cfconsole.session.settings import SessionSettings
from cfconsole.session.state import ConsoleState

if TYPE_CHECKING:
    from cfconsole.domain.deploy_wish import DeployWish
    from cfconsole.domain.logs import LogEntry
    from cfconsole.domain.recovery import Recovery
    from cfconsole.domain.release_steps import Policy
    from cfconsole.domain.rollout_values import Wish
    from cfconsole.domain.sources import PackedSource, SourceTrouble
    from cfconsole.session.background import Background
    from cfconsole.session.connection import Connection
    from cfconsole.session.deleting import Deletion, RevisionDeleting
    from cfconsole.session.planner import Planner
    from cfconsole.session.ports import CachePort, ClockPort, Cloud, RunnersPort, SharedJournalPort, SourcesPort
    from cfconsole.session.release_group import ReleaseGroup
    from cfconsole.session.source_builds import SourceBuilds
    from cfconsole.session.steering_releases import ReleaseSteering
    from cfconsole.session.step_writing import Values
    from cfconsole.session.supervise import CredentialsPort


class _Started(NamedTuple):
    """What there is once the session reads."""

    background: Background
    releases: ReleaseGroup
    task: asyncio.Task[None]


class ConsoleSession:
    """Opened around the whole screen; `start` begins to read once the first frame is drawn.

    `cloud_factory` makes the ports and raises `CloudError` if that is not possible now; it is called again then.
    """

    def __init__(
        self,
        cloud_factory: Callable[[], Awaitable[Cloud]],
        journal: SharedJournalPort,
        cache: CachePort,
        clock: ClockPort,
        settings: SessionSettings,
        *,
        credentials: CredentialsPort | None = None,
        runners: RunnersPort | None = None,
        sources: SourcesPort | None = None,
    ) -> None:
        """`runners` start the processes that carry out releases in steps; without them this process does.

        `sources` are those on this machine; without them nothing is built from source.
        """
        self._cloud_factory = cloud_factory
        self._journal = journal
        self._cache = cache
        self._clock = clock
        self._settings = settings
        self._credentials = credentials
        self._runners = runners
        self._sources = sources
        self._source_builds: SourceBuilds | None = None
        self._live = LiveState()
        self._jobs = Jobs()
        self.logs = LogView(settings.log_entries, settings.log_bytes)
        self._planner: Planner | None = None
        self._started: _Started | None = None

    async def __aenter__(self) -> ConsoleSession:
        cached = self._cache.load(self._settings.scope)
        if cached:
            from cfconsole.session.updates import ServicesArrived

            self._live.post(ServicesArrived(cached.saved_at, cached.services, cached=True))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.finish()

    @property
    def state(self) -> ConsoleState:
        return self._live.now

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Calls `listener` on the loop with every new state, until the returned function is called."""
        return self._live.subscribe(listener)

    @property
    def jobs(self) -> int:
        return self._jobs.count

    async def settled(self) -> None:
        """Returns when nothing that the operator asked for is under way."""
        await self._jobs.settled()

    def start(self) -> None:
        """Begins to read. Called once the first frame is drawn; more calls do nothing."""
        if self._started is None:
            self._started = self._start()

    def _start(self) -> _Started:
        from cfconsole.session.background import Background
        from cfconsole.session.release_group import ReleaseGroup

        background = Background(
            self._cloud_factory,
            self._journal,
            self._cache,
            self._clock,
            self._settings,
            self._live,
            self.logs,
            self._credentials,
            self._runners,
        )
        releases = ReleaseGroup(self._live, self._clock, self._jobs, self._settings.actor)
        return _Started(background, releases, asyncio.create_task(background.run(), name="session"))

    def touched(self) -> None:
        """A key was pressed: somebody is there. After half an hour without one the log is not tailed any more."""
        if self._started:
            self._started.background.touched()

    def select(self, keys: Sequence[ServiceKey]) -> None:
        """What the cursor is on or what is marked: its revisions are watched and its logs tailed."""
        self.touched()
        from cfconsole.session.updates import Selected

        self._live.post(Selected(tuple(keys)))
        if self._started:
            self._started.background.selection_moved()

    def refresh(self) -> None:
        """Reads everything now, also where credentials had failed."""
        if self._started:
            self._started.background.refresh()

    async def describe(self, key: ServiceKey) -> str:
        """The whole service as text. Raises `CloudError`."""
        with self._jobs.job():
            return await self._cloud().services.describe(key)

    async def trace(self, entry: LogEntry) -> tuple[LogEntry, ...]:
        """All entries of the entry's trace that are kept or within an hour of it, across services, in time order.

        Raises `CloudError`.
        """
        with self._jobs.job():
            return await self._connected()[1].asking.trace(entry)

    def plan(self, kind: ReleaseKind, key: ServiceKey, *, bad: str = "", target: str = "") -> Plan | Refusal:
        """The plan from what is on screen, at once."""
        return self._plans.plan(kind, key, bad=bad, target=target)

    def plan_deploy(self, key: ServiceKey, wish: DeployWish) -> Plan | Refusal:
        return self._plans.deploy(key, wish)

    def plan_rollout(self, key: ServiceKey, revision: str, wish: DeployWish) -> Plan | Refusal:
        """Brings a revision that exists into traffic by the strategy of the wish."""
        return self._plans.rollout(key, revision, wish)

    def plan_restart(self, key: ServiceKey, *, policy: Policy | None = None, bake_s: float = 120.0) -> Plan | Refusal:
        return self._plans.restart(key, policy, bake_s)

    def plan_shift(
        self,
        key: ServiceKey,
        shares: Sequence[tuple[str, int]] = (),
        *,
        tags: Sequence[tuple[str, str]] = (),
        untag: Sequence[str] = (),
    ) -> Plan | Refusal:
        """A split by hand: revisions with their percent, tags with their revisions, and tags to take away."""
        return self._plans.shift(key, shares, tags, untag)

    def plan_promote(self, key: ServiceKey, revision: str) -> Plan | Refusal:
        return self._plans.promote(key, revision)

    def plan_scale(self, key: ServiceKey, *, minimum: int | None = None, maximum: int | None = None) -> Plan | Refusal:
        """Instances of the service; `None` leaves a number, and 0 as a maximum takes it away."""
        return self._plans.scale(key, minimum, maximum)

    async def pack(self, key: ServiceKey, directory: str, *, run_tests: bool = True) -> PackedSource | SourceTrouble:
        """Checks and zips the source of a function; takes as long as its tests. Nothing is uploaded."""
        from cfconsole.session.source_builds import packed

        with self._jobs.job():
            return await packed(self._sources, self.state.services.get(key), directory, run_tests)

    def plan_source(self, key: ServiceKey, wish: DeployWish, source: PackedSource) -> Plan | Refusal:
        """Builds a function from source, and brings the revision in by the strategy of the wish."""
        return self._plans.asked(key, self._builds.asked(wish, source))

    async def replan(self, plan: Plan) -> Plan | Refusal:
        """The same question asked of a fresh read."""
        with self._jobs.job():
            try:
                services = self._cloud().services
            except CloudError as error:
                from cfconsole.session.plans import unreadable

                return unreadable(error)
            return await self._plans.again(services, plan)

    def guard(self, plan: Plan) -> GuardLevel:
        """What the operator has to do for this plan."""
        return self._settings.guard(plan.kind)

    def approve(self, plan: Plan, *, typed: str = "") -> Approval | Refusal:
        """Holds what the operator did against the guard of the context."""
        from cfconsole.session.approvals import approve
        from cfconsole.session.plans import under_way

        refusal = under_way(self.state, plan.service)
        if refusal:
            return refusal
        guard = self.guard(plan)
        return approve(plan, guard, read_only=self._settings.read_only, typed=typed, at=self._clock.now())

    def release(self, approval: Approval, values: Values = (), *, unrecorded: bool = False) -> str:
        """Starts what was approved and returns the release's id; how it goes is in `state.releases` and `state.looks`.

        `values` are those of the variables that the plan sets. `unrecorded`: the operator typed that a rollback or an
        undo is wanted also where the journal can't keep it. Raises `CloudError` while there is no connection.
        """
        from cfconsole.session.unrecorded import MAY_BE

        started, connection = self._connected()
        ports = started.background.release_ports(connection)
        if self._source_builds and self._source_builds.made(approval.plan):
            return self._source_builds.start(approval, started.releases, ports)
        return started.releases.start(approval, ports, values, unrecorded=unrecorded and approval.plan.kind in MAY_BE)

    def wish(self, release_id: str, wish: Wish) -> None:
        """Aborts, promotes or lets go on a release under way, whichever process carries it out.

        What comes of it is in the state. One that is not under way any more stays as it is.
        """
        if self._started and self._started.background.connection:
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
                return await self._deleting().delete(self._cloud().services, deletion, typed)
            except CloudError as error:
                return Refusal(RefusalReason.UNREADABLE, error.sentence)

    async def finish(self) -> None:
        """Waits for releases under way, which stop verifying, or are left between two writes; then closes all else.

        May be called twice.
        """
        started = self._started
        if started is None:
            return
        started.background.leave()
        started.releases.leave()
        if self._source_builds:
            self._source_builds.leave()
        await started.releases.join()
        self._started = None
        started.task.cancel()
        await asyncio.wait([started.task])
        await started.background.save()

    @property
    def _plans(self) -> Planner:
        if self._planner is None:
            from cfconsole.session.planner import Planner

            self._planner = Planner(self._live, self._clock)
        return self._planner

    @property
    def _builds(self) -> SourceBuilds:
        if self._source_builds is None:
            from cfconsole.session.source_builds import SourceBuilds

            self._source_builds = SourceBuilds(self._live, self._jobs, self._settings.actor)
        return self._source_builds

    def _deleting(self) -> RevisionDeleting:
        from cfconsole.session.deleting import RevisionDeleting

        return RevisionDeleting(self._live, self._clock, self._settings)

    def _steering(self) -> ReleaseSteering:
        from cfconsole.session.steering_releases import ReleaseSteering

        started, connection = self._connected()
        ports = started.background.release_ports(connection)
        return ReleaseSteering(started.releases, ports, self._live, self._clock, self._settings)

    def _connected(self) -> tuple[_Started, Connection]:
        started = self._started
        if started is None or started.background.connection is None:
            raise CloudError(ErrorKind.UNAVAILABLE, "The console is not connected yet; try again in a moment")
        return started, started.background.connection

    def _cloud(self) -> Cloud:
        return self._connected()[1].cloud
