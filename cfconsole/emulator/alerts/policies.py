"""The alert policies of all projects, and the alerts they open and close by themselves."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import grpc
from google.cloud.monitoring_v3.types import AlertPolicy, Snooze

from cfconsole.emulator.alerts.alert import Alert
from cfconsole.emulator.alerts.conditions import Reading, Target, ThresholdCondition
from cfconsole.emulator.alerts.pages import page_of_alerts
from cfconsole.emulator.alerts.snoozes import SnoozeBook
from cfconsole.emulator.clock import Clock
from cfconsole.emulator.errors import ApiError
from cfconsole.emulator.logs.raw import GIGA, RawEntry, nanoseconds
from cfconsole.emulator.metrics.store import MetricStore

DEFAULT_AUTO_CLOSE = timedelta(days=7)
CLOSED_ALERTS_KEPT = 1_000
_ANY = AlertPolicy.ConditionCombinerType.OR


@dataclass(slots=True)
class _Judged:
    """One condition of a policy: since when, in nanoseconds, each target has been beyond its threshold."""

    condition: ThresholdCondition
    since: dict[Target, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What one condition says of one target."""

    condition: ThresholdCondition
    reading: Reading
    violated: bool


class AlertBook:
    """Policies, snoozes and alerts. It reads the measurements before they are ingested for the API, so an alert
    opens as soon as they carry it."""

    def __init__(self, clock: Clock, metrics: MetricStore, log_sink: Callable[[RawEntry], None]) -> None:
        """`log_sink` takes the log entries of openings and resolutions."""
        self._clock = clock
        self._metrics = metrics
        self._log_sink = log_sink
        self._ids = itertools.count(1)
        self._policies: dict[str, AlertPolicy] = {}
        self._judged: dict[str, list[_Judged]] = {}
        self._open: dict[tuple[str, Target], Alert] = {}
        self._closed: list[Alert] = []
        self.snoozes = SnoozeBook(clock)

    def add_policy(self, policy: Any) -> None:
        """Takes a policy, raw or wrapped, with its full name. Conditions other than thresholds never fire.

        Raises `FilterError` or `ApiError` for a threshold that cannot be evaluated.
        """
        kept = policy if isinstance(policy, AlertPolicy) else AlertPolicy.wrap(policy)
        self._judged[kept.name] = [
            _Judged(
                ThresholdCondition(
                    condition.display_name,
                    type(condition).pb(condition).condition_threshold,
                    self._metrics.sample_period_s,
                )
            )
            for condition in kept.conditions
            if "condition_threshold" in condition
        ]
        self._policies[kept.name] = kept

    def policies(self, project: str) -> list[AlertPolicy]:
        return [policy for name, policy in self._policies.items() if _project(name) == project]

    def policy(self, name: str) -> AlertPolicy:
        """The policy; NOT_FOUND as `ApiError` if there is none."""
        try:
            return self._policies[name]
        except KeyError:
            raise ApiError(grpc.StatusCode.NOT_FOUND, f"Alert policy {name} does not exist.") from None

    def alerts(self, project: str) -> list[Alert]:
        """Open and closed ones."""
        return [alert for alert in (*self._open.values(), *self._closed) if alert.project == project]

    def list_alerts(self, project: str, filter: str = "", page_size: int = 0, page_token: str = "") -> dict[str, Any]:
        """The body of `GET v3/projects/P/alerts`. Raises `ValueError` with a sentence for a bad filter."""
        shown = (alert.as_json() for alert in self.alerts(project))
        return page_of_alerts(shown, filter, page_size, page_token)

    def snooze(self, project: str, snooze: Snooze) -> Snooze:
        """Creates a snooze; alerts that are open for its policies close (Cloud Monitoring `CreateSnooze`)."""
        kept = self.snoozes.create(project, snooze)
        for (policy, _), alert in list(self._open.items()):
            if self.snoozes.silences(policy):
                self._close(alert, alert.reading.value)
        return kept

    async def run(self) -> None:
        """Evaluates all policies once in a sample period, for ever."""
        while True:
            await self.evaluate()
            await self._clock.sleep(self._metrics.sample_period_s)

    async def evaluate(self) -> None:
        """Opens and closes alerts by what is measured now."""
        now = self._metrics.now()
        for name, policy in list(self._policies.items()):
            if _is_disabled(policy):
                self._close_all_of(name)
                continue
            verdicts: dict[Target, list[_Verdict]] = {}
            for judged in self._judged[name]:
                for verdict in await self._judge(judged, _project(name), now):
                    verdicts.setdefault(verdict.reading.target, []).append(verdict)
            for target, of_target in verdicts.items():
                self._decide(policy, target, of_target)
            self._close_forgotten(policy, verdicts)

    async def _judge(self, judged: _Judged, project: str, now: int) -> list[_Verdict]:
        condition = judged.condition
        worst: dict[Target, Reading] = {}
        for reading in await condition.readings(self._metrics, project, now):
            known = worst.get(reading.target)
            if known is None or (condition.is_beyond(reading.value) and not condition.is_beyond(known.value)):
                worst[reading.target] = reading
        for target in judged.since.keys() - worst.keys():
            if condition.missing_is_normal:
                del judged.since[target]
        return [_Verdict(condition, reading, self._has_lasted(judged, reading, now)) for reading in worst.values()]

    def _has_lasted(self, judged: _Judged, reading: Reading, now: int) -> bool:
        if not judged.condition.is_beyond(reading.value):
            judged.since.pop(reading.target, None)
            return False
        return now - judged.since.setdefault(reading.target, now) >= judged.condition.duration

    def _decide(self, policy: AlertPolicy, target: Target, verdicts: list[_Verdict]) -> None:
        violated = [verdict for verdict in verdicts if verdict.violated]
        everything = len(violated) == len(self._judged[policy.name])
        fires = bool(violated) if policy.combiner in (0, _ANY) else everything
        alert = self._open.get((policy.name, target))
        if alert is not None:
            alert.last_seen = self._clock.now()
            if not fires:
                self._close(alert, verdicts[0].reading.value)
        elif fires and not self.snoozes.silences(policy.name):
            self._open_alert(policy, violated[0])

    def _open_alert(self, policy: AlertPolicy, verdict: _Verdict) -> None:
        name = f"projects/{_project(policy.name)}/alerts/0.{next(self._ids):012x}"
        alert = Alert(name, policy, verdict.condition, verdict.reading, self._clock.now())
        self._open[policy.name, verdict.reading.target] = alert
        self._log_sink(alert.event(verdict.reading.value))

    def _close(self, alert: Alert, value: float) -> None:
        alert.closed_at = self._clock.now()
        del self._open[alert.policy.name, alert.reading.target]
        self._closed.append(alert)
        del self._closed[:-CLOSED_ALERTS_KEPT]
        self._log_sink(alert.event(value))

    def _close_all_of(self, policy: str) -> None:
        for (name, _), alert in list(self._open.items()):
            if name == policy:
                self._close(alert, alert.reading.value)

    def _close_forgotten(self, policy: AlertPolicy, seen: Iterable[Target]) -> None:
        """Closes alerts without data: at once where missing data count as normal, else after `auto_close`."""
        patience = _auto_close(policy)
        for (name, target), alert in list(self._open.items()):
            if name != policy.name or target in seen:
                continue
            if alert.condition.missing_is_normal or self._clock.now() - alert.last_seen >= patience:
                self._close(alert, 0.0)


def _is_disabled(policy: AlertPolicy) -> bool:
    """A policy that does not say is enabled."""
    message = AlertPolicy.pb(policy)
    return bool(message.HasField("enabled") and not message.enabled.value)


def _auto_close(policy: AlertPolicy) -> timedelta:
    chosen = nanoseconds(AlertPolicy.pb(policy).alert_strategy.auto_close)
    return timedelta(seconds=chosen / GIGA) if chosen else DEFAULT_AUTO_CLOSE


def _project(name: str) -> str:
    return name.split("/")[1]
