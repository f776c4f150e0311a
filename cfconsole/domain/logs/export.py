"""Log rows for files and pipes: as one JSON object each, with field names that scripts rely on, or as text."""

from __future__ import annotations

import json
import re

from msgspec.structs import asdict

from cfconsole.domain.fleet.services import short_revision
from cfconsole.domain.logs.entries import Gap, LogEntry, Request, Severity
from cfconsole.domain.logs.messages import gap_message
from cfconsole.domain.logs.rows import Row
from cfconsole.domain.logs.times import rfc3339
from cfconsole.domain.text import SECRET_MARK, clean

INDENT = "    "
"""Stands before all but the first line of a message, so that the start of the next entry is visible."""

_SEVERITY_WIDTH = max(len(severity.name) for severity in Severity)
_FALLING = sorted(Severity, reverse=True)
_STRING_OR_MARK = re.compile(rf'"(?:[^"\\]|\\.)*+"|{SECRET_MARK}')


def log_row(row: Row) -> dict[str, object]:
    """The fields of one JSON line. Missing values are null; times are RFC 3339 in UTC with all known digits."""
    return _gap_row(row) if isinstance(row, Gap) else _entry_row(row)


def log_line(row: Row) -> str:
    """A row as one line of JSON, without its line break."""
    return json.dumps(log_row(row), ensure_ascii=False, separators=(",", ":"))


def log_text(row: Row, *, services: bool = False) -> str:
    """A row as text, with its service if several are mixed; further lines of a message are indented."""
    if isinstance(row, Gap):
        whose = f" ({', '.join(key.name for key in row.services)})" if services and row.services else ""
        return f"{_moment(row.from_ns)} to {_moment(row.to_ns)}  -- {gap_message(row)}{whose}"
    head, message = log_parts(row, services=services)
    return f"{head} {message}"


def log_parts(entry: LogEntry, *, services: bool = False) -> tuple[str, str]:
    """The prefix of the message, and the message."""
    revision = short_revision(entry.service, entry.revision)
    places = [entry.service, revision] if services else [revision]
    word = f"{severity_word(entry.severity):<{_SEVERITY_WIDTH}}"
    head = " ".join([_moment(entry.timestamp_ns), word, *(place or "-" for place in places)])
    return head, entry.message.rstrip("\n").replace("\n", f"\n{INDENT}")


def severity_word(severity: int) -> str:
    """The name of a severity (`google.logging.type.LogSeverity`), or of the nearest one below."""
    return next((known.name for known in _FALLING if severity >= known), Severity.DEFAULT.name)


def payload_value(payload: str) -> object:
    """The payload as a JSON value, null if empty; as text if it was cut and is no longer JSON."""
    if not payload:
        return None
    try:
        # NaN and Infinity are not JSON and would make the whole line unreadable.
        return _sanitised(
            json.loads(payload if SECRET_MARK not in payload else _quote_marks(payload), parse_constant=str)
        )
    except (ValueError, RecursionError):
        return payload


def _entry_row(entry: LogEntry) -> dict[str, object]:
    return {
        "timestamp": rfc3339(entry.timestamp_ns) if entry.timestamp_ns else None,
        "severity": severity_word(entry.severity),
        "project": entry.project or None,
        "region": entry.region or None,
        "service": entry.service or None,
        "revision": entry.revision or None,
        "message": entry.message,
        "trace": entry.trace or None,
        "insert_id": entry.insert_id or None,
        "log": entry.log or None,
        "labels": dict(entry.labels),
        "payload": payload_value(entry.payload),
        "request": _request_row(entry.request),
    }


def _gap_row(gap: Gap) -> dict[str, object]:
    return {
        "gap": str(gap.reason),
        "at_least": gap.at_least,
        "from": rfc3339(gap.from_ns) if gap.from_ns else None,
        "to": rfc3339(gap.to_ns) if gap.to_ns else None,
        "services": [str(key) for key in gap.services],
    }


def _request_row(request: Request | None) -> dict[str, object] | None:
    return asdict(request) if request else None


def _moment(ns: int) -> str:
    """A time to the millisecond, always of the same width."""
    return f"{rfc3339(ns)[:19]}.{ns // 1_000_000 % 1_000:03}Z"


def _quote_marks(payload: str) -> str:
    """Puts the quotes back around masked values, which lost them."""
    return _STRING_OR_MARK.sub(
        lambda found: f'"{SECRET_MARK}"' if found.group() == SECRET_MARK else found.group(), payload
    )


def _sanitised(value: object) -> object:
    """Cleans the strings: JSON escapes hide control characters from the cleaning of the payload as text."""
    match value:
        case str():
            return clean(value)
        case list():
            return [_sanitised(each) for each in value]
        case dict():
            return {clean(name): _sanitised(each) for name, each in value.items()}
        case _:
            return value
