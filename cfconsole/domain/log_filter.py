"""A view of the log under a filter of the operator, kept up to date without looking at every row again."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable
from itertools import islice
from typing import NamedTuple

from cfconsole.domain.log_buffer import LogBuffer, LogRows, Row, RowKey, find_row, row_key
from cfconsole.domain.logs import Gap, LogEntry, Severity
from cfconsole.domain.services import ServiceKey

_SEARCHED = 8_192
_MARKED = 100


class BadPattern(NamedTuple):
    """Why an expression can't be used."""

    sentence: str


class LogFilter(NamedTuple):
    """What is shown: everything by default. Gaps are shown whatever is searched, for they say what is missing."""

    min_severity: int = Severity.DEFAULT
    pattern: re.Pattern[str] | None = None
    inverse: bool = False
    services: frozenset[ServiceKey] = frozenset()
    """Empty: all services."""
    since_ns: int = 0
    """Entries before this moment are not shown."""

    @property
    def shows_all(self) -> bool:
        return self == LogFilter(inverse=self.inverse)

    def accepts(self, row: Row) -> bool:
        if isinstance(row, Gap):
            return self._accepts_gap(row)
        if row.severity < self.min_severity or row.timestamp_ns < self.since_ns:
            return False
        # A plain tuple equals a key and is made in half the time: this is asked of every entry that arrives.
        if self.services and (row.project, row.region, row.service) not in self.services:
            return False
        return self.pattern is None or self.finds(row) is not self.inverse

    def _accepts_gap(self, gap: Gap) -> bool:
        here = not (self.services and gap.services) or not self.services.isdisjoint(gap.services)
        return here and gap.to_ns >= self.since_ns

    def finds(self, entry: LogEntry) -> bool:
        """Whether the pattern occurs in what is searched: the beginnings of message and payload."""
        if self.pattern is None:
            return False
        search = self.pattern.search
        return bool(search(entry.message, 0, _SEARCHED) or (entry.payload and search(entry.payload, 0, _SEARCHED)))

    def matches(self, text: str) -> tuple[tuple[int, int], ...]:
        """Where to highlight, as `(start, end)`; nothing for an inverse filter. At most a hundred places."""
        if self.pattern is None or self.inverse:
            return ()
        spans = (match.span() for match in self.pattern.finditer(text[:_SEARCHED]))
        return tuple(islice((span for span in spans if span[0] < span[1]), _MARKED))


def parse_filter(
    text: str, *, min_severity: int = Severity.DEFAULT, services: Iterable[ServiceKey] = ()
) -> LogFilter | BadPattern:
    """Reads what was typed after `/`: a regular expression, with `!` before it for the rows that do not match.

    Lower case matches both cases, as in pagers; a capital letter makes it exact.
    """
    inverse = text.startswith("!")
    expression = text[1:] if inverse else text
    keys = frozenset(services)
    if not expression:
        return LogFilter(min_severity, services=keys)
    try:
        # Letters after a backslash name classes, as in `\S`, and say nothing about case.
        exact = re.sub(r"\\.", "", expression).lower() != re.sub(r"\\.", "", expression)
        pattern = re.compile(expression, re.NOFLAG if exact else re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        return BadPattern(
            f"{expression!r} is not a regular expression: {error}; put a backslash before special characters"
        )
    return LogFilter(min_severity, pattern, inverse, keys)


def view(buffer: LogBuffer, log_filter: LogFilter) -> LogRows:
    """The buffer itself where everything is shown, which costs nothing."""
    return buffer if log_filter.shows_all else FilteredLog(buffer, log_filter.accepts)


class FilteredLog:
    """The rows of a buffer that are accepted. Follows the buffer by itself: only rows that changed are looked at."""

    __slots__ = ("__weakref__", "_accept", "_buffer", "_hits", "_seen", "_version")

    def __init__(self, buffer: LogBuffer, accept: Callable[[Row], bool]) -> None:
        self._buffer = buffer
        self._accept = accept
        self._hits: list[Row] = []
        self._seen = -1
        self._version = 0
        buffer.tell(self)

    @property
    def version(self) -> int:
        """Grows with every change of what is shown."""
        self._follow()
        return self._version

    def __len__(self) -> int:
        self._follow()
        return len(self._hits)

    def row(self, index: int) -> Row:
        self._follow()
        return self._hits[index]

    def key_at(self, index: int) -> RowKey:
        return row_key(self.row(index))

    def index_of(self, key: RowKey) -> int:
        """The row of that key, or where it would stand; `len` if all rows are older."""
        self._follow()
        return bisect_left(self._hits, key, key=row_key)

    def find(self, predicate: Callable[[Row], bool], start: int, step: int) -> int | None:
        """The first row from `start` on, walking by `step` (not 0), that the predicate accepts."""
        return find_row(self, predicate, start, step)

    def forget_before(self, key: RowKey) -> None:
        """Rows before that key fell out of the buffer: nobody may look for a while, and they shall not be kept."""
        gone = bisect_left(self._hits, key, key=row_key)
        if gone:
            del self._hits[:gone]
            self._version += 1

    def _follow(self) -> None:
        buffer, hits = self._buffer, self._hits
        if buffer.version == self._seen:
            return
        first = buffer.first_change_since(self._seen)
        self._seen = buffer.version
        kept = len(hits)
        if first < len(buffer):
            del hits[bisect_left(hits, buffer.key_at(first), key=row_key) :]
        del hits[: bisect_left(hits, buffer.key_at(0), key=row_key) if len(buffer) else len(hits)]
        added = list(filter(self._accept, buffer.rows(first, len(buffer))))
        if added or len(hits) < kept:
            hits.extend(added)
            self._version += 1
