"""Time series of Cloud Monitoring: queries, and their results on a grid of even steps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from google.cloud import monitoring_v3
from msgspec import Struct

from cfconsole.domain.fleet.metrics import Window
from cfconsole.domain.text import Scrubber
from cfconsole.gcp.protos.messages import Proto

REQUEST_COUNT = "run.googleapis.com/request_count"
REQUEST_LATENCIES = "run.googleapis.com/request_latencies"
INSTANCE_COUNT = "run.googleapis.com/container/instance_count"

SERVICE = ("resource.labels.location", "resource.labels.service_name")
REVISION = (*SERVICE, "resource.labels.revision_name")
REVISION_AND_CLASS = (*REVISION, "metric.labels.response_code_class")

MIN_STEP_S = 60.0
"""The shortest period that Monitoring aligns to."""

_POINTS_PER_PAGE = 20_000
"""A page is parsed in one go and blocks the event loop meanwhile, so it is small."""
_SERIES_PER_TURN = 40

_Aggregation = monitoring_v3.Aggregation


class TimeGrid(Struct, frozen=True):
    """Windows of `step_s` seconds that end at `end`, counted back from there as Monitoring does."""

    end: datetime
    step_s: float
    length: int
    incomplete: int = 0
    """How many of the newest windows may still grow."""

    def index_of(self, at: datetime) -> int | None:
        """The index of the window that ends at `at`, counted from the oldest; `None` outside the grid."""
        index = self.length - 1 - round((self.end - at).total_seconds() / self.step_s)
        return index if 0 <= index < self.length else None

    def window(self, values: Sequence[float | None]) -> Window:
        return Window(self.end, self.step_s, tuple(values), self.incomplete)

    def latest_complete(self, seconds: float) -> slice:
        """The newest complete windows that cover about `seconds`, at least one."""
        stop = self.length - self.incomplete
        return slice(max(0, stop - max(1, round(seconds / self.step_s))), stop)


class MetricQuery(Struct, frozen=True):
    """A grouped query for all services of a project."""

    metric: str
    aligner: int
    reducer: int
    group_by: tuple[str, ...]
    grid: TimeGrid


class TimeSeries(NamedTuple):
    """One series: the values of the labels it is grouped by, and its numbers on the grid."""

    labels: tuple[str, ...]
    values: tuple[float | None, ...]


def grid_for(end: datetime, window_s: float, sample_period_s: float, ingest_delay_s: float) -> TimeGrid:
    """A grid in which each window is either complete or incomplete, never partly both.

    All points older than the ingest delay can be read (`MetricDescriptorMetadata.ingest_delay`).
    """
    step_s = max(MIN_STEP_S, sample_period_s)
    incomplete = int(ingest_delay_s // step_s)
    complete_until = end - timedelta(seconds=ingest_delay_s)
    length = max(incomplete + 1, round(window_s / step_s))
    return TimeGrid(complete_until + timedelta(seconds=incomplete * step_s), step_s, length, incomplete)


def request_for(project: str, query: MetricQuery) -> monitoring_v3.ListTimeSeriesRequest:
    """The query as a request of Monitoring v3 `ListTimeSeries`."""
    grid = query.grid
    start = grid.end - timedelta(seconds=grid.step_s * grid.length)
    return monitoring_v3.ListTimeSeriesRequest(
        name=f"projects/{project}",
        filter=f'metric.type="{query.metric}" AND resource.type="cloud_run_revision"',
        interval=monitoring_v3.TimeInterval(start_time=start, end_time=grid.end),
        aggregation=_Aggregation(
            alignment_period=timedelta(seconds=grid.step_s),
            per_series_aligner=query.aligner,
            cross_series_reducer=query.reducer,
            group_by_fields=list(query.group_by),
        ),
        view=monitoring_v3.ListTimeSeriesRequest.TimeSeriesView.FULL,
        page_size=_POINTS_PER_PAGE,
    )


async def read_series(pages: Any, query: MetricQuery, scrub: Scrubber) -> AsyncIterator[TimeSeries]:
    """The series of all pages; the event loop gets a turn in between."""
    async for page in pages:
        raw = monitoring_v3.ListTimeSeriesResponse.pb(page)
        for number, series in enumerate(raw.time_series):
            if number % _SERIES_PER_TURN == 0:
                await asyncio.sleep(0)
            yield _time_series(series, query, scrub)


def _time_series(series: Proto, query: MetricQuery, scrub: Scrubber) -> TimeSeries:
    values: list[float | None] = [None] * query.grid.length
    for point in series.points:
        index = query.grid.index_of(_time(point.interval.end_time))
        kind = point.value.WhichOneof("value")
        if index is not None and kind in ("int64_value", "double_value"):
            values[index] = float(getattr(point.value, kind))
    return TimeSeries(tuple(_label(series, path, scrub) for path in query.group_by), tuple(values))


def _label(series: Proto, path: str, scrub: Scrubber) -> str:
    side, _, name = path.split(".")
    return scrub.line(getattr(series, side).labels.get(name, ""))


def _time(stamp: Proto) -> datetime:
    return datetime.fromtimestamp(stamp.seconds, UTC) + timedelta(microseconds=stamp.nanos // 1000)
