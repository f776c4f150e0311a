"""What the world and the gateway report to: the sinks for log entries and for metric points."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol


class EntrySink(Protocol):
    """Keeps log entries."""

    def write(self, entry: Any) -> None:
        """Takes one raw protobuf `google.logging.v2.LogEntry`, as `LogEntry.pb(entry)` gives it."""
        ...


class MetricSink(Protocol):
    """Turns served requests and running instances into the points of Cloud Monitoring."""

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
        """One served request."""
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
        """`count` requests of one moment of synthesised history; `latencies_ms` is a sample of theirs."""
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
        """How many instances of a revision run at `at`."""
        ...
