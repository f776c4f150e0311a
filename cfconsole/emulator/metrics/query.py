"""Queries for time series: series, interval, alignment and reduction."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from msgspec import Struct

from cfconsole.emulator.metrics.aligners import Combiner, aligner, reducer
from cfconsole.emulator.metrics.catalog import MetricKind, MetricType, ValueType
from cfconsole.emulator.metrics.filters import Labels, SeriesFilter, label_reader
from cfconsole.emulator.metrics.store import GIGA, MetricStore, Point, Value

_SERIES_PER_TURN = 20


class Aggregation(Struct, frozen=True):
    """How series are aligned and reduced; without an aligner points are returned as stored."""

    period_s: float = 60.0
    aligner: str = "ALIGN_NONE"
    reducer: str = "REDUCE_NONE"
    group_by: tuple[str, ...] = ()


class Series(Struct, frozen=True):
    """One series of a result, its points newest first."""

    metric: MetricType
    labels: Labels
    kind: MetricKind
    value_type: ValueType
    points: list[Point]
    width: int
    """The nanoseconds that a point of kind DELTA covers."""


class SeriesQuery(Struct, frozen=True):
    """A query for series of a project in (`after`, `until`], both in nanoseconds since the epoch."""

    project: str
    filter: SeriesFilter
    after: int
    until: int
    aggregation: Aggregation

    async def run(self, store: MetricStore, visible_until: int) -> list[Series]:
        """The result from points that end no later than `visible_until`. Other tasks run in between.

        Raises `ApiError` (INVALID_ARGUMENT) for an aligner or reducer that does not fit, and `FilterError` for an
        unknown label.
        """
        aligned = await self._aligned(store, visible_until)
        if self.aggregation.reducer == "REDUCE_NONE":
            return aligned
        return self._reduced(aligned)

    async def _aligned(self, store: MetricStore, visible_until: int) -> list[Series]:
        metric = self.filter.metric
        step = self._alignment()
        width = round((self.aggregation.period_s if step else store.sample_period_s) * GIGA)
        # The oldest window is filled whole, even if it begins before the interval.
        after = self.until - -(-(self.until - self.after) // width) * width if step else self.after
        found: list[Series] = []
        measured = store.series(self.project, metric, after, min(self.until, visible_until))
        for number, one in enumerate(measured):
            if number % _SERIES_PER_TURN == 0:
                await asyncio.sleep(0)
            labels = Labels(one.source.metric_labels(metric), one.source.resource_labels())
            if not self.filter.matches(labels):
                continue
            points = align(one.points, self.until, width, step) if step else one.points[::-1]
            kind, value_type = (step.kind, step.value_type) if step else (metric.kind, metric.value_type)
            found.append(Series(metric, labels, kind, value_type, points, width))
        return found

    def _alignment(self) -> Combiner | None:
        if self.aggregation.aligner == "ALIGN_NONE":
            return None
        metric = self.filter.metric
        return aligner(self.aggregation.aligner, metric.kind, metric.value_type, self.aggregation.period_s)

    def _reduced(self, aligned: Sequence[Series]) -> list[Series]:
        metric = self.filter.metric
        alignment = self._alignment()
        kind, value_type = (alignment.kind, alignment.value_type) if alignment else (metric.kind, metric.value_type)
        step = reducer(self.aggregation.reducer, kind, value_type)
        groups: dict[tuple[str, ...], list[Series]] = {}
        readers = [label_reader(path, metric) for path in self.aggregation.group_by]
        for series in aligned:
            groups.setdefault(tuple(read(series.labels) for read in readers), []).append(series)
        return [
            Series(
                metric,
                self._group_labels(values),
                step.kind,
                step.value_type,
                reduce_points((series.points for series in group), step),
                group[0].width,
            )
            for values, group in groups.items()
        ]

    def _group_labels(self, values: Iterable[str]) -> Labels:
        """The labels that series are grouped by, and the project."""
        sides: dict[str, dict[str, str]] = {"metric": {}, "resource": {"project_id": self.project}}
        for path, value in zip(self.aggregation.group_by, values, strict=True):
            side, *_, name = path.split(".")
            if name != "type" and side in sides:
                sides[side][name] = value
        return Labels(sides["metric"], sides["resource"])


def align(points: Iterable[Point], until: int, width: int, step: Combiner) -> list[Point]:
    """One point per non-empty window of `width`, newest first; windows are counted back from `until`."""
    windows: dict[int, list[Value]] = {}
    for point in points:
        windows.setdefault(until - (until - point.end) // width * width, []).append(point.value)
    return [Point(end, step.combine(values)) for end, values in sorted(windows.items(), reverse=True)]


def reduce_points(many: Iterable[Sequence[Point]], step: Combiner) -> list[Point]:
    """One point per time at which any series has one, newest first."""
    moments: dict[int, list[Value]] = {}
    for points in many:
        for point in points:
            moments.setdefault(point.end, []).append(point.value)
    return [Point(end, step.combine(values)) for end, values in sorted(moments.items(), reverse=True)]
