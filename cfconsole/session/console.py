"""The session of one console: what the screen sees of everything below it. It delegates; the work is in its parts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.releases import Approval, GuardLevel, Plan, Refusal, ReleaseKind
from cfconsole.domain.services import ServiceKey
from cfconsole.session.approvals import approve
from cfconsole.session.background import Background
from cfconsole.session.connection import Connection
from cfconsole.session.jobs import Jobs
from cfconsole.session.live_state import Listener, LiveState
from cfconsole.session.plans import facts_of, make_plan, read_facts, under_way, unreadable
from cfconsole.session.ports import CachePort, ClockPort, Cloud, JournalPort
from cfconsole.session.release_group import ReleaseGroup
from cfconsole.session.settings import SessionSettings
from cfconsole.session.state import ConsoleState, Selected, ServicesArrived
from cfconsole.session.supervise import CredentialsPort
from cfconsole.session.tailing import LogView

CloudFactory = Callable[[], Awaitable[Cloud]]


class ConsoleSession:
    """Opened around the whole screen; `start` begins to read once the first frame is drawn.

    `cloud_factory` makes the ports and raises `CloudError` if that is not possible now; it is called again then.
    """

    def __init__(
        self,
        cloud_factory: CloudFactory,
        journal: JournalPort,
        cache: CachePort,
        clock: ClockPort,
        settings: SessionSettings,
        *,
        credentials: CredentialsPort | None = None,
    ) -> None:
        self._journal = journal
        self._cache = cache
        self._clock = clock
        self._settings = settings
        self._live = LiveState()
        self._jobs = Jobs()
        self.logs = LogView(settings.log_entries, settings.log_bytes)
        self._background = Background(
            cloud_factory, journal, cache, clock, settings, self._live, self.logs, credentials
        )
        self._task: asyncio.Task[None] | None = None
        self._releases = ReleaseGroup(self._live, clock, self._jobs, settings.actor)

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
        if self._task is None:
            self._task = asyncio.create_task(self._background.run(), name="session")

    def select(self, keys: Sequence[ServiceKey]) -> None:
        """What the cursor is on or what is marked: its revisions are watched and its logs tailed."""
        self._live.post(Selected(tuple(keys)))
        self._background.selection_moved()

    def refresh(self) -> None:
        """Reads everything now, also where credentials had failed."""
        self._background.refresh()

    async def describe(self, key: ServiceKey) -> str:
        """The whole service as text. Raises `CloudError`."""
        with self._jobs.job():
            return await self._cloud().services.describe(key)

    def plan(self, kind: ReleaseKind, key: ServiceKey, *, bad: str = "", target: str = "") -> Plan | Refusal:
        """The plan from what is on screen, at once."""
        refusal = under_way(self.state, key)
        if refusal:
            return refusal
        facts = facts_of(self.state, key)
        if isinstance(facts, Refusal):
            return facts
        return make_plan(kind, facts, bad=bad, target=target)

    async def replan(self, plan: Plan) -> Plan | Refusal:
        """The same question asked of a fresh read."""
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
        refusal = under_way(self.state, plan.service)
        if refusal:
            return refusal
        guard = self.guard(plan)
        return approve(plan, guard, read_only=self._settings.read_only, typed=typed, at=self._clock.now())

    def release(self, approval: Approval) -> str:
        """Starts what was approved and returns the release's id; how it goes is in `state.releases`.

        Raises `CloudError` while there is no connection.
        """
        return self._releases.start(approval, self._background.release_ports(self._connection()))

    async def finish(self) -> None:
        """Waits for releases under way, which stop verifying but are never cancelled; then closes all else.

        May be called twice.
        """
        self._background.leave()
        await self._releases.join()
        task, self._task = self._task, None
        if task:
            task.cancel()
            await asyncio.wait([task])
            await self._background.save()

    def _connection(self) -> Connection:
        if self._background.connection is None:
            raise CloudError(ErrorKind.UNAVAILABLE, "The console is not connected yet; try again in a moment")
        return self._background.connection

    def _cloud(self) -> Cloud:
        return self._connection().cloud
