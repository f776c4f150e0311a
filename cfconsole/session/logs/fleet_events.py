"""Detects events of the fleet in the log: a service was changed, an alert opened or closed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.entries import LogEntry
from cfconsole.domain.logs.query import VIOLATION_LOGS
from cfconsole.domain.logs.times import NS, to_ns
from cfconsole.session.ports import ClockPort

MAX_EVENT_AGE_S = 600
"""Older events are read with the past and are already known."""
MAX_KNOWN_EVENTS = 1000


class FleetEventDetector:
    """Gets every entry, and reports each event once, however often it is read."""

    def __init__(
        self, clock: ClockPort, service_changed: Callable[[ServiceKey], None], alerts_changed: Callable[[], None]
    ) -> None:
        self._clock = clock
        self._service_changed = service_changed
        self._alerts_changed = alerts_changed
        self._known: dict[tuple[str, int, str], None] = {}

    def feed(self, entries: Iterable[LogEntry]) -> None:
        for entry in entries:
            if entry.method and entry.service:
                if self._is_new(entry):
                    self._service_changed(ServiceKey(entry.project, entry.region, entry.service))
            elif entry.log.startswith(VIOLATION_LOGS) and self._is_new(entry):
                self._alerts_changed()

    def _is_new(self, entry: LogEntry) -> bool:
        if entry.identity in self._known or entry.timestamp_ns < to_ns(self._clock.now()) - MAX_EVENT_AGE_S * NS:
            return False
        self._known[entry.identity] = None
        if len(self._known) > MAX_KNOWN_EVENTS:
            del self._known[next(iter(self._known))]
        return True
