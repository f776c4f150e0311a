"""Reads metrics at the pace of their samples, and the cloud's alerts every few seconds."""

from __future__ import annotations

from collections.abc import Sequence

from cfconsole.domain.errors import CloudError
from cfconsole.domain.fleet.metrics import MetricsRead
from cfconsole.domain.health.alerts import Alert, AlertSource, in_regions
from cfconsole.session.fleet.health_evaluator import HealthEvaluator
from cfconsole.session.ports import AlertsPort, ClockPort, MetricsPort
from cfconsole.session.state.store import StateStore
from cfconsole.session.state.updates import AlertsArrived, MetricsArrived
from cfconsole.session.watch.concurrent_calls import gather_outcomes

MIN_METRICS_PAUSE_S = 10.0
MAX_METRICS_PAUSE_S = 300.0
CHARTS_S = 3600.0
ALERTS_EVERY_S = 10.0


class HealthReader:
    """Reads metrics and alerts of some projects. The read methods return the seconds until the next call."""

    def __init__(
        self,
        metrics: MetricsPort,
        alerts: AlertsPort,
        store: StateStore,
        clock: ClockPort,
        projects: Sequence[str],
        evaluator: HealthEvaluator,
        recent_s: float,
        regions: Sequence[str] = (),
    ) -> None:
        """Empty `regions` stand for all."""
        self._metrics = metrics
        self._alerts = alerts
        self._store = store
        self._clock = clock
        self._projects = tuple(projects)
        self._evaluator = evaluator
        self._judged_s = recent_s
        self._regions = tuple(regions)

    async def read_metrics(self) -> float:
        """Reads the metrics of all projects. Posts what could be read before it raises the first error."""
        end = self._clock.now()
        outcomes = await gather_outcomes(
            self._metrics.read(project, end=end, window_s=CHARTS_S, recent_s=self._judged_s)
            for project in self._projects
        )
        reads = [outcome for outcome in outcomes if isinstance(outcome, MetricsRead)]
        for read in reads:
            self._store.post(MetricsArrived(self._clock.now(), read))
        self._evaluator.evaluate()
        _raise_first(outcomes)
        pause = max((read.sample_period_s for read in reads), default=MIN_METRICS_PAUSE_S)
        return min(MAX_METRICS_PAUSE_S, max(MIN_METRICS_PAUSE_S, pause))

    async def read_alerts(self) -> float:
        """Reads open incidents; of a project that can't be read the known ones stay."""
        outcomes = await gather_outcomes(self._alerts.open_alerts(project) for project in self._projects)
        if not all(isinstance(outcome, CloudError) for outcome in outcomes):
            alerts: list[Alert] = []
            for project, outcome in zip(self._projects, outcomes, strict=True):
                alerts += self._known(project) if isinstance(outcome, CloudError) else outcome
            self._store.post(
                AlertsArrived(self._clock.now(), self._evaluator.with_suspects(in_regions(alerts, self._regions)))
            )
        _raise_first(outcomes)
        return ALERTS_EVERY_S

    def _known(self, project: str) -> list[Alert]:
        known = (alert for alert in self._store.state.alerts if alert.source is not AlertSource.LOCAL)
        return [alert for alert in known if alert.service and alert.service.project == project]


def _raise_first(outcomes: Sequence[object]) -> None:
    for outcome in outcomes:
        if isinstance(outcome, CloudError):
            raise outcome
