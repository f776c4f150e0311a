"""Owns the log of the console: what is tailed, the buffer it is merged into, and how well that goes."""

from __future__ import annotations

from cfconsole.domain.log_buffer import LogBuffer
from cfconsole.domain.logs import Severity


class LogView:
    """The log the screen shows."""

    def __init__(self, max_entries: int, max_bytes: int) -> None:
        self.buffer = LogBuffer(max_entries, max_bytes)
        self.min_severity = Severity.DEFAULT

    def set_min_severity(self, severity: Severity) -> None:
        """Filters where the log is kept, not here: the tail starts anew."""
        self.min_severity = severity
