"""Reads the options of `cfconsole logs`. A value that can't be used is one sentence and exit code 2."""

from __future__ import annotations

from msgspec import Struct

from cfconsole.cli.exits import Exit, Stop
from cfconsole.domain.durations import parse_duration
from cfconsole.domain.logs.entries import Severity
from cfconsole.domain.logs.filter import BadPattern, LogFilter, parse_filter
from cfconsole.domain.logs.query import expression_error

MAX_LIMIT = 100_000
"""All of them are held in memory, since the oldest is printed first."""


class LogOptions(Struct, frozen=True):
    """The parsed options."""

    since_s: float
    severity: Severity
    log_filter: LogFilter
    """The severity and `--grep`. The services are added once they are found."""
    expression: str
    """In the Logging query language."""
    limit: int


def parse_options(since: str, severity: str, grep: str, expression: str, limit: str) -> LogOptions:
    """Raises `Stop` (usage)."""
    min_severity = _severity(severity)
    log_filter = parse_filter(grep, min_severity=min_severity)
    if isinstance(log_filter, BadPattern):
        raise Stop(f"--grep {log_filter.sentence}.", Exit.USAGE)
    if complaint := expression_error(expression):
        raise Stop(f"--filter: {complaint}.", Exit.USAGE)
    return LogOptions(_since(since), min_severity, log_filter, expression.strip(), _limit(limit))


def _since(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise Stop(f"--since {error}.", Exit.USAGE) from None


def _severity(text: str) -> Severity:
    known = Severity.__members__
    if text.upper() not in known:
        raise Stop(f"--severity {text[:40]!r} is not a severity; use one of {', '.join(known)}.", Exit.USAGE)
    return known[text.upper()]


def _limit(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text[:9]) <= MAX_LIMIT and len(text) < 9):
        raise Stop(f"--limit {text[:40]!r} must be a whole number from 1 to {MAX_LIMIT}.", Exit.USAGE)
    return int(text)
