"""The interfaces through which the world and the gateway write log entries and metric points."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol


class EntrySink(Protocol):
    """Stores log entries."""

    def write(self, entry: Any) -> None:
        """Stores one raw protobuf `google.logging.v2.LogEntry`, as returned by `LogEntry.pb(entry)`."""
        ...


class MetricSink(Protocol):
    """Records requests and instances for the metrics of Cloud Monitoring."""

    def record_request(
        self,
        *,
        project: str,
        region: str,
        service: str,
        revision: str,
        response_code: int,
        latency_ms: float,
        at: datetime,
    ) -> None:
        """Records one served request."""
        ...

    def record_requests(
        self,
        *,
        project: str,
        region: str,
        service: str,
        revision: str,
        response_code: int,
        count: int,
        latencies_ms: Sequence[float],
        at: datetime,
    ) -> None:
        """Records `count` synthesised requests at one time; `latencies_ms` is a sample of their latencies."""
        ...

    def record_instances(
        self,
        *,
        project: str,
        region: str,
        service: str,
        revision: str,
        active: int,
        idle: int,
        at: datetime,
    ) -> None:
        """Records how many instances of a revision run at `at`."""
        ...
