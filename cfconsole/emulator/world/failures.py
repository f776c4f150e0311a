"""What goes wrong inside the cloud when it is told to: operations, starts of revisions, request logs."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from cfconsole.emulator.world.names import ServiceName


class StartFailure(NamedTuple):
    """How the next new revision of a service fails, whatever its image is."""

    message: str
    after_s: float
    """How long it keeps everybody waiting first."""


@dataclass(slots=True)
class PendingFailures:
    """Troubles that wait for their occasion. Unlike faults of calls they strike after a write was accepted."""

    operation_failures: deque[str] = field(default_factory=deque)
    """Messages with which the next writes to services end; what served before goes on serving."""
    start_failures: dict[ServiceName, StartFailure] = field(default_factory=dict)
    unlogged: set[ServiceName] = field(default_factory=set)
    """Services whose requests stay out of the log, as an exclusion filter of a sink keeps them."""

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self.operation_failures.clear()
        self.start_failures.clear()
        self.unlogged.clear()

    def operation_failure(self) -> str:
        """Why the operation that ends now fails; empty when it does not."""
        return self.operation_failures.popleft() if self.operation_failures else ""

    def start_failure(self, service: ServiceName) -> StartFailure | None:
        """How the revision that starts now fails; None when it starts as its image does."""
        return self.start_failures.pop(service, None)
