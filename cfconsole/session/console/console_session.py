"""The session of one console: what the screen sees of everything below it. It delegates to its parts.

The parts are imported after the first frame: the background tasks when it starts, `Changes` with the first change.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from msgspec import Struct

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.session.logs.view import NOT_CONNECTED, LogView
from cfconsole.session.settings import SessionSettings
from cfconsole.session.state.console_state import ConsoleState
from cfconsole.session.state.store import Listener, StateStore
from cfconsole.session.state.updates import Selected, ServicesArrived
from cfconsole.session.watch.pending_work import PendingWork

if TYPE_CHECKING:
    from cfconsole.domain.logs.entries import LogEntry
    from cfconsole.session.console.background_tasks import BackgroundTasks
    from cfconsole.session.console.connection import Connection
    from cfconsole.session.ports import CachePort, ClockPort, Cloud, RunnersPort, SharedJournalPort, SourcesPort
    from cfconsole.session.releases.changes import Changes
    from cfconsole.session.releases.ports import ReleasePorts
    from cfconsole.session.watch.supervisor import CredentialsPort


class _RunningSession(Struct, frozen=True):
    """The parts of a session that has started."""

    background: BackgroundTasks
    task: asyncio.Task[None]


class ConsoleSession:
    """Opened around the whole screen; `start` begins to read after the first frame.

    `open_cloud` raises `CloudError` if it can't connect now, and is then called again.
    """

    def __init__(
        self,
        open_cloud: Callable[[], Awaitable[Cloud]],
        journal: SharedJournalPort,
        cache: CachePort,
        clock: ClockPort,
        settings: SessionSettings,
        *,
        credentials: CredentialsPort | None = None,
        runners: RunnersPort | None = None,
        sources: Callable[[], SourcesPort] | None = None,
    ) -> None:
        """`runners` start the processes that carry out releases in steps; without them this process carries them out.

        `sources` loads the port for sources on this machine; without it nothing is built from source.
        """
        self._open_cloud = open_cloud
        self._journal = journal
        self._cache = cache
        self._clock = clock
        self._settings = settings
        self._credentials = credentials
        self._runners = runners
        self._sources = sources
        self._store = StateStore()
        self._pending_work = PendingWork()
        self.logs = LogView(settings.log_entries, settings.log_bytes)
        self._changes: Changes | None = None
        self._started: _RunningSession | None = None

    async def __aenter__(self) -> ConsoleSession:
        cached = self._cache.load(self._settings.scope)
        if cached:
            self._store.post(ServicesArrived(cached.saved_at, cached.services, cached=True))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.finish()

    @property
    def state(self) -> ConsoleState:
        return self._store.state

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Calls `listener` on the loop with every new state, until the returned function is called."""
        return self._store.subscribe(listener)

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions where services may run, as far as they were read."""
        connection = self._started.background.connection if self._started else None
        return connection.fleet.regions if connection else ()

    @property
    def pending_work(self) -> int:
        return self._pending_work.count

    async def wait_until_idle(self) -> None:
        """Returns when none of the operator's requests is under way."""
        await self._pending_work.wait_until_idle()

    def start(self) -> None:
        """Begins to read. Called after the first frame; further calls do nothing."""
        if self._started is None:
            self._started = self._start()

    def _start(self) -> _RunningSession:
        from cfconsole.session.console.background_tasks import BackgroundTasks

        background = BackgroundTasks(
            self._open_cloud,
            self._journal,
            self._cache,
            self._clock,
            self._settings,
            self._store,
            self.logs,
            self._credentials,
            self._runners,
        )
        return _RunningSession(background, asyncio.create_task(background.run(), name="session"))

    def note_key(self) -> None:
        """A key was pressed. After half an hour without one the log is no longer tailed."""
        if self._started:
            self._started.background.note_key()

    def select(self, keys: Sequence[ServiceKey]) -> None:
        """Selects the services under the cursor or marked: their revisions are watched and their logs tailed."""
        self.note_key()
        self._store.post(Selected(tuple(keys)))
        if self._started:
            self._started.background.note_selection()

    def refresh(self) -> None:
        """Reads everything now, even after expired credentials."""
        if self._started:
            self._started.background.refresh()

    async def describe(self, key: ServiceKey) -> str:
        """The whole service as text. Raises `CloudError`."""
        with self._pending_work.track():
            return await self._connected()[1].cloud.services.describe(key)

    async def trace(self, entry: LogEntry) -> tuple[LogEntry, ...]:
        """All entries of the entry's trace within an hour of it, across services, in time order.

        Raises `CloudError`.
        """
        with self._pending_work.track():
            connection = self._connected()[1]
            if connection.telemetry is None:
                raise CloudError(ErrorKind.UNAVAILABLE, NOT_CONNECTED)
            return await connection.telemetry.queries.trace(entry)

    async def finish(self) -> None:
        """Ends the session. Single writes are finished, releases in steps are interrupted between two writes.

        May be called twice.
        """
        started = self._started
        if started is None:
            return
        if self._changes:
            await self._changes.finish()
        self._started = None
        started.task.cancel()
        await asyncio.wait([started.task])
        await started.background.save()

    @property
    def changes(self) -> Changes:
        """The changes the operator can make to the cloud."""
        if self._changes is None:
            from cfconsole.session.releases.changes import Changes

            self._changes = Changes(
                self._store, self._pending_work, self._clock, self._settings, self._release_ports, self._sources
            )
        return self._changes

    def _release_ports(self) -> ReleasePorts:
        started, connection = self._connected()
        return started.background.release_ports(connection)

    def _connected(self) -> tuple[_RunningSession, Connection]:
        started = self._started
        if started is None or started.background.connection is None:
            raise CloudError(ErrorKind.UNAVAILABLE, NOT_CONNECTED)
        return started, started.background.connection
