"""The gRPC service `MetricService` of `google.monitoring.v3`, and the handlers of all its services."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import grpc
from google.cloud.monitoring_v3.types import (
    GetMetricDescriptorRequest,
    ListMetricDescriptorsRequest,
    ListMetricDescriptorsResponse,
    ListTimeSeriesRequest,
    ListTimeSeriesResponse,
)

from cfconsole.emulator.alerts.policies import AlertPolicies
from cfconsole.emulator.alerts.servicer import alert_policy_handler, snooze_handler
from cfconsole.emulator.api.rpc import async_unary, encoded
from cfconsole.emulator.errors import ApiError, invalid_argument
from cfconsole.emulator.metrics.catalog import CATALOG
from cfconsole.emulator.metrics.filters import compile_series_filter
from cfconsole.emulator.metrics.query import Series, SeriesQuery
from cfconsole.emulator.metrics.store import MetricStore
from cfconsole.emulator.metrics.wire import (
    aggregation_of,
    descriptor,
    interval_of,
    project_of,
    series_message,
)

SERVICE = "google.monitoring.v3.MetricService"
MAX_PAGE_SIZE = 100_000
"""Points of all series of a page together."""
_HEADERS_ONLY = ListTimeSeriesRequest.TimeSeriesView.HEADERS
_new_response: Any = ListTimeSeriesResponse.pb()


def metric_handlers(store: MetricStore, alert_book: AlertPolicies) -> tuple[grpc.GenericRpcHandler, ...]:
    """The gRPC handlers of MetricService, AlertPolicyService and SnoozeService."""
    metrics = _MetricMethods(store)
    return (
        grpc.method_handlers_generic_handler(
            SERVICE,
            {
                "ListTimeSeries": async_unary(metrics.list_time_series, ListTimeSeriesRequest),
                "GetMetricDescriptor": async_unary(metrics.get_descriptor, GetMetricDescriptorRequest),
                "ListMetricDescriptors": async_unary(metrics.list_descriptors, ListMetricDescriptorsRequest),
            },
        ),
        alert_policy_handler(alert_book),
        snooze_handler(alert_book),
    )


class _MetricMethods:
    def __init__(self, store: MetricStore) -> None:
        self._store = store

    async def list_time_series(self, request: Any, context: Any) -> bytes:
        after, until = interval_of(request.interval)
        query = SeriesQuery(
            project_of(request.name),
            compile_series_filter(request.filter),
            after,
            until,
            aggregation_of(request.aggregation, self._store.sample_period_s),
        )
        if not 0 <= request.page_size <= MAX_PAGE_SIZE:
            raise invalid_argument(f"page_size must be between 0 and {MAX_PAGE_SIZE}, not {request.page_size}.")
        series = await query.run(self._store, self._store.visible_until())
        headers_only = request.view == _HEADERS_ONLY
        response = _page(series, request.page_size or MAX_PAGE_SIZE, _offset(request.page_token), headers_only)
        wire: bytes = response.SerializeToString()
        return wire

    async def get_descriptor(self, request: Any, context: Any) -> bytes:
        owner, _, metric_type = request.name.partition("/metricDescriptors/")
        metric = CATALOG.get(metric_type)
        if metric is None:
            message = f"Could not find descriptor for metric '{metric_type}'."
            raise ApiError(grpc.StatusCode.NOT_FOUND, message)
        wire: bytes = descriptor(metric, project_of(owner), self._store).SerializeToString()
        return wire

    async def list_descriptors(self, request: Any, context: Any) -> bytes:
        project = project_of(request.name)
        metrics = list(CATALOG.values())
        if request.filter:
            metrics = [compile_series_filter(request.filter).metric]
        return encoded(
            ListMetricDescriptorsResponse(
                metric_descriptors=[descriptor(metric, project, self._store) for metric in metrics]
            )
        )


def _offset(token: str) -> int:
    if token and not token.isdigit():
        raise invalid_argument("page_token is not valid; use next_page_token of the page before.")
    return int(token or 0)


def _page(series: Sequence[Series], size: int, offset: int, headers_only: bool) -> Any:
    """At most `size` points from `offset` on; a series may continue on the next page."""
    response = _new_response()
    end = offset + size
    begins = 0
    for one in series:
        ends = begins + len(one.points)
        points = one.points[max(0, offset - begins) : max(0, end - begins)]
        if points:
            response.time_series.append(series_message(one, [] if headers_only else points))
        begins = ends
    if begins > end:
        response.next_page_token = str(end)
    return response
