"""Conversion of series, descriptors and query parameters to and from the messages of Cloud Monitoring."""

from __future__ import annotations

import re
from typing import Any

from google.api import metric_pb2
from google.cloud.monitoring_v3.types import Aggregation as AggregationMessage
from google.cloud.monitoring_v3.types import TimeSeries

from cfconsole.emulator.errors import invalid_argument
from cfconsole.emulator.logs.raw import GIGA, nanoseconds, set_nanoseconds
from cfconsole.emulator.metrics.catalog import RESOURCE_TYPE, MetricKind, MetricType, ValueType
from cfconsole.emulator.metrics.distributions import Distribution
from cfconsole.emulator.metrics.query import Aggregation, Series
from cfconsole.emulator.metrics.store import MetricStore, Point, Value

_new_series: Any = TimeSeries.pb()
_PROJECT = re.compile(r"projects/([^/]+)")
_Aligner = AggregationMessage.Aligner
_Reducer = AggregationMessage.Reducer


def project_of(name: str) -> str:
    """The project in `projects/P`. Raises `ApiError` (INVALID_ARGUMENT) for a malformed name."""
    match = _PROJECT.fullmatch(name)
    if match is None:
        raise invalid_argument(f"Name {name!r} is not valid; write it like projects/PROJECT_ID.")
    return match.group(1)


def aggregation_of(message: Any, sample_period_s: float) -> Aggregation:
    """The aggregation of a request or an alert condition; `sample_period_s` is the minimum alignment period.

    Google's minimum is 60 s, its own sample period. Raises `ApiError` (INVALID_ARGUMENT).
    """
    aligner = _Aligner(message.per_series_aligner).name
    reducer = _Reducer(message.cross_series_reducer).name
    period_s = nanoseconds(message.alignment_period) / GIGA
    if aligner == "ALIGN_NONE":
        if reducer != "REDUCE_NONE":
            raise invalid_argument("aggregation.perSeriesAligner must be set where crossSeriesReducer is.")
        return Aggregation(period_s, aligner, reducer)
    if period_s < sample_period_s:
        raise invalid_argument(
            f'Field aggregation.alignmentPeriod had an invalid value of "{period_s:g}s": '
            f"It must be at least {sample_period_s:g} seconds."
        )
    return Aggregation(period_s, aligner, reducer, tuple(message.group_by_fields))


def interval_of(message: Any) -> tuple[int, int]:
    """Start and end in nanoseconds. An interval without a start is the instant of its end."""
    if not message.HasField("end_time"):
        raise invalid_argument("interval.endTime must be set.")
    until = nanoseconds(message.end_time)
    after = nanoseconds(message.start_time) if message.HasField("start_time") else until - 1
    if after > until:
        raise invalid_argument("interval.startTime must not be later than interval.endTime.")
    return after, until


def series_message(series: Series, points: list[Point]) -> Any:
    """A raw `TimeSeries` with these points."""
    message = _new_series()
    message.metric.type = series.metric.type
    message.metric.labels.update(series.labels.metric)
    message.resource.type = RESOURCE_TYPE
    message.resource.labels.update(series.labels.resource)
    message.metric_kind = series.kind.value
    message.value_type = series.value_type.value
    message.unit = series.metric.unit
    for point in points:
        added = message.points.add()
        set_nanoseconds(added.interval.end_time, point.end)
        width = series.width if series.kind is MetricKind.DELTA else 0
        set_nanoseconds(added.interval.start_time, point.end - width)
        _set_value(added.value, point.value, series.value_type)
    return message


def _set_value(typed: Any, value: Value, value_type: ValueType) -> None:
    if isinstance(value, Distribution):
        typed.distribution_value.CopyFrom(value.message())
    elif value_type is ValueType.INT64:
        typed.int64_value = int(value)
    else:
        typed.double_value = float(value)


def descriptor(metric: MetricType, project: str, store: MetricStore) -> metric_pb2.MetricDescriptor:
    """The descriptor, with the emulator's sample period and ingest delay in its metadata."""
    message = metric_pb2.MetricDescriptor(
        name=f"projects/{project}/metricDescriptors/{metric.type}",
        type=metric.type,
        metric_kind=metric_pb2.MetricDescriptor.MetricKind.Name(metric.kind.value),
        value_type=metric_pb2.MetricDescriptor.ValueType.Name(metric.value_type.value),
        unit=metric.unit,
        display_name=metric.display_name,
        description=metric.description,
        monitored_resource_types=[RESOURCE_TYPE],
    )
    for label in metric.labels:
        message.labels.add(key=label)
    message.metadata.sample_period.FromNanoseconds(round(store.sample_period_s * GIGA))
    message.metadata.ingest_delay.FromNanoseconds(round(store.ingest_delay_s * GIGA))
    return message
