"""The store of measurements: requests with latencies, and instances, by sample period, for some hours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypeAlias, TypeVar

from msgspec import Struct

from cfconsole.emulator.clock import Clock
from cfconsole.emulator.metrics.catalog import (
    INSTANCE_COUNT,
    REQUEST_COUNT,
    REQUEST_LATENCIES,
    MetricType,
)
from cfconsole.emulator.metrics.distributions import Distribution

GIGA = 1_000_000_000
Measurement = TypeVar("Measurement")
Value: TypeAlias = int | float | Distribution


class Point(NamedTuple):
    """A value and the end of its interval, in nanoseconds since the epoch."""

    end: int
    value: Value


class SeriesSource(Struct, frozen=True):
    """The source of a series: a revision with a response code or an instance state."""

    project: str
    region: str
    service: str
    revision: str
    label: str

    def resource_labels(self) -> dict[str, str]:
        return {
            "project_id": self.project,
            "location": self.region,
            "service_name": self.service,
            "revision_name": self.revision,
            "configuration_name": self.service,
        }

    def metric_labels(self, metric: MetricType) -> dict[str, str]:
        if metric is INSTANCE_COUNT:
            return {"state": self.label}
        return {"response_code": self.label, "response_code_class": f"{self.label[0]}xx"}


@dataclass(frozen=True, slots=True)
class StoredSeries:
    """One series: its source, and its points in order of time."""

    source: SeriesSource
    points: list[Point]


class MetricStore:
    """Measurements of all projects, aggregated by sample period and kept for `retention_s`.

    Google has a sample period of 60 s for Cloud Run, and an ingest delay of 120 to 180 s.
    """

    def __init__(
        self,
        clock: Clock,
        sample_period_s: float = 10.0,
        ingest_delay_s: float = 10.0,
        retention_s: float = 3 * 3_600.0,
    ) -> None:
        self._clock = clock
        self.sample_period_s = sample_period_s
        self.ingest_delay_s = ingest_delay_s
        self.extra_delay_s = 0.0
        """An additional delay beyond `ingest_delay_s`, which the metric descriptors promise."""
        self._period = round(sample_period_s * GIGA)
        self._retained_periods = max(1, int(retention_s // sample_period_s))
        self._newest = 0
        self._next_sweep = 0
        self._requests: dict[SeriesSource, dict[int, Distribution]] = {}
        self._instances: dict[SeriesSource, dict[int, int]] = {}

    def record_request(
        self,
        *,
        project: str,
        region: str,
        service: str,
        revision: str,
        response_code: int,
        latency_ms: float,
        at: datetime,
    ) -> None:
        """Records one request that ended at `at`."""
        source = SeriesSource(project, region, service, revision, str(response_code))
        self._distribution(source, at).add(latency_ms)

    def record_requests(
        self,
        *,
        project: str,
        region: str,
        service: str,
        revision: str,
        response_code: int,
        count: int,
        latencies_ms: Sequence[float],
        at: datetime,
    ) -> None:
        """Records `count` requests at once, spread as evenly as possible over `latencies_ms`."""
        distribution = self._distribution(SeriesSource(project, region, service, revision, str(response_code)), at)
        samples = latencies_ms or (0.0,)
        for index, latency in enumerate(samples):
            share = count * (index + 1) // len(samples) - count * index // len(samples)
            if share:
                distribution.add(latency, share)

    def record_instances(
        self,
        *,
        project: str,
        region: str,
        service: str,
        revision: str,
        active: int,
        idle: int,
        at: datetime,
    ) -> None:
        """Records the number of instances at `at`; the last record of a sample period counts."""
        index = self._index(at)
        for state, number in (("active", active), ("idle", idle)):
            source = SeriesSource(project, region, service, revision, state)
            self._instances.setdefault(source, {})[index] = number

    def visible_until(self) -> int:
        """The end of the newest point the API returns, in nanoseconds; later ones count as not yet ingested."""
        return self.now() - round((self.ingest_delay_s + self.extra_delay_s) * GIGA)

    def now(self) -> int:
        """Nanoseconds since the epoch."""
        return _nanoseconds(self._clock.now())

    def series(self, project: str, metric: MetricType, after: int, until: int) -> Iterator[StoredSeries]:
        """The series of a metric with points that end in (`after`, `until`]."""
        first = max(after // self._period, self._oldest())
        last = until // self._period - 1
        for source, by_period in self._measurements(metric):
            if source.project != project:
                continue
            points = [
                Point((index + 1) * self._period, _value(metric, by_period[index]))
                for index in range(first, min(last, self._newest) + 1)
                if index in by_period
            ]
            if points:
                yield StoredSeries(source, points)

    def _measurements(self, metric: MetricType) -> list[tuple[SeriesSource, Mapping[int, Distribution | int]]]:
        """A copied list, because points are recorded while a query runs."""
        if metric is INSTANCE_COUNT:
            return list(self._instances.items())
        return list(self._requests.items())

    def stored_points(self) -> int:
        """The number of points in memory; those of requests serve two metrics and count once."""
        return sum(map(len, self._requests.values())) + sum(map(len, self._instances.values()))

    def _distribution(self, source: SeriesSource, at: datetime) -> Distribution:
        index = self._index(at)
        by_period = self._requests.setdefault(source, {})
        found = by_period.get(index)
        if found is None:
            found = by_period[index] = Distribution()
        return found

    def _index(self, at: datetime) -> int:
        """The sample period of a time. A new period triggers the removal of old ones."""
        index = _nanoseconds(at) // self._period
        if index > self._newest:
            self._newest = index
            if index >= self._next_sweep:
                self._next_sweep = index + max(1, self._retained_periods // 20)
                self._drop_old()
        return index

    def _oldest(self) -> int:
        return self._newest - self._retained_periods

    def _drop_old(self) -> None:
        oldest = self._oldest()
        _forget_before(oldest, self._requests)
        _forget_before(oldest, self._instances)


def _forget_before(oldest: int, stored: dict[SeriesSource, dict[int, Measurement]]) -> None:
    for source, by_period in list(stored.items()):
        for index in [index for index in by_period if index < oldest]:
            del by_period[index]
        if not by_period:
            del stored[source]


def _value(metric: MetricType, measured: Distribution | int) -> Value:
    if metric is REQUEST_COUNT and isinstance(measured, Distribution):
        return measured.count
    assert metric is not REQUEST_LATENCIES or isinstance(measured, Distribution)
    return measured


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * GIGA + moment.microsecond * 1_000
