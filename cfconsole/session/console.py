"""The session of one console: what the screen sees of everything below it. It delegates; the work is in its parts.

What it delegates to is imported when it starts, behind the first frame.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.releases import Approval, GuardLevel, Plan, Refusal, ReleaseKind
from cfconsole.domain.services import ServiceKey
from cfconsole.session.jobs import Jobs
from cfconsole.session.live_state import Listener, LiveState
from cfconsole.session.log_view import LogView
from cfconsole.session.settings import SessionSettings
from cfconsole.session.state import ConsoleState, Selected, ServicesArrived

if TYPE_CHECKING:
    from cfconsole.domain.logs import LogEntry
    from cfconsole.session.background import Background
    from cfconsole.session.connection import Connection
    from cfconsole.session.ports import CachePort, ClockPort, Cloud, JournalPort
    from cfconsole.session.release_group import ReleaseGroup
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
        journal: JournalPort,
        cache: CachePort,
        clock: ClockPort,
        settings: SessionSettings,
        *,
        credentials: CredentialsPort | None = None,
    ) -> None:
        self._cloud_factory = cloud_factory
        self._journal = journal
        self._cache = cache
        self._clock = clock
        self._settings = settings
        self._credentials = credentials
        self._live = LiveState()
        self._jobs = Jobs()
        self.logs = LogView(settings.log_entries, settings.log_bytes)
        self._started: _Started | None = None

    async def __aenter__(self) -> ConsoleSession:
        cached = self._cache.load(self._settings.scope)
        if cached:
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
        from cfconsole.session.plans import facts_of, make_plan, under_way

        refusal = under_way(self.state, key)
        if refusal:
            return refusal
        facts = facts_of(self.state, key)
        if isinstance(facts, Refusal):
            return facts
        return make_plan(kind, facts, bad=bad, target=target)

    async def replan(self, plan: Plan) -> Plan | Refusal:
        """The same question asked of a fresh read."""
        from cfconsole.session.plans import make_plan, read_facts, unreadable

        with self._jobs.job():
            try:
                facts = await read_facts(self._cloud().services, self._live, self._clock, plan.service)
            except CloudError as error:
                return unreadable(error)
        return make_plan(plan.kind, facts, bad=plan.bad, target=plan.asked_target)

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

    def release(self, approval: Approval) -> str:
        """Starts what was approved and returns the release's id; how it goes is in `state.releases`.

        Raises `CloudError` while there is no connection.
        """
        started, connection = self._connected()
        return started.releases.start(approval, started.background.release_ports(connection))

    async def finish(self) -> None:
        """Waits for releases under way, which stop verifying but are never cancelled; then closes all else.

        May be called twice.
        """
        started = self._started
        if started is None:
            return
        started.background.leave()
        await started.releases.join()
        self._started = None
        started.task.cancel()
        await asyncio.wait([started.task])
        await started.background.save()

    def _connected(self) -> tuple[_Started, Connection]:
        started = self._started
        if started is None or started.background.connection is None:
            raise CloudError(ErrorKind.UNAVAILABLE, "The console is not connected yet; try again in a moment")
        return started, started.background.connection

    def _cloud(self) -> Cloud:
        return self._connected()[1].cloud
