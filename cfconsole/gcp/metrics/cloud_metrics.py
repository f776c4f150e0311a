"""The metrics of all services of a project, read with five grouped queries to Cloud Monitoring."""

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

INSTANCE_STEPS = 3
"""How many steps back the newest instance count is looked for; services scaled to zero have none."""

_Aligner = monitoring_v3.Aggregation.Aligner
_Reducer = monitoring_v3.Aggregation.Reducer


class MetricTiming(NamedTuple):
    """Sample period and ingest delay of a metric, in seconds."""

    sample_period_s: float = 60.0
    ingest_delay_s: float = 180.0


class CloudMetrics:
    """The metrics port of a real or emulated Google Cloud."""

    def __init__(self, clients: Clients, limits: RateLimits, scrub: Scrubber) -> None:
        self._client = clients.metrics
        self._caller = ApiCaller("Cloud Monitoring", scrub)
        self._lanes = Lanes(limits.monitoring_read)
        self._timings: dict[tuple[str, str], MetricTiming] = {}
        self._scrub = scrub

    async def read(self, project: str, *, end: datetime, window_s: float, recent_s: float) -> MetricsRead:
        """Charts over the last `window_s`, and numbers over the newest complete `recent_s`. Raises `CloudError`."""
        count_timing, latency_timing = await asyncio.gather(
            self._timing(project, REQUEST_COUNT), self._timing(project, REQUEST_LATENCIES)
        )
        timing = MetricTiming(*map(max, zip(count_timing, latency_timing, strict=True)))
        grid = grid_for(end, window_s, *timing)
        read = await asyncio.gather(*(self._series(project, each) for each in _queries(grid, recent_s)))
        # This takes 60 ms for two thousand services, too long to block the event loop.
        services = await asyncio.to_thread(service_metrics, project, MetricAnswers(*read), grid, recent_s)
        return MetricsRead(end, services, *timing)

    async def _series(self, project: str, query: MetricQuery) -> list[TimeSeries]:
        request = request_for(project, query)

        async def read() -> list[TimeSeries]:
            pager = await self._client.list_time_series(request, retry=READ_RETRY, timeout=READ_TIMEOUT_S)
            return [series async for series in read_series(pager.pages, query, self._scrub)]

        return await self._caller.call(read, self._lanes.lane(project))

    async def _timing(self, project: str, metric: str) -> MetricTiming:
        """The timing in the metric's descriptor, read once; the default where nothing was ever measured."""
        known = self._timings.get((project, metric))
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
        metadata = descriptor.metadata
        timing = MetricTiming(float(metadata.sample_period.seconds), float(metadata.ingest_delay.seconds))
        if not descriptor.HasField("metadata"):
            timing = MetricTiming()
        self._timings[project, metric] = timing
        return timing


def _queries(grid: TimeGrid, recent_s: float) -> Sequence[MetricQuery]:
    """The queries, in the order of `MetricAnswers`.

    Percentiles are queried at each level: they merge distributions, and can't be computed from those of single series.
    """
    recent = grid.latest_complete(recent_s)
    complete_until = grid.end - timedelta(seconds=grid.step_s * grid.incomplete)
    one_value = TimeGrid(complete_until, grid.step_s * (recent.stop - recent.start), 1)
    newest_steps = TimeGrid(complete_until, grid.step_s, INSTANCE_STEPS)
    delta, p95 = _Aligner.ALIGN_DELTA, _Reducer.REDUCE_PERCENTILE_95
    return (
        MetricQuery(REQUEST_COUNT, delta, _Reducer.REDUCE_SUM, REVISION_AND_CLASS, grid),
        MetricQuery(REQUEST_LATENCIES, delta, p95, SERVICE, grid),
        MetricQuery(REQUEST_LATENCIES, delta, p95, SERVICE, one_value),
        MetricQuery(REQUEST_LATENCIES, delta, p95, REVISION, one_value),
        MetricQuery(INSTANCE_COUNT, _Aligner.ALIGN_MAX, _Reducer.REDUCE_SUM, SERVICE, newest_steps),
    )
