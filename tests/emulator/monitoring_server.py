"""A running Cloud Monitoring emulator with Google's asynchronous clients."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from google.cloud.monitoring_v3 import (
    AlertPolicyServiceAsyncClient,
    MetricServiceAsyncClient,
    SnoozeServiceAsyncClient,
)
from google.cloud.monitoring_v3.services.alert_policy_service.transports import (
    AlertPolicyServiceGrpcAsyncIOTransport,
)
from google.cloud.monitoring_v3.services.metric_service.transports import MetricServiceGrpcAsyncIOTransport
from google.cloud.monitoring_v3.services.snooze_service.transports import SnoozeServiceGrpcAsyncIOTransport
from google.cloud.monitoring_v3.types import AlertPolicy, ListTimeSeriesRequest, TimeSeries
from grpc import aio

from cfconsole.emulator.alerts.policies import AlertPolicies
from cfconsole.emulator.clock import ManualClock
from cfconsole.emulator.logs.store import LogStore
from cfconsole.emulator.metrics.servicer import metric_handlers
from cfconsole.emulator.metrics.store import MetricStore

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
POLICY = "projects/shop/alertPolicies/101"
COUNT = 'metric.type="run.googleapis.com/request_count" AND resource.type="cloud_run_revision"'
LATENCY = 'metric.type="run.googleapis.com/request_latencies" AND resource.type="cloud_run_revision"'
INSTANCES = 'metric.type="run.googleapis.com/container/instance_count"'


class Shop:
    """The metric store, alert policies and clients of one running emulator."""

    def __init__(self) -> None:
        self.clock = ManualClock(START)
        self.metrics = MetricStore(self.clock)
        self.logs = LogStore(self.clock)
        self.alerts = AlertPolicies(self.clock, self.metrics, self.logs.write)

    def serve(
        self,
        count: int,
        *,
        service: str = "orders-api",
        revision: str = "orders-api-00041",
        code: int = 200,
        latency_ms: float = 80.0,
        ago: float = 5.0,
    ) -> None:
        """Records requests served `ago` seconds before now."""
        self.metrics.record_requests(
            project="shop",
            region="us-central1",
            service=service,
            revision=revision,
            response_code=code,
            count=count,
            latencies_ms=[latency_ms],
            at=self.clock.now() - timedelta(seconds=ago),
        )


class Monitoring:
    """The clients of a running emulator."""

    def __init__(self, shop: Shop, channel: aio.Channel) -> None:
        self._shop = shop
        self.metrics = MetricServiceAsyncClient(transport=MetricServiceGrpcAsyncIOTransport(channel=channel))
        self.policies = AlertPolicyServiceAsyncClient(transport=AlertPolicyServiceGrpcAsyncIOTransport(channel=channel))
        self.snoozes = SnoozeServiceAsyncClient(transport=SnoozeServiceGrpcAsyncIOTransport(channel=channel))

    async def series(
        self, filter_: str, minutes: float = 5, page_size: int = 0, **aggregation: Any
    ) -> list[TimeSeries]:
        """The series of the last `minutes`."""
        now = self._shop.clock.now()
        request = ListTimeSeriesRequest(
            {
                "name": "projects/shop",
                "filter": filter_,
                "interval": {"start_time": now - timedelta(minutes=minutes), "end_time": now},
                "page_size": page_size,
                "aggregation": aggregation,
            }
        )
        return [series async for series in await self.metrics.list_time_series(request)]


@asynccontextmanager
async def monitoring(shop: Shop) -> AsyncIterator[Monitoring]:
    """Serves `shop` until the end of the block."""
    server = aio.server()
    server.add_generic_rpc_handlers(metric_handlers(shop.metrics, shop.alerts))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Monitoring(shop, channel)
    finally:
        await server.stop(None)


def error_rate_policy(**changes: Any) -> AlertPolicy:
    """A policy that fires if more than 1 % of a service's requests in a minute fail."""
    aggregation = {
        "alignment_period": "60s",
        "per_series_aligner": "ALIGN_DELTA",
        "cross_series_reducer": "REDUCE_SUM",
        "group_by_fields": ["resource.label.service_name", "resource.labels.location"],
    }
    threshold = {
        "filter": f'{COUNT} AND metric.labels.response_code_class="5xx"',
        "aggregations": [aggregation],
        "denominator_filter": COUNT,
        "denominator_aggregations": [aggregation],
        "comparison": "COMPARISON_GT",
        "threshold_value": 0.01,
        "duration": "0s",
        **changes.pop("threshold", {}),
    }
    return AlertPolicy(
        {
            "name": POLICY,
            "display_name": "Error rate above 1 %",
            "severity": "CRITICAL",
            "user_labels": {"team": "shop"},
            "conditions": [{"display_name": "5xx", "condition_threshold": threshold}],
            "combiner": "OR",
            **changes,
        }
    )
