"""Metrics: a few numbers per service and revision, now and over the last hour."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from cfconsole.domain.fleet.services import ServiceKey


class Window(Struct, frozen=True):
    """Evenly spaced values, oldest first; `None` where data are missing. The last `incomplete` ones may still grow."""

    end: datetime
    step_s: float
    values: tuple[float | None, ...]
    incomplete: int = 0


class TrafficNumbers(Struct, frozen=True):
    """The numbers of a service or revision over the judged window. `None`: there are no data."""

    requests: int = 0
    errors: int = 0
    """Answers of class 5xx."""
    rps: float | None = None
    p95_ms: float | None = None

    @property
    def error_rate(self) -> float | None:
        return self.errors / self.requests if self.requests else None


class ServiceMetrics(Struct, frozen=True):
    """The numbers of one service: now (the judged window, default 5 minutes) and over time (charts)."""

    now: TrafficNumbers
    revisions: Mapping[str, TrafficNumbers]
    rps: Window
    error_rate: Window
    p95_ms: Window
    instances: int | None = None
    revision_counts: Mapping[str, tuple[Window, Window]] = {}
    """Per revision: requests and 5xx answers over time, used to find suspects."""


class MetricsRead(Struct, frozen=True):
    """One refresh of all services of a project."""

    read_at: datetime
    services: Mapping[ServiceKey, ServiceMetrics]
    sample_period_s: float
    ingest_delay_s: float
