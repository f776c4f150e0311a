"""What works on one open cloud: the parts that read it, wired to each other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence

from cfconsole.domain.services import ServiceKey
from cfconsole.session.events import Events
from cfconsole.session.evidence import RequestLog
from cfconsole.session.fleet import Fleet
from cfconsole.session.health import HealthReads
from cfconsole.session.judging import Judging
from cfconsole.session.live_state import LiveState
from cfconsole.session.log_asking import LogAsking
from cfconsole.session.log_view import LogView
from cfconsole.session.ports import ClockPort, Cloud
from cfconsole.session.presence import Presence, watch_sleep
from cfconsole.session.project_log import ProjectLog
from cfconsole.session.project_tail import ProjectTail
from cfconsole.session.read_budget import ReadBudget
from cfconsole.session.settings import SessionSettings
from cfconsole.session.state import Feed
from cfconsole.session.supervise import CredentialsGate
from cfconsole.session.tailing import LogIntake
from cfconsole.session.team import TeamReads
from cfconsole.session.wanted import wanted_of
from cfconsole.session.watching import Watcher


class Tails:
    """The tails of all projects; they follow what the log view asks for."""

    def __init__(
        self, view: LogView, intake: LogIntake, clock: ClockPort, tails: Sequence[tuple[str, ProjectTail]]
    ) -> None:
        self.presence = Presence(clock)
        self._clock = clock
        self._view = view
        self._intake = intake
        self._tails = dict(tails)
        view.changed = self._retarget
        view.forgot = self._forget
        view.further = self._read_back
        view.turned = self.presence.watched
        self.presence.watched(view.is_watched)

    async def run(self) -> None:
        self._retarget()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._intake.publish(), name="log status")
            for tail in self._tails.values():
                group.create_task(tail.run())
            group.create_task(self._follow_presence(), name="presence")
            group.create_task(watch_sleep(self._clock, self._reopen), name="sleep")

    def covers(self, key: ServiceKey) -> bool:
        return key.project in self._tails and self._tails[key.project].covers(key)

    def retry(self) -> None:
        """Opens each tail that is not live anew."""
        for tail in self._tails.values():
            if not tail.is_live:
                tail.retry()

    async def _follow_presence(self) -> None:
        while True:
            await self.presence.left()
            for tail in self._tails.values():
                tail.pause()
            await self.presence.back()
            for tail in self._tails.values():
                tail.resume()

    def _reopen(self) -> None:
        for tail in self._tails.values():
            tail.retry()

    def _retarget(self) -> None:
        for project, tail in self._tails.items():
            tail.want(wanted_of(self._view, project))

    def _forget(self, keys: Collection[ServiceKey]) -> None:
        for tail in self._tails.values():
            tail.forget(keys)

    def _read_back(self) -> None:
        for tail in self._tails.values():
            tail.read_back()


class Connection:
    """An open cloud and its readers. `wake` is called with a watcher's name and the service it is about, if any."""

    def __init__(
        self,
        cloud: Cloud,
        settings: SessionSettings,
        live: LiveState,
        view: LogView,
        clock: ClockPort,
        gate: CredentialsGate,
        wake: Callable[[str, ServiceKey | None], None],
        jitter: Callable[[], float],
    ) -> None:
        self.cloud = cloud
        projects, thresholds = settings.projects, settings.thresholds
        judging = Judging(live, clock, thresholds)
        budgets = {project: ReadBudget(clock) for project in projects}
        self.fleet = Fleet(
            cloud.services, live, clock, projects, settings.regions, lambda: wake("services", None), judging.judge
        )
        self._health = HealthReads(
            cloud.metrics, cloud.alerts, live, clock, projects, judging, thresholds.window_s, settings.regions
        )
        requests = RequestLog(
            cloud.logs,
            lambda key: key.project in budgets and budgets[key.project].take(),
            lambda key: self.tails.covers(key),
        )
        self._team = TeamReads(cloud.history, live, clock, projects)
        self.requests = requests
        intake = LogIntake(
            view,
            live,
            clock,
            lambda: sum(budget.last_minute() for budget in budgets.values()),
            requests.hear,
            Events(clock, lambda key: wake("moving", key), lambda: wake("alerts", None)),
        )
        self.asking = LogAsking(cloud.logs, view, clock, budgets)
        view.validate = self.asking.complaint
        logs = [
            ProjectLog(project, cloud.logs, intake, clock, budgets[project], gate, jitter, view.was_read)
            for project in projects
        ]
        self.tails = Tails(view, intake, clock, [(log.project, ProjectTail(log)) for log in logs])

    def watchers(self) -> list[Watcher]:
        fleet, health = self.fleet, self._health
        return [
            Watcher("services", Feed.SERVICES, fleet.read_services),
            Watcher("moving", Feed.SERVICES, fleet.read_moving),
            Watcher("revisions", Feed.REVISIONS, fleet.read_revisions),
            Watcher("metrics", Feed.METRICS, health.read_metrics),
            Watcher("alerts", Feed.ALERTS, health.read_alerts),
            Watcher("team", Feed.ALERTS, self._team.read),
        ]
