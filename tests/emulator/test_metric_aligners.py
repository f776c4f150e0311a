"""Aligners, reducers and distributions as pure functions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cfconsole.emulator.errors import ApiError
from cfconsole.emulator.metrics.aligners import aligner, reducer
from cfconsole.emulator.metrics.catalog import MetricKind, ValueType
from cfconsole.emulator.metrics.distributions import Distribution, bounds_of, bucket_of, merged
from cfconsole.emulator.metrics.query import align, reduce_points
from cfconsole.emulator.metrics.store import GIGA, Point

DELTA, GAUGE = MetricKind.DELTA, MetricKind.GAUGE
INT64, DISTRIBUTION = ValueType.INT64, ValueType.DISTRIBUTION


def _distribution(*values: float) -> Distribution:
    distribution = Distribution()
    for value in values:
        distribution.add(value)
    return distribution


@pytest.mark.parametrize(
    ("name", "kind", "values", "expected"),
    [
        ("ALIGN_RATE", DELTA, [30, 60], 1.5),
        ("ALIGN_DELTA", DELTA, [30, 60], 90),
        ("ALIGN_SUM", DELTA, [30, 60], 90),
        ("ALIGN_SUM", GAUGE, [1, 2], 3),
        ("ALIGN_MEAN", GAUGE, [1, 2], 1.5),
        ("ALIGN_MAX", GAUGE, [1, 5, 2], 5),
        ("ALIGN_MIN", GAUGE, [4, 1, 2], 1),
    ],
)
def test_numbers_are_aligned(name: str, kind: MetricKind, values: list[int], expected: float) -> None:
    assert aligner(name, kind, INT64, 60.0).combine(values) == expected


@pytest.mark.parametrize(
    ("name", "kind", "value_type"),
    [
        ("ALIGN_MAX", DELTA, DISTRIBUTION),
        ("ALIGN_MEAN", DELTA, DISTRIBUTION),
        ("ALIGN_RATE", DELTA, DISTRIBUTION),
        ("ALIGN_RATE", GAUGE, INT64),
        ("ALIGN_DELTA", GAUGE, INT64),
        ("ALIGN_PERCENTILE_95", DELTA, INT64),
        ("ALIGN_STDDEV", GAUGE, INT64),
    ],
)
def test_aligners_that_do_not_fit_are_refused(name: str, kind: MetricKind, value_type: ValueType) -> None:
    with pytest.raises(ApiError, match="cannot be applied"):
        aligner(name, kind, value_type, 60.0)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("REDUCE_SUM", 10),
        ("REDUCE_MEAN", 2.5),
        ("REDUCE_MAX", 4),
        ("REDUCE_MIN", 1),
        ("REDUCE_COUNT", 4),
        ("REDUCE_PERCENTILE_50", 2.5),
        ("REDUCE_PERCENTILE_95", pytest.approx(3.85)),
    ],
)
def test_numbers_are_reduced(name: str, expected: float) -> None:
    assert reducer(name, DELTA, INT64).combine([4, 1, 3, 2]) == expected


def test_distributions_have_a_mean_and_no_maximum() -> None:
    parts = [_distribution(10, 20), _distribution(60)]
    assert reducer("REDUCE_MEAN", DELTA, DISTRIBUTION).combine(parts) == pytest.approx(30)
    with pytest.raises(ApiError, match="cannot be applied"):
        reducer("REDUCE_MAX", DELTA, DISTRIBUTION)


def test_windows_are_counted_back_from_the_end_and_empty_ones_are_absent() -> None:
    step = aligner("ALIGN_DELTA", DELTA, INT64, 60.0)
    points = [Point(second * GIGA, 1) for second in (40, 100, 110, 300)]
    aligned = align(points, 305 * GIGA, 60 * GIGA, step)
    assert aligned == [Point(305 * GIGA, 1), Point(125 * GIGA, 2), Point(65 * GIGA, 1)]


def test_reduction_joins_series_by_moment() -> None:
    step = reducer("REDUCE_SUM", DELTA, INT64)
    assert reduce_points([[Point(2, 5), Point(1, 1)], [Point(2, 7)]], step) == [Point(2, 12), Point(1, 1)]


@given(st.floats(min_value=0, max_value=1e9))
def test_every_value_lies_in_its_bucket(value: float) -> None:
    bucket = bucket_of(value)
    low, high = bounds_of(bucket)
    assert value >= low * (1 - 1e-6)
    assert value <= high * (1 + 1e-6) or bucket == 81


@given(st.lists(st.floats(min_value=0, max_value=1e5), min_size=1, max_size=50), st.integers(0, 50))
def test_merging_is_the_same_as_measuring_together(values: list[float], cut: int) -> None:
    together = _distribution(*values)
    apart = merged([_distribution(*values[:cut]), _distribution(*values[cut:])])
    assert apart.buckets == together.buckets
    assert apart.count == together.count
    assert apart.mean == pytest.approx(together.mean)


@given(st.lists(st.floats(min_value=1, max_value=1e5), min_size=1, max_size=50))
def test_percentiles_rise_and_stay_near_the_values(values: list[float]) -> None:
    distribution = _distribution(*values)
    found = [distribution.percentile(percent) for percent in (0, 50, 95, 100)]
    assert found == sorted(found)
    assert min(values) / 1.2 * 0.999 <= found[0]
    assert found[-1] <= max(values) * 1.2 * 1.001
