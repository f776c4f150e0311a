"""What of the log is shown, as the operator narrowed it, and what is looked for in it. Knows no screen."""

from collections.abc import Callable
from typing import NamedTuple

from msgspec.structs import replace

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.buffer import LogBuffer, LogRows, Row
from cfconsole.domain.logs.entries import LogEntry, Severity
from cfconsole.domain.logs.filter import BadPattern, LogFilter, parse_filter


class EntrySubset(NamedTuple):
    """Some entries out of all that are kept, whichever service, time and severity they are of."""

    accepts: Callable[[LogEntry], bool]
    label: str


class RowSelection(NamedTuple):
    """Which rows are shown."""

    filter: LogFilter = LogFilter()
    subset: EntrySubset | None = None

    def rows(self, buffer: LogBuffer) -> LogRows:
        # Loaded with the first service: until one is selected there is no log to filter.
        from cfconsole.domain.logs.filtered_view import FilteredLog

        if self.subset is None:
            return buffer if self.filter.shows_all else FilteredLog(buffer, self.filter.accepts)
        accepts, finds = self.subset.accepts, self.filter.accepts
        return FilteredLog(buffer, lambda row: isinstance(row, LogEntry) and accepts(row) and finds(row))


class LogSelection:
    """What was typed, chosen and bounded."""

    def __init__(self) -> None:
        self.typed = ""
        """The filter as it was typed after `/`."""
        self.subset: EntrySubset | None = None
        self.search = LogFilter()
        """What is highlighted and what `n` looks for; outlives the filter, so that a match can be read in context."""
        self.range = ""
        """How far back it reaches, in words; empty where that is not bounded."""
        self._since_ns = 0
        self._pattern = LogFilter()

    @property
    def searches(self) -> bool:
        """Whether anything is looked for."""
        return not self.search.shows_all

    def limit_range(self, since_ns: int, words: str) -> None:
        """Shows what is not older than that; 0 for all there is."""
        self._since_ns, self.range = since_ns, words
        self.subset = None

    def narrow(self, typed: str) -> str:
        """Shows only what matches; without text all is shown again and what is looked for stays.

        Returns why the pattern can't be used, empty if it can.
        """
        parsed = parse_filter(typed)
        if isinstance(parsed, BadPattern):
            return parsed.sentence
        self.typed = typed
        self._pattern = parsed
        self.search = parsed if typed else self.search
        return ""

    def widen(self) -> bool:
        """Undoes the last narrowing: what was typed, the entries chosen, the marks. False if there is none."""
        if self.typed:
            self.narrow("")
        elif self.subset:
            self.subset = None
        elif self.searches:
            self.search = LogFilter()
        else:
            return False
        return True

    def matches(self, row: Row) -> bool:
        """Whether a row is looked for."""
        return isinstance(row, LogEntry) and self.search.accepts(row)

    def row_selection(self, services: frozenset[ServiceKey], severity: Severity) -> RowSelection:
        """The rows of these services from a severity on, or those that it was narrowed to."""
        if self.subset:
            return RowSelection(self._pattern, self.subset)
        return RowSelection(replace(self._pattern, min_severity=severity, services=services, since_ns=self._since_ns))
