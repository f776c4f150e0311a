"""Numbers of all services of a project in a handful of grouped queries to Cloud Monitoring."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from google.cloud import monitoring_v3

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.fleet.metrics import MetricsRead
from cfconsole.domain.text import Scrubber
from cfconsole.gcp.connection.caller import READ_RETRY, READ_TIMEOUT_S, ApiCaller
from cfconsole.gcp.connection.clients import Clients
from cfconsole.gcp.connection.options import RateLimits
from cfconsole.gcp.connection.throttle import Lanes
from cfconsole.gcp.metrics.numbers import MetricAnswers, service_metrics
from cfconsole.gcp.metrics.series import (
    INSTANCE_COUNT,
    REQUEST_COUNT,
    REQUEST_LATENCIES,
    REVISION,
    REVISION_AND_CLASS,
    SERVICE,
    MetricQuery,
    TimeGrid,
    TimeSeries,
    grid_for,
    read_series,
    request_for,
)

INSTANCES_STEPS = 3
"""How far back the newest count of instances may lie; services scaled to zero have none."""

_Aligner = monitoring_v3.Aggregation.Aligner
_Reducer = monitoring_v3.Aggregation.Reducer


class MetricTiming(NamedTuple):
    """How often a metric is sampled and how late it can be read, in seconds."""

    sample_period_s: float = 60.0
    ingest_delay_s: float = 180.0


class CloudMetrics:
    """The metrics port of a real or emulated Google Cloud."""

    def __init__(self, clients: Clients, limits: RateLimits, scrub: Scrubber) -> None:
        self._client = clients.metrics
        self._caller = ApiCaller("Cloud Monitoring", scrub)
        self._lanes = Lanes(limits.monitoring_read)
        self._paces: dict[tuple[str, str], MetricTiming] = {}
        self._scrub = scrub

    async def read(self, project: str, *, end: datetime, window_s: float, judged_s: float) -> MetricsRead:
        """Charts over the last `window_s`, numbers over the last `judged_s` that are complete. Raises `CloudError`."""
        count_pace, latency_pace = await asyncio.gather(
            self._pace(project, REQUEST_COUNT), self._pace(project, REQUEST_LATENCIES)
        )
        pace = MetricTiming(*map(max, zip(count_pace, latency_pace, strict=True)))
        grid = grid_for(end, window_s, *pace)
        read = await asyncio.gather(*(self._ask(project, each) for each in _questions(grid, judged_s)))
        # For two thousand services it takes 60 ms, for which the keyboard must not wait.
        services = await asyncio.to_thread(service_metrics, project, MetricAnswers(*read), grid, judged_s)
        return MetricsRead(end, services, *pace)

    async def _ask(self, project: str, question: MetricQuery) -> list[TimeSeries]:
        request = request_for(project, question)

        async def ask() -> list[TimeSeries]:
            pager = await self._client.list_time_series(request, retry=READ_RETRY, timeout=READ_TIMEOUT_S)
            return [answer async for answer in read_series(pager.pages, question, self._scrub)]

        return await self._caller.call(ask, self._lanes.lane(project))

    async def _pace(self, project: str, metric: str) -> MetricTiming:
        """What the metric says of itself, read once; the documented pace while nothing was ever measured."""
        known = self._paces.get((project, metric))
        if known is not None:
            return known
        request = monitoring_v3.GetMetricDescriptorRequest(name=f"projects/{project}/metricDescriptors/{metric}")
        try:
            descriptor = await self._caller.call(
                lambda: self._client.get_metric_descriptor(request, retry=READ_RETRY, timeout=READ_TIMEOUT_S),
                self._lanes.lane(project),
            )
        except CloudError as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise
            return MetricTiming()
        told = descriptor.metadata
        pace = MetricTiming(float(told.sample_period.seconds), float(told.ingest_delay.seconds))
        if not descriptor.HasField("metadata"):
            pace = MetricTiming()
        self._paces[project, metric] = pace
        return pace


def _questions(grid: TimeGrid, judged_s: float) -> Sequence[MetricQuery]:
    """In the order of `MetricAnswers`. Percentiles merge distributions: those of single series can't be added up."""
    judged = grid.judged(judged_s)
    complete_until = grid.end - timedelta(seconds=grid.step_s * grid.incomplete)
    lately = TimeGrid(complete_until, grid.step_s * (judged.stop - judged.start), 1)
    running = TimeGrid(complete_until, grid.step_s, INSTANCES_STEPS)
    delta, p95 = _Aligner.ALIGN_DELTA, _Reducer.REDUCE_PERCENTILE_95
    return (
        MetricQuery(REQUEST_COUNT, delta, _Reducer.REDUCE_SUM, REVISION_AND_CLASS, grid),
        MetricQuery(REQUEST_LATENCIES, delta, p95, SERVICE, grid),
        MetricQuery(REQUEST_LATENCIES, delta, p95, SERVICE, lately),
        MetricQuery(REQUEST_LATENCIES, delta, p95, REVISION, lately),
        MetricQuery(INSTANCE_COUNT, _Aligner.ALIGN_MAX, _Reducer.REDUCE_SUM, SERVICE, running),
    )
