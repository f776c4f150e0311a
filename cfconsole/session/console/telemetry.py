"""The readers of metrics, alerts, logs and the team's releases of an open cloud, and the context they share."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.session.fleet.health_evaluator import HealthEvaluator
from cfconsole.session.fleet.metrics_and_alerts import HealthReader
from cfconsole.session.fleet.team_history import TeamHistoryReader
from cfconsole.session.logs.fleet_events import FleetEventDetector
from cfconsole.session.logs.project_log import ProjectLog
from cfconsole.session.logs.project_tail import ProjectTail
from cfconsole.session.logs.read_budget import ReadBudget
from cfconsole.session.logs.single_reads import SingleLogReads
from cfconsole.session.logs.sink import LogSink
from cfconsole.session.logs.tails import ProjectTails
from cfconsole.session.logs.view import LogView
from cfconsole.session.ports import ClockPort, Cloud
from cfconsole.session.releases.evidence.request_log import RequestLog
from cfconsole.session.settings import SessionSettings
from cfconsole.session.state.console_state import Feed
from cfconsole.session.state.store import StateStore
from cfconsole.session.watch.supervisor import CredentialsGate
from cfconsole.session.watch.watchers import Watcher


class ReaderContext(Struct, frozen=True):
    """The settings, state and clock of one console, and how to wake its watchers."""

    settings: SessionSettings
    store: StateStore
    view: LogView
    clock: ClockPort
    gate: CredentialsGate
    wake: Callable[[str, ServiceKey | None], None]
    """Makes the named watcher read now; the second argument is the service that changed, if any."""
    jitter: Callable[[], float]


class Telemetry:
    """Everything that shows how services are doing. It also feeds the log view."""

    def __init__(
        self,
        cloud: Cloud,
        context: ReaderContext,
        evaluator: HealthEvaluator,
        budgets: Mapping[str, ReadBudget],
        requests: RequestLog,
    ) -> None:
        """`budgets` are by project; `requests` collects from every entry."""
        settings, store, clock = context.settings, context.store, context.clock
        projects, window_s = settings.projects, settings.thresholds.window_s
        self._health = HealthReader(
            cloud.metrics, cloud.alerts, store, clock, projects, evaluator, window_s, settings.regions
        )
        self._team = TeamHistoryReader(cloud.history, store, clock, projects)
        self.queries = SingleLogReads(cloud.logs, context.view, clock, budgets)
        self.tails = _tails(cloud, context, self.queries, budgets, requests)
        context.view.attach(self.tails)

    def watchers(self) -> list[Watcher]:
        return [
            Watcher("metrics", Feed.METRICS, self._health.read_metrics),
            Watcher("alerts", Feed.ALERTS, self._health.read_alerts),
            Watcher("team", Feed.ALERTS, self._team.read),
        ]


def _tails(
    cloud: Cloud,
    context: ReaderContext,
    queries: SingleLogReads,
    budgets: Mapping[str, ReadBudget],
    requests: RequestLog,
) -> ProjectTails:
    view, clock, wake = context.view, context.clock, context.wake
    sink = LogSink(
        view,
        context.store,
        clock,
        lambda: sum(budget.last_minute() for budget in budgets.values()),
        requests.add,
        FleetEventDetector(clock, lambda key: wake("moving", key), lambda: wake("alerts", None)),
    )
    tails = {
        project: ProjectTail(
            ProjectLog(project, cloud.logs, sink, clock, budget, context.gate, context.jitter, view.remove_gaps)
        )
        for project, budget in budgets.items()
    }
    return ProjectTails(view, sink, clock, queries, tails)
