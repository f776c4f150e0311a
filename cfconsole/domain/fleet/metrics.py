"""Metrics: a few numbers per service and revision, now and over the last hour, and the arithmetic of error rates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import sqrt

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


SIGNIFICANCE = 3.29
"""A difference of so many standard errors is chance less than once in two thousand cases (one-sided)."""


def rise_significance(errors_before: int, requests_before: int, errors: int, requests: int) -> float:
    """By how many standard errors the second rate exceeds the first: two proportions with a pooled variance.

    Negative if the rate fell; 0 if there is nothing to compare.
    """
    total = requests_before + requests
    pooled = (errors_before + errors) / total if total else 0.0
    if not requests_before or not requests or pooled in (0.0, 1.0):
        return 0.0
    spread = sqrt(pooled * (1 - pooled) * (1 / requests_before + 1 / requests))
    return (errors / requests - errors_before / requests_before) / spread


def lowest_rate(errors: int, requests: int, z: float = SIGNIFICANCE) -> float:
    """The lowest true rate that fits the counts (Wilson's lower bound); 0 without requests."""
    if not requests:
        return 0.0
    rate, square = errors / requests, z * z
    centre = rate + square / (2 * requests)
    margin = z * sqrt(rate * (1 - rate) / requests + square / (4 * requests * requests))
    return max(0.0, (centre - margin) / (1 + square / requests))


def percent_text(rate: float) -> str:
    """A rate for sentences: `12.4 %`."""
    return f"{rate * 100:.1f} %"
