"""All that runs by itself behind the screen: connecting, watchers, the selection, the journal's history, the cache."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from cfconsole.session.evidence import RequestLog
from cfconsole.session.fleet import Fleet
from cfconsole.session.health import HealthReads
from cfconsole.session.live_state import LiveState
from cfconsole.session.ports import Cached, CachePort, ClockPort, Cloud, JournalError, JournalPort
from cfconsole.session.read_budget import ReadBudget
from cfconsole.session.releasing import ReleasePorts
from cfconsole.session.settings import SessionSettings
from cfconsole.session.state import Feed, JournalRead
from cfconsole.session.supervise import Alarm, CredentialsGate, CredentialsPort
from cfconsole.session.tailing import LogView
from cfconsole.session.verifying import Verifier
from cfconsole.session.watching import Watcher, Watching

SELECTION_SETTLES_S = 0.5
SAVE_EVERY_S = 30.0
LONG_S = 3600.0


class Background:
    """Runs until cancelled; `cloud` is there once connecting succeeded."""

    def __init__(
        self,
        cloud_factory: Callable[[], Awaitable[Cloud]],
        journal: JournalPort,
        cache: CachePort,
        clock: ClockPort,
        settings: SessionSettings,
        live: LiveState,
        logs: LogView,
        credentials: CredentialsPort | None = None,
    ) -> None:
        self.cloud: Cloud | None = None
        self._cloud_factory = cloud_factory
        self._journal = journal
        self._cache = cache
        self._clock = clock
        self._settings = settings
        self._live = live
        self._logs = logs
        self._gate = CredentialsGate(credentials)
        self._watching = Watching(live, clock, self._gate)
        self._selection = Alarm(clock)
        self._connected = asyncio.Event()
        self._fleet: Fleet | None = None
        self._budget = ReadBudget(clock)
        self._requests: RequestLog | None = None
        self._verifier: Verifier | None = None

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._read_journal(), name="journal")
            connecting = group.create_task(self._watching.run([Watcher("connect", Feed.SERVICES, self._connect)]))
            await self._connected.wait()
            connecting.cancel()
            assert self.cloud
            group.create_task(self._follow_selection(), name="selection")
            group.create_task(self._watching.run(self._watchers(self.cloud)), name="watchers")

    def selection_moved(self) -> None:
        self._selection.ring()

    def refresh(self) -> None:
        """Reads everything now, every region too."""
        self._gate.open()
        if self._fleet:
            self._fleet.sweep_soon()
        self._watching.wake()

    def release_ports(self) -> ReleasePorts:
        """What a release needs; only once there is a connection."""
        assert self.cloud
        if self._verifier is None:
            self._requests = RequestLog(self.cloud.logs, self._budget.take, lambda key: False)
            self._verifier = Verifier(self._requests, self._clock)
        return ReleasePorts(self.cloud.services, self._journal, self._clock, self._verifier)

    def leave(self) -> None:
        """The console closes: releases that only wait for more evidence end with what they have."""
        if self._verifier:
            self._verifier.leave()

    async def save(self) -> None:
        """Keeps the last state for the next start; without any fleet there is nothing worth keeping."""
        state = self._live.now
        status = state.feeds.get(Feed.SERVICES)
        if self._fleet and status and status.read_at and not status.cached:
            cached = Cached(status.read_at, tuple(state.services.values()), self._fleet.regions)
            await self._cache.save(self._settings.scope, cached)

    async def _connect(self) -> float:
        self.cloud = await self._cloud_factory()
        self._connected.set()
        return LONG_S

    def _watchers(self, cloud: Cloud) -> list[Watcher]:
        settings = self._settings
        self._fleet = fleet = Fleet(
            cloud.services, self._live, self._clock, settings.projects, settings.regions, self._service_gone
        )
        health = HealthReads(
            cloud.metrics, cloud.alerts, self._live, self._clock, settings.projects, settings.thresholds
        )
        return [
            Watcher("services", Feed.SERVICES, fleet.read_services),
            Watcher("moving", Feed.SERVICES, fleet.read_moving),
            Watcher("revisions", Feed.REVISIONS, fleet.read_revisions),
            Watcher("metrics", Feed.METRICS, health.read_metrics),
            Watcher("alerts", Feed.ALERTS, health.read_alerts),
            Watcher("cache", Feed.SERVICES, self._save_sometimes),
        ]

    def _service_gone(self) -> None:
        self._watching.wake("services")

    async def _follow_selection(self) -> None:
        """Reads a new selection at once, then only when it has come to rest."""
        while True:
            if await self._selection.sleep(LONG_S):
                self._watching.wake("revisions")
                while await self._selection.sleep(SELECTION_SETTLES_S):
                    continue
                self._watching.wake("revisions")

    async def _save_sometimes(self) -> float:
        await self.save()
        return SAVE_EVERY_S

    async def _read_journal(self) -> None:
        try:
            self._live.post(JournalRead(await self._journal.releases()))
        except JournalError:
            # A journal that can't be read is said when a release wants to be written to it.
            self._live.post(JournalRead(()))
