"""The alert policies of all projects, and the alerts they open and close."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import grpc
from google.cloud.monitoring_v3.types import AlertPolicy, Snooze

from cfconsole.emulator.alerts.alert import Alert
from cfconsole.emulator.alerts.conditions import AlertTarget, Reading, ThresholdCondition
from cfconsole.emulator.alerts.pages import page_of_alerts
from cfconsole.emulator.alerts.snoozes import Snoozes
from cfconsole.emulator.clock import Clock
from cfconsole.emulator.errors import ApiError
from cfconsole.emulator.logs.raw import GIGA, RawEntry, nanoseconds
from cfconsole.emulator.metrics.store import MetricStore

DEFAULT_AUTO_CLOSE = timedelta(days=7)
MAX_CLOSED_ALERTS = 1_000
_ANY = AlertPolicy.ConditionCombinerType.OR


@dataclass(slots=True)
class _ConditionState:
    """A condition of a policy, and since when (in nanoseconds) each target has been beyond its threshold."""

    condition: ThresholdCondition
    since: dict[AlertTarget, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Evaluation:
    """The result of one condition for one target."""

    condition: ThresholdCondition
    reading: Reading
    violated: bool


class AlertPolicies:
    """Policies, snoozes and alerts. Evaluation reads points that the metrics API does not show yet, so alerts open
    without the ingest delay."""

    def __init__(self, clock: Clock, metrics: MetricStore, log_sink: Callable[[RawEntry], None]) -> None:
        """`log_sink` receives a log entry for every opening and resolution."""
        self._clock = clock
        self._metrics = metrics
        self._log_sink = log_sink
        self._ids = itertools.count(1)
        self._policies: dict[str, AlertPolicy] = {}
        self._conditions: dict[str, list[_ConditionState]] = {}
        self._open: dict[tuple[str, AlertTarget], Alert] = {}
        self._closed: list[Alert] = []
        self.snoozes = Snoozes(clock)

    def add_policy(self, policy: Any) -> None:
        """Adds a policy, raw or wrapped, with its full name. Conditions other than thresholds are ignored.

        Raises `FilterError` or `ApiError` for a threshold that can't be evaluated.
        """
        wrapped = policy if isinstance(policy, AlertPolicy) else AlertPolicy.wrap(policy)
        self._conditions[wrapped.name] = [
            _ConditionState(
                ThresholdCondition(
                    condition.display_name,
                    type(condition).pb(condition).condition_threshold,
                    self._metrics.sample_period_s,
                )
            )
            for condition in wrapped.conditions
            if "condition_threshold" in condition
        ]
        self._policies[wrapped.name] = wrapped

    def policies(self, project: str) -> list[AlertPolicy]:
        return [policy for name, policy in self._policies.items() if _project(name) == project]

    def policy(self, name: str) -> AlertPolicy:
        """The policy of this name. Raises `ApiError` (NOT_FOUND)."""
        try:
            return self._policies[name]
        except KeyError:
            raise ApiError(grpc.StatusCode.NOT_FOUND, f"Alert policy {name} does not exist.") from None

    def alerts(self, project: str) -> list[Alert]:
        """The open and the closed alerts of a project."""
        return [alert for alert in (*self._open.values(), *self._closed) if alert.project == project]

    def list_alerts(self, project: str, filter: str = "", page_size: int = 0, page_token: str = "") -> dict[str, Any]:
        """The body of `GET v3/projects/P/alerts`. Raises `ValueError` for a bad filter, page size or token."""
        bodies = (alert.as_json() for alert in self.alerts(project))
        return page_of_alerts(bodies, filter, page_size, page_token)

    def snooze(self, project: str, snooze: Snooze) -> Snooze:
        """Creates a snooze and closes the open alerts of its policies (Cloud Monitoring `CreateSnooze`)."""
        created = self.snoozes.create(project, snooze)
        for (policy, _), alert in list(self._open.items()):
            if self.snoozes.silences(policy):
                self._close(alert, alert.reading.value)
        return created

    async def run(self) -> None:
        """Evaluates all policies every sample period, until cancelled."""
        while True:
            await self.evaluate()
            await self._clock.sleep(self._metrics.sample_period_s)

    async def evaluate(self) -> None:
        """Opens and closes alerts by the current metrics."""
        now = self._metrics.now()
        for name, policy in list(self._policies.items()):
            if _is_disabled(policy):
                self._close_all_of(name)
                continue
            evaluations: dict[AlertTarget, list[_Evaluation]] = {}
            for state in self._conditions[name]:
                for evaluation in await self._evaluate_condition(state, _project(name), now):
                    evaluations.setdefault(evaluation.reading.target, []).append(evaluation)
            for target, of_target in evaluations.items():
                self._open_or_close(policy, target, of_target)
            self._close_without_data(policy, evaluations)

    async def _evaluate_condition(self, state: _ConditionState, project: str, now: int) -> list[_Evaluation]:
        condition = state.condition
        worst: dict[AlertTarget, Reading] = {}
        for reading in await condition.readings(self._metrics, project, now):
            known = worst.get(reading.target)
            if known is None or (condition.is_beyond(reading.value) and not condition.is_beyond(known.value)):
                worst[reading.target] = reading
        for target in state.since.keys() - worst.keys():
            if condition.missing_is_normal:
                del state.since[target]
        return [_Evaluation(condition, reading, self._is_violated(state, reading, now)) for reading in worst.values()]

    def _is_violated(self, state: _ConditionState, reading: Reading, now: int) -> bool:
        if not state.condition.is_beyond(reading.value):
            state.since.pop(reading.target, None)
            return False
        return now - state.since.setdefault(reading.target, now) >= state.condition.duration

    def _open_or_close(self, policy: AlertPolicy, target: AlertTarget, evaluations: list[_Evaluation]) -> None:
        violated = [evaluation for evaluation in evaluations if evaluation.violated]
        everything = len(violated) == len(self._conditions[policy.name])
        fires = bool(violated) if policy.combiner in (0, _ANY) else everything
        alert = self._open.get((policy.name, target))
        if alert is not None:
            alert.last_value_at = self._clock.now()
            if not fires:
                self._close(alert, evaluations[0].reading.value)
        elif fires and not self.snoozes.silences(policy.name):
            self._open_alert(policy, violated[0])

    def _open_alert(self, policy: AlertPolicy, evaluation: _Evaluation) -> None:
        name = f"projects/{_project(policy.name)}/alerts/0.{next(self._ids):012x}"
        alert = Alert(name, policy, evaluation.condition, evaluation.reading, self._clock.now())
        self._open[policy.name, evaluation.reading.target] = alert
        self._log_sink(alert.event(evaluation.reading.value))

    def _close(self, alert: Alert, value: float) -> None:
        alert.closed_at = self._clock.now()
        del self._open[alert.policy.name, alert.reading.target]
        self._closed.append(alert)
        del self._closed[:-MAX_CLOSED_ALERTS]
        self._log_sink(alert.event(value))

    def _close_all_of(self, policy: str) -> None:
        for (name, _), alert in list(self._open.items()):
            if name == policy:
                self._close(alert, alert.reading.value)

    def _close_without_data(self, policy: AlertPolicy, seen: Iterable[AlertTarget]) -> None:
        """Closes alerts without data: at once if missing data counts as normal, else after `auto_close`."""
        patience = _auto_close(policy)
        for (name, target), alert in list(self._open.items()):
            if name != policy.name or target in seen:
                continue
            if alert.condition.missing_is_normal or self._clock.now() - alert.last_value_at >= patience:
                self._close(alert, 0.0)


def _is_disabled(policy: AlertPolicy) -> bool:
    """Whether the policy is disabled; policies are enabled by default."""
    message = AlertPolicy.pb(policy)
    return bool(message.HasField("enabled") and not message.enabled.value)


def _auto_close(policy: AlertPolicy) -> timedelta:
    chosen = nanoseconds(AlertPolicy.pb(policy).alert_strategy.auto_close)
    return timedelta(seconds=chosen / GIGA) if chosen else DEFAULT_AUTO_CLOSE


def _project(name: str) -> str:
    return name.split("/")[1]
