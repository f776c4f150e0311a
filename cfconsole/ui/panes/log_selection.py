"""Which rows of the log are shown (filter, time range, chosen entries) and which text is searched. Free of Textual."""

from collections.abc import Callable
from typing import NamedTuple

from msgspec.structs import replace

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.buffer import LogBuffer, LogRows
from cfconsole.domain.logs.entries import LogEntry, Severity
from cfconsole.domain.logs.filter import BadPattern, LogFilter, parse_filter
from cfconsole.domain.logs.rows import Row


class EntrySubset(NamedTuple):
    """Some entries of the whole log, of any service, time and severity, with a label for the title."""

    accepts: Callable[[LogEntry], bool]
    label: str


class RowSelection(NamedTuple):
    """The rows to show: those of a filter, within a subset if there is one."""

    filter: LogFilter = LogFilter()
    subset: EntrySubset | None = None

    def rows(self, buffer: LogBuffer) -> LogRows:
        # Loaded with the first service: before, there is no log to filter.
        from cfconsole.domain.logs.filtered_view import FilteredLog

        if self.subset is None:
            return buffer if self.filter.shows_all else FilteredLog(buffer, self.filter.accepts)
        accepts, finds = self.subset.accepts, self.filter.accepts
        return FilteredLog(buffer, lambda row: isinstance(row, LogEntry) and accepts(row) and finds(row))


class LogSelection:
    """The filter, the subset, the time range and the search that the operator set."""

    def __init__(self) -> None:
        self.typed = ""
        """The filter as it was typed after `/`."""
        self.subset: EntrySubset | None = None
        self.search = LogFilter()
        """What is highlighted and found by `n`; it outlives the filter, so that a match can be read in its context."""
        self.range = ""
        """The time range in words, empty without one."""
        self._since_ns = 0
        self._pattern = LogFilter()

    @property
    def searches(self) -> bool:
        """Whether there is a search."""
        return not self.search.shows_all

    def limit_range(self, since_ns: int, words: str) -> None:
        """Shows only rows from this time on; 0 shows all."""
        self._since_ns, self.range = since_ns, words
        self.subset = None

    def narrow(self, typed: str) -> str:
        """Shows only matching rows; without text it shows all and keeps the search.

        Returns the error in the pattern, or an empty string.
        """
        parsed = parse_filter(typed)
        if isinstance(parsed, BadPattern):
            return parsed.sentence
        self.typed = typed
        self._pattern = parsed
        self.search = parsed if typed else self.search
        return ""

    def widen(self) -> bool:
        """Removes the filter, else the subset, else the search. False if there is none of them."""
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
        """Whether the search finds this row."""
        return isinstance(row, LogEntry) and self.search.accepts(row)

    def row_selection(self, services: frozenset[ServiceKey], severity: Severity) -> RowSelection:
        """The rows of these services from a severity on, or of the subset."""
        if self.subset:
            return RowSelection(self._pattern, self.subset)
        return RowSelection(replace(self._pattern, min_severity=severity, services=services, since_ns=self._since_ns))
