"""Logs, metrics and alerts of one emulator, with the gRPC services that read them."""

from __future__ import annotations

from typing import Any

from cfconsole.emulator.alerts.policies import AlertPolicies
from cfconsole.emulator.clock import Clock
from cfconsole.emulator.faults import Faults
from cfconsole.emulator.logs.servicer import log_handlers
from cfconsole.emulator.logs.store import LogStore
from cfconsole.emulator.logs.tail import LogLimits
from cfconsole.emulator.logs.tail_sessions import TailSessions
from cfconsole.emulator.metrics.servicer import metric_handlers
from cfconsole.emulator.metrics.store import MetricStore


class Observability:
    """The log store with its tail sessions, the metric store and the alert policies of one emulator."""

    def __init__(
        self,
        clock: Clock,
        faults: Faults,
        *,
        sample_period_s: float,
        ingest_delay_s: float,
        log_limits: LogLimits | None = None,
    ) -> None:
        self.logs = LogStore(clock)
        self.metrics = MetricStore(clock, sample_period_s, ingest_delay_s)
        self.alerts = AlertPolicies(clock, self.metrics, self.logs.write)
        self.clock = clock
        self.faults = faults
        self.tails = TailSessions(self.logs, clock, faults, log_limits or LogLimits())
        self._log_limits = log_limits

    def generic_handlers(self) -> list[Any]:
        """The gRPC services of Cloud Logging and Cloud Monitoring."""
        return [
            log_handlers(self.logs, self.clock, self.tails, self._log_limits),
            *metric_handlers(self.metrics, self.alerts),
        ]
