"""The metrics of each service, now and over time, computed from series on a grid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from cfconsole.domain.fleet.metrics import ServiceMetrics, TrafficNumbers
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.gcp.metrics.series import TimeGrid, TimeSeries

_GridValues = Sequence[float | None]


class MetricAnswers(Struct, frozen=True):
    """The results of all queries of one refresh."""

    counts: Sequence[TimeSeries]
    """Requests by region, service, revision and class of response code (`2xx`, `5xx`)."""
    p95_history: Sequence[TimeSeries]
    """By region and service."""
    p95_now: Sequence[TimeSeries]
    """By region and service, one value."""
    p95_revisions: Sequence[TimeSeries]
    """By region, service and revision, one value."""
    instances: Sequence[TimeSeries]
    """By region and service."""


class _CodeCounts:
    """Requests and 5xx answers of one service or revision on the grid."""

    def __init__(self, length: int) -> None:
        self.requests: list[float | None] = [None] * length
        self.errors: list[float | None] = [None] * length

    def add(self, values: _GridValues, *, failed: bool) -> None:
        for place, value in enumerate(values):
            if value is not None:
                self.requests[place] = (self.requests[place] or 0.0) + value
                self.errors[place] = (self.errors[place] or 0.0) + (value if failed else 0.0)

    def numbers(self, recent: slice, step_s: float, p95_ms: float | None) -> TrafficNumbers:
        seconds = step_s * (recent.stop - recent.start)
        requests = _total(self.requests[recent])
        return TrafficNumbers(round(requests), round(_total(self.errors[recent])), requests / seconds, p95_ms)

    def rates(self, step_s: float) -> list[float | None]:
        return [None if n is None else n / step_s for n in self.requests]

    def error_rates(self) -> list[float | None]:
        return [e / n if n and e is not None else None for n, e in zip(self.requests, self.errors, strict=True)]


def service_metrics(
    project: str, measured: MetricAnswers, grid: TimeGrid, recent_s: float
) -> dict[ServiceKey, ServiceMetrics]:
    """The metrics of every service that has a series; a service without one had no traffic."""
    revisions = _revision_counts(measured.counts, grid.length)
    p95_history, p95_now = _by_labels(measured.p95_history), _newest_by_labels(measured.p95_now)
    p95_revisions, instances = _newest_by_labels(measured.p95_revisions), _newest_by_labels(measured.instances)
    recent = grid.latest_complete(recent_s)
    found: dict[ServiceKey, ServiceMetrics] = {}
    for place in sorted({*revisions, *p95_history, *instances}):
        counted = revisions.get(place, {})
        total = _sum_of(counted.values(), grid.length)
        running = instances.get(place)
        found[ServiceKey(project, *place)] = ServiceMetrics(
            now=total.numbers(recent, grid.step_s, p95_now.get(place)),
            revisions={
                name: each.numbers(recent, grid.step_s, p95_revisions.get((*place, name)))
                for name, each in counted.items()
            },
            rps=grid.window(total.rates(grid.step_s)),
            error_rate=grid.window(total.error_rates()),
            p95_ms=grid.window(p95_history.get(place, [None] * grid.length)),
            instances=None if running is None else round(running),
            revision_counts={
                name: (grid.window(each.requests), grid.window(each.errors)) for name, each in counted.items()
            },
        )
    return found


def _revision_counts(counts: Iterable[TimeSeries], length: int) -> dict[tuple[str, ...], dict[str, _CodeCounts]]:
    found: dict[tuple[str, ...], dict[str, _CodeCounts]] = {}
    for (region, service, revision, code_class), values in counts:
        each = found.setdefault((region, service), {}).setdefault(revision, _CodeCounts(length))
        each.add(values, failed=code_class == "5xx")
    return found


def _sum_of(counts: Iterable[_CodeCounts], length: int) -> _CodeCounts:
    total = _CodeCounts(length)
    for each in counts:
        for place, (requests, errors) in enumerate(zip(each.requests, each.errors, strict=True)):
            if requests is not None:
                total.requests[place] = (total.requests[place] or 0.0) + requests
                total.errors[place] = (total.errors[place] or 0.0) + (errors or 0.0)
    return total


def _by_labels(answers: Iterable[TimeSeries]) -> Mapping[tuple[str, ...], _GridValues]:
    return {answer.labels: answer.values for answer in answers}


def _newest_by_labels(answers: Iterable[TimeSeries]) -> Mapping[tuple[str, ...], float]:
    """The newest number of each series that has any."""
    newest = ((labels, next((v for v in reversed(values) if v is not None), None)) for labels, values in answers)
    return {labels: value for labels, value in newest if value is not None}


def _total(values: Iterable[float | None]) -> float:
    return sum(value for value in values if value is not None)
