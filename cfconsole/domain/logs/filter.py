"""The filter of the log: which rows it accepts, and which parts of them it highlights."""

import re
from collections.abc import Iterable
from itertools import islice

from msgspec import Struct

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.entries import Gap, LogEntry, Severity
from cfconsole.domain.logs.rows import Row

_MAX_SEARCHED = 8_192
_MAX_MARKS = 100


class BadPattern(Struct, frozen=True):
    """Why an expression can't be used."""

    sentence: str


class LogFilter(Struct, frozen=True):
    """The rows to show: all by default. A search pattern does not apply to gaps, which say what is missing."""

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
        if self.services and ServiceKey(row.project, row.region, row.service) not in self.services:
            return False
        return self.pattern is None or self.finds(row) is not self.inverse

    def _accepts_gap(self, gap: Gap) -> bool:
        here = not (self.services and gap.services) or not self.services.isdisjoint(gap.services)
        return here and gap.to_ns >= self.since_ns

    def finds(self, entry: LogEntry) -> bool:
        """Whether the pattern occurs in the beginning of the message or the payload."""
        if self.pattern is None:
            return False
        search = self.pattern.search
        return bool(
            search(entry.message, 0, _MAX_SEARCHED) or (entry.payload and search(entry.payload, 0, _MAX_SEARCHED))
        )

    def matches(self, text: str) -> tuple[tuple[int, int], ...]:
        """The places to highlight, as `(start, end)`; none for an inverse filter. At most a hundred."""
        if self.pattern is None or self.inverse:
            return ()
        spans = (match.span() for match in self.pattern.finditer(text[:_MAX_SEARCHED]))
        return tuple(islice((span for span in spans if span[0] < span[1]), _MAX_MARKS))


def parse_filter(
    text: str, *, min_severity: int = Severity.DEFAULT, services: Iterable[ServiceKey] = ()
) -> LogFilter | BadPattern:
    """Reads what was typed after `/`: a regular expression, with `!` before it for the rows that do not match.

    An expression in lower case matches both cases, as in pagers; a capital letter makes it exact.
    """
    inverse = text.startswith("!")
    expression = text[1:] if inverse else text
    keys = frozenset(services)
    if not expression:
        return LogFilter(min_severity, services=keys)
    try:
        # Letters after a backslash are classes, as in `\S`, and don't make the expression exact.
        exact = re.sub(r"\\.", "", expression).lower() != re.sub(r"\\.", "", expression)
        pattern = re.compile(expression, re.NOFLAG if exact else re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        return BadPattern(
            f"{expression!r} is not a regular expression: {error}; escape special characters with a backslash"
        )
    return LogFilter(min_severity, pattern, inverse, keys)
