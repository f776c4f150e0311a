"""An open cloud and its readers: of services at once, of everything else when the cloud is loaded."""

from __future__ import annotations

from collections.abc import Mapping

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.session.console.telemetry import ReaderContext, Telemetry
from cfconsole.session.fleet.health_evaluator import HealthEvaluator
from cfconsole.session.fleet.services import FleetReader
from cfconsole.session.logs.read_budget import ReadBudget
from cfconsole.session.ports import Cloud
from cfconsole.session.releases.evidence.request_log import RequestLog
from cfconsole.session.state.console_state import Feed
from cfconsole.session.watch.watchers import Watcher


class Connection:
    """An open cloud with its readers."""

    def __init__(self, cloud: Cloud, context: ReaderContext) -> None:
        self.cloud = cloud
        self._context = context
        settings, store, clock = context.settings, context.store, context.clock
        self._evaluator = HealthEvaluator(store, clock, settings.thresholds)
        self._budgets: Mapping[str, ReadBudget] = {project: ReadBudget(clock) for project in settings.projects}
        self.fleet = FleetReader(
            cloud.services,
            store,
            clock,
            settings.projects,
            settings.regions,
            lambda: context.wake("services", None),
            self._evaluator.evaluate,
        )
        self.requests = RequestLog(cloud, self._may_read, self._covers)
        self.telemetry: Telemetry | None = None
        """`None` until the cloud is loaded."""

    async def load(self) -> Telemetry:
        """Loads the cloud and makes the readers of metrics, alerts and logs."""
        await self.cloud.load()
        self.telemetry = Telemetry(self.cloud, self._context, self._evaluator, self._budgets, self.requests)
        return self.telemetry

    def watchers(self) -> list[Watcher]:
        """The watchers of services; the first one reads the whole fleet."""
        return [
            Watcher("services", Feed.SERVICES, self.fleet.read_services),
            Watcher("moving", Feed.SERVICES, self.fleet.read_changing),
            Watcher("revisions", Feed.REVISIONS, self.fleet.read_revisions),
        ]

    def note_key(self) -> None:
        """A key was pressed."""
        if self.telemetry:
            self.telemetry.tails.presence.note_key()

    def refresh(self) -> None:
        """Reads every region, and reopens each tail that is not live."""
        self.fleet.sweep_soon()
        if self.telemetry:
            self.telemetry.tails.retry()

    def _may_read(self, key: ServiceKey) -> bool:
        return key.project in self._budgets and self._budgets[key.project].take()

    def _covers(self, key: ServiceKey) -> bool:
        return self.telemetry is not None and self.telemetry.tails.covers(key)
