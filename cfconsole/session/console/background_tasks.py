"""The background tasks of a console: connecting, watchers, tails, the selection, the journal and the cache."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from msgspec.structs import replace

from cfconsole.domain.errors import CloudError
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.session.console.connection import Connection
from cfconsole.session.console.journal_follower import JournalFollower
from cfconsole.session.console.telemetry import ReaderContext
from cfconsole.session.logs.tail_policy import TailMode
from cfconsole.session.logs.view import LogView
from cfconsole.session.ports import CachedState, CachePort, ClockPort, Cloud, RunnersPort, SharedJournalPort
from cfconsole.session.releases.ports import ReleasePorts
from cfconsole.session.settings import SessionSettings
from cfconsole.session.state.console_state import Feed, LogStatus
from cfconsole.session.state.store import StateStore
from cfconsole.session.state.updates import FeedFailed, LogStatusChanged
from cfconsole.session.watch.supervisor import Alarm, CredentialsGate, CredentialsPort, supervise
from cfconsole.session.watch.watchers import Watcher, WatcherGroup

T = TypeVar("T")
SELECTION_REST_S = 0.5
SAVE_EVERY_S = 30.0
LONG_S = 3600.0
NEED_CONNECTION = (Feed.SERVICES, Feed.REVISIONS, Feed.METRICS, Feed.ALERTS)
"""Feeds without a reader before there is a connection: an error of connecting is reported for them."""
NEED_LOAD = (Feed.METRICS, Feed.ALERTS)
"""Feeds without a reader before the cloud is loaded."""
HEAD_START_S = 1.0
"""How long everything else waits for the first read of the services."""


def jitter() -> float:
    """A factor around 1, which keeps many consoles from retrying in step."""
    return random.uniform(0.8, 1.2)


class BackgroundTasks:
    """Runs until cancelled; `connection` is set once connecting has succeeded."""

    def __init__(
        self,
        open_cloud: Callable[[], Awaitable[Cloud]],
        journal: SharedJournalPort,
        cache: CachePort,
        clock: ClockPort,
        settings: SessionSettings,
        store: StateStore,
        logs: LogView,
        credentials: CredentialsPort | None = None,
        runners: RunnersPort | None = None,
    ) -> None:
        self.connection: Connection | None = None
        self._open_cloud = open_cloud
        self._journal = journal
        self._cache = cache
        self._clock = clock
        self._settings = settings
        self._store = store
        self._logs = logs
        self._runners = runners
        self._gate = CredentialsGate(credentials)
        self._watchers = WatcherGroup(store, clock, self._gate, jitter)
        self._selection = Alarm(clock)
        self._retry_alarm = Alarm(clock)

    async def run(self) -> None:
        """Opens the cloud and reads the services first; everything else is loaded and read after them."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow_journal(), name="journal")
            connection = await self._retry(group, "connect", self._connect, self._report_connect_error, self._gate)
            self.connection = connection
            group.create_task(self._follow_selection(), name="selection")
            services, *others = connection.watchers()
            read = asyncio.Event()
            group.create_task(self._watchers.run([_announcing_first_read(services, read)]), name="services")
            await self._head_start(read)
            save = Watcher("cache", Feed.SERVICES, self._save_periodically)
            group.create_task(self._watchers.run([*others, save]), name="watchers")
            # Loading needs no credentials, so it does not wait for them.
            telemetry = await self._retry(group, "load", connection.load, self._report_load_error, CredentialsGate())
            group.create_task(telemetry.tails.run(), name="tails")
            group.create_task(self._watchers.run(telemetry.watchers()), name="telemetry")

    def note_selection(self) -> None:
        self._selection.ring()

    def note_key(self) -> None:
        """A key was pressed."""
        if self.connection:
            self.connection.note_key()

    def refresh(self) -> None:
        """Reads everything now, including every region."""
        self._gate.open()
        if self.connection:
            self.connection.refresh()
        self._retry_alarm.ring()
        self._watchers.wake()

    def release_ports(self, connection: Connection) -> ReleasePorts:
        """The ports a release is carried out with."""
        return ReleasePorts(connection.cloud, self._journal, self._clock, connection.requests, self._runners)

    async def save(self) -> None:
        """Saves the state for the next start, if the fleet was read."""
        state = self._store.state
        status = state.feeds.get(Feed.SERVICES)
        if self.connection and status and status.read_at and not status.cached:
            cached = CachedState(status.read_at, tuple(state.services.values()), self.connection.fleet.regions)
            await self._cache.save(self._settings.scope, cached)

    async def _connect(self) -> Connection:
        cloud = await self._open_cloud()
        return Connection(
            cloud,
            ReaderContext(self._settings, self._store, self._logs, self._clock, self._gate, self._wake, jitter),
        )

    async def _retry(
        self,
        group: asyncio.TaskGroup,
        name: str,
        attempt: Callable[[], Awaitable[T]],
        failed: Callable[[CloudError], None],
        gate: CredentialsGate,
    ) -> T:
        """Repeats `attempt` until it succeeds and returns its result; `failed` gets every error."""
        result: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        async def read() -> float:
            result.set_result(await attempt())
            return LONG_S

        task = group.create_task(supervise(read, failed, self._retry_alarm, gate, jitter), name=name)
        try:
            return await result
        finally:
            task.cancel()

    def _report_connect_error(self, error: CloudError) -> None:
        for feed in NEED_CONNECTION:
            self._store.post(FeedFailed(feed, error))

    def _report_load_error(self, error: CloudError) -> None:
        for feed in NEED_LOAD:
            self._store.post(FeedFailed(feed, error))
        broken = LogStatus(TailMode.BROKEN.value, version=self._logs.buffer.version, sentence=error.sentence)
        self._store.post(LogStatusChanged(self._clock.now(), broken))

    def _wake(self, name: str, key: ServiceKey | None) -> None:
        """Reads what a log entry says has changed: a service, or the alerts."""
        if key and self.connection:
            self.connection.fleet.read_soon(key)
        self._watchers.wake(name)

    async def _head_start(self, read: asyncio.Event) -> None:
        """Waits for the first read of the services: they are what the operator wants to see first."""
        with contextlib.suppress(TimeoutError):
            async with self._clock.timeout(HEAD_START_S):
                await read.wait()

    async def _follow_selection(self) -> None:
        """Reads the revisions of a new selection at once, and again with its logs once the selection rests."""
        self._logs.select(self._store.state.selected)
        while True:
            if await self._selection.sleep(LONG_S):
                self._watchers.wake("revisions")
                while await self._selection.sleep(SELECTION_REST_S):
                    continue
                self._logs.select(self._store.state.selected)
                self._watchers.wake("revisions")

    async def _save_periodically(self) -> float:
        await self.save()
        return SAVE_EVERY_S

    async def _follow_journal(self) -> None:
        await JournalFollower(self._journal, self._store, self._clock, self._runners).run()


def _announcing_first_read(watcher: Watcher, read: asyncio.Event) -> Watcher:
    """The same watcher; it sets `read` after its first read, even a failed one."""

    async def announce() -> float:
        try:
            return await watcher.read()
        finally:
            read.set()

    return replace(watcher, read=announce)
