"""Threshold conditions of alert policies, evaluated against the stored metrics."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from google.cloud.monitoring_v3.types import AlertPolicy, ComparisonType
from msgspec import Struct

from cfconsole.emulator.errors import invalid_argument
from cfconsole.emulator.logs.raw import GIGA, nanoseconds
from cfconsole.emulator.metrics.distributions import Distribution
from cfconsole.emulator.metrics.filters import SeriesFilter, compile_series_filter
from cfconsole.emulator.metrics.query import Aggregation, Series, SeriesQuery
from cfconsole.emulator.metrics.store import MetricStore
from cfconsole.emulator.metrics.wire import aggregation_of

_COMPARISONS: dict[int, Callable[[float, float], bool]] = {
    ComparisonType.COMPARISON_GT: operator.gt,
    ComparisonType.COMPARISON_GE: operator.ge,
    ComparisonType.COMPARISON_LT: operator.lt,
    ComparisonType.COMPARISON_LE: operator.le,
}
_Threshold = AlertPolicy.Condition.MetricThreshold
_INACTIVE = AlertPolicy.Condition.EvaluationMissingData.EVALUATION_MISSING_DATA_INACTIVE


class AlertTarget(NamedTuple):
    """The service and region an alert is about; a field is empty if the condition does not group by it."""

    service: str
    region: str


class Reading(Struct, frozen=True):
    """The newest value of one series."""

    target: AlertTarget
    value: float
    resource_labels: dict[str, str]
    metric_labels: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Query:
    filter: SeriesFilter
    aggregation: Aggregation

    async def newest(self, store: MetricStore, project: str, now: int) -> list[Series]:
        """One point per series, for the window that ends now, including points the API does not show yet."""
        # Windows end at the end of a sample period, because only then are its samples complete.
        width = round(self.aggregation.period_s * GIGA)
        until = now // round(store.sample_period_s * GIGA) * round(store.sample_period_s * GIGA)
        query = SeriesQuery(project, self.filter, until - width, until, self.aggregation)
        return [series for series in await query.run(store, until) if series.points]


class ThresholdCondition:
    """One `condition_threshold`, with or without a denominator."""

    def __init__(self, name: str, threshold: Any, sample_period_s: float) -> None:
        """`threshold` is a raw `MetricThreshold`. Raises `FilterError` or `ApiError` if it can't be evaluated."""
        if threshold.comparison not in _COMPARISONS:
            raise invalid_argument(f"The condition {name!r} has a comparison that is not supported.")
        self.name = name
        self.threshold = threshold.threshold_value
        self.duration = nanoseconds(threshold.duration)
        self.missing_is_normal = threshold.evaluation_missing_data == _INACTIVE
        self.is_below = threshold.comparison in (ComparisonType.COMPARISON_LT, ComparisonType.COMPARISON_LE)
        self._beyond = _COMPARISONS[threshold.comparison]
        self._numerator = _query(threshold.filter, threshold.aggregations, sample_period_s)
        self._denominator: _Query | None = None
        if threshold.denominator_filter:
            aggregations = threshold.denominator_aggregations
            self._denominator = _query(threshold.denominator_filter, aggregations, sample_period_s)

    @property
    def metric_type(self) -> str:
        return self._numerator.filter.metric.type

    def is_beyond(self, value: float) -> bool:
        return self._beyond(value, self.threshold)

    async def readings(self, store: MetricStore, project: str, now: int) -> list[Reading]:
        """The newest value of every series. In a ratio a missing numerator counts as zero, and a missing or zero
        denominator gives no reading."""
        numerators = await self._numerator.newest(store, project, now)
        if self._denominator is None:
            return [_reading(series, _number(series)) for series in numerators]
        by_resource = {_resource(series): _number(series) for series in numerators}
        denominators = await self._denominator.newest(store, project, now)
        return [
            _reading(series, by_resource.get(_resource(series), 0.0) / total)
            for series in denominators
            if (total := _number(series))
        ]


def _query(text: str, aggregations: Any, sample_period_s: float) -> _Query:
    if len(aggregations) != 1:
        raise invalid_argument("A condition must have exactly one aggregation here.")
    return _Query(compile_series_filter(text), aggregation_of(aggregations[0], sample_period_s))


def _resource(series: Series) -> frozenset[tuple[str, str]]:
    return frozenset(series.labels.resource.items())


def _reading(series: Series, value: float) -> Reading:
    labels = dict(series.labels.resource)
    target = AlertTarget(labels.get("service_name", ""), labels.get("location", ""))
    return Reading(target, value, labels, dict(series.labels.metric))


def _number(series: Series) -> float:
    value = series.points[0].value
    return value.mean if isinstance(value, Distribution) else float(value)
