"""Owns what the screen shows as its log: the buffer, and of which services from which severity on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from cfconsole.domain.log_buffer import LogBuffer, Row
from cfconsole.domain.logs import LogEntry, Severity
from cfconsole.domain.services import ServiceKey

CROWDED = 0.75
"""From so full a buffer on the services that are not shown give up their room."""


class LogView:
    """The log the screen shows: that of the selected services, from a severity on.

    The buffer holds more: what was shown lately, and entries below the severity from before it was raised.
    """

    def __init__(self, max_entries: int, max_bytes: int) -> None:
        self.buffer = LogBuffer(max_entries, max_bytes)
        self.min_severity = Severity.DEFAULT
        self.keys: tuple[ServiceKey, ...] = ()
        self.query = ""
        """The operator's expression in the Logging query language, empty for none."""
        self._kept: frozenset[ServiceKey] = frozenset()
        self.changed: Callable[[], None] = lambda: None
        """Called when something else is to be tailed."""
        self.forgot: Callable[[Collection[ServiceKey]], None] = lambda keys: None
        """Called when the entries of some services left the buffer."""

    def set_min_severity(self, severity: Severity) -> None:
        """Filters where the log is kept, not here: the tail starts anew, and what is lower now is read."""
        if severity != self.min_severity:
            self.min_severity = severity
            self.changed()

    def select(self, keys: Sequence[ServiceKey]) -> None:
        """What the buffer holds stays, so that coming back to a service costs only what came since."""
        chosen = tuple(sorted(set(keys)))
        if chosen != self.keys:
            self.keys = chosen
            self._kept |= set(chosen)
            self.changed()

    def add(self, entries: Sequence[LogEntry]) -> None:
        """Merges the entries of the services that are shown or were lately."""
        if len(self._kept) > len(self.keys) and self.buffer.fullness >= CROWDED:
            self._make_room()
        kept = self._kept
        self.buffer.add(entry for entry in entries if _service(entry) in kept)

    def _make_room(self) -> None:
        shown = frozenset(self.keys)
        hidden, self._kept = self._kept - shown, shown
        self.buffer.retain(lambda row: _belongs(row, shown))
        self.forgot(hidden)


def _service(entry: LogEntry) -> ServiceKey:
    return ServiceKey(entry.project, entry.region, entry.service)


def _belongs(row: Row, shown: frozenset[ServiceKey]) -> bool:
    if isinstance(row, LogEntry):
        return _service(row) in shown
    return not row.services or not shown.isdisjoint(row.services)
