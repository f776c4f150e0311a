"""How far the log of a project is known. Pure: moments in, moments out."""

from __future__ import annotations

from collections.abc import Sequence

from cfconsole.domain.logs import LogEntry


class Coverage:
    """The newest entry seen, and up to where nothing is missing that is not marked as missing."""

    def __init__(self) -> None:
        self.last_ns = 0
        """The newest entry of what is wanted now."""
        self.complete_ns = 0
        """Up to here everything was read or its absence marked; 0 before the first page."""
        self._filled = False

    def reopened(self) -> None:
        """A stream begins: until what came before it was read, live entries are not all there is."""
        self._filled = False

    def filled(self) -> None:
        """Everything since the last break was read, so that live entries are all there is."""
        self._filled = True
        self.complete_ns = self.last_ns

    def heard(self, entries: Sequence[LogEntry]) -> None:
        """Entries in time order, either way."""
        if entries:
            self.last_ns = max(self.last_ns, entries[0].timestamp_ns, entries[-1].timestamp_ns)
        if self._filled:
            self.complete_ns = self.last_ns
