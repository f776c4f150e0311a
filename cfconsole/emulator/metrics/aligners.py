"""Aligners and reducers, which combine values within a series and across series."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from cfconsole.emulator.errors import invalid_argument
from cfconsole.emulator.metrics.catalog import MetricKind, ValueType
from cfconsole.emulator.metrics.distributions import Distribution, merged
from cfconsole.emulator.metrics.store import Value

PERCENTILES = {"50": 50.0, "95": 95.0, "99": 99.0}
Combine: TypeAlias = Callable[[Sequence[Value]], Value]


@dataclass(frozen=True, slots=True)
class Combiner:
    """A function that combines values into one, with the kind and type of the result."""

    combine: Combine
    kind: MetricKind
    value_type: ValueType


def aligner(name: str, kind: MetricKind, value_type: ValueType, period_s: float) -> Combiner:
    """The combiner of `Aggregation.per_series_aligner`. INVALID_ARGUMENT where Google refuses it."""
    numeric = value_type is not ValueType.DISTRIBUTION
    delta = kind is MetricKind.DELTA
    match name:
        case "ALIGN_RATE" if delta and numeric:
            return Combiner(lambda values: _sum(values) / period_s, MetricKind.GAUGE, ValueType.DOUBLE)
        case "ALIGN_DELTA" if delta:
            return Combiner(_total, kind, value_type)
        case "ALIGN_SUM":
            return Combiner(_total, kind, value_type)
        case "ALIGN_MEAN" if numeric:
            return Combiner(_mean, MetricKind.GAUGE, ValueType.DOUBLE)
        case "ALIGN_MAX" if numeric:
            return Combiner(lambda values: max(_numbers(values)), kind, value_type)
        case "ALIGN_MIN" if numeric:
            return Combiner(lambda values: min(_numbers(values)), kind, value_type)
        case "ALIGN_PERCENTILE_50" | "ALIGN_PERCENTILE_95" | "ALIGN_PERCENTILE_99" if not numeric:
            return Combiner(_percentile(PERCENTILES[name[-2:]]), MetricKind.GAUGE, ValueType.DOUBLE)
        case _:
            raise invalid_argument(
                f'Field aggregation.perSeriesAligner had an invalid value of "{name}": The aligner cannot be '
                f"applied to metrics with kind {kind.name} and value type {value_type.name}."
            )


def reducer(name: str, kind: MetricKind, value_type: ValueType) -> Combiner:
    """The combiner of `Aggregation.cross_series_reducer`. INVALID_ARGUMENT where Google refuses it."""
    numeric = value_type is not ValueType.DISTRIBUTION
    match name:
        case "REDUCE_SUM":
            return Combiner(_total, kind, value_type)
        case "REDUCE_MEAN":
            return Combiner(_mean, MetricKind.GAUGE, ValueType.DOUBLE)
        case "REDUCE_MAX" if numeric:
            return Combiner(lambda values: max(_numbers(values)), kind, value_type)
        case "REDUCE_MIN" if numeric:
            return Combiner(lambda values: min(_numbers(values)), kind, value_type)
        case "REDUCE_COUNT":
            return Combiner(len, MetricKind.GAUGE, ValueType.INT64)
        case "REDUCE_PERCENTILE_50" | "REDUCE_PERCENTILE_95" | "REDUCE_PERCENTILE_99":
            return Combiner(_percentile(PERCENTILES[name[-2:]]), MetricKind.GAUGE, ValueType.DOUBLE)
        case _:
            raise invalid_argument(
                f'Field aggregation.crossSeriesReducer had an invalid value of "{name}": The reducer cannot be '
                f"applied to values of type {value_type.name}."
            )


def _numbers(values: Sequence[Value]) -> list[int | float]:
    return [value for value in values if not isinstance(value, Distribution)]


def _distributions(values: Sequence[Value]) -> list[Distribution]:
    return [value for value in values if isinstance(value, Distribution)]


def _sum(values: Sequence[Value]) -> int | float:
    return sum(_numbers(values))


def _total(values: Sequence[Value]) -> Value:
    distributions = _distributions(values)
    return merged(distributions) if distributions else _sum(values)


def _mean(values: Sequence[Value]) -> Value:
    distributions = _distributions(values)
    return merged(distributions).mean if distributions else _sum(values) / len(values)


def _percentile(percent: float) -> Combine:
    def combine(values: Sequence[Value]) -> Value:
        distributions = _distributions(values)
        if distributions:
            return merged(distributions).percentile(percent)
        return _percentile_of_numbers(sorted(_numbers(values)), percent)

    return combine


def _percentile_of_numbers(ordered: Sequence[int | float], percent: float) -> float:
    """The percentile, interpolated linearly between the two neighbours of the rank."""
    rank = (len(ordered) - 1) * percent / 100
    low, high = ordered[math.floor(rank)], ordered[math.ceil(rank)]
    return low + (high - low) * (rank - math.floor(rank))
