"""Owns what the screen shows as its log: the buffer, and of which services from which severity on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cfconsole.domain.log_buffer import LogBuffer
from cfconsole.domain.logs import Severity
from cfconsole.domain.services import ServiceKey


class LogView:
    """The log the screen shows: that of the selected services, from a severity on."""

    def __init__(self, max_entries: int, max_bytes: int) -> None:
        self.buffer = LogBuffer(max_entries, max_bytes)
        self.min_severity = Severity.DEFAULT
        self.keys: tuple[ServiceKey, ...] = ()
        self.filling = 0
        """Counts how often the buffer was emptied to be filled again."""
        self.changed: Callable[[], None] = lambda: None
        """Called when something else is to be tailed."""

    def set_min_severity(self, severity: Severity) -> None:
        """Filters where the log is kept, not here: the tail starts anew and the buffer is filled again."""
        if severity != self.min_severity:
            self.min_severity = severity
            self._restart()

    def select(self, keys: Sequence[ServiceKey]) -> None:
        chosen = tuple(sorted(set(keys)))
        if chosen != self.keys:
            self.keys = chosen
            self._restart()

    def _restart(self) -> None:
        self.buffer.clear()
        self.filling += 1
        self.changed()
