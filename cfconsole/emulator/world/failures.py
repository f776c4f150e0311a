"""Failures injected into the cloud itself: of operations, starts of revisions and request logs."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from cfconsole.emulator.world.names import ServiceName


class StartFailure(NamedTuple):
    """How the next new revision of a service fails, regardless of its image."""

    message: str
    after_s: float
    """The delay before the failure."""


@dataclass(slots=True)
class PendingFailures:
    """Failures waiting for the next write or start. Unlike faults of calls, they occur after a write was accepted."""

    operation_failures: deque[str] = field(default_factory=deque)
    """The error messages of the next writes to services; the old split keeps serving."""
    start_failures: dict[ServiceName, StartFailure] = field(default_factory=dict)
    unlogged: set[ServiceName] = field(default_factory=set)
    """Services whose requests are not logged, as with an exclusion filter of a log sink."""

    def clear(self) -> None:
        """Removes all failures."""
        self.operation_failures.clear()
        self.start_failures.clear()
        self.unlogged.clear()

    def operation_failure(self) -> str:
        """Takes the error message of the operation that ends now; empty if it succeeds."""
        return self.operation_failures.popleft() if self.operation_failures else ""

    def start_failure(self, service: ServiceName) -> StartFailure | None:
        """Takes the failure of the revision that starts now; None if it starts as its image does."""
        return self.start_failures.pop(service, None)
