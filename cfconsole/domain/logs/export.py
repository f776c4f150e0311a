"""How log rows leave the console: as one JSON object each, with field names that scripts rely on, or as text."""

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
"""Before the lines of a message after its first, so that a reader sees where the next entry begins."""

_SEVERITY_WIDTH = max(len(severity.name) for severity in Severity)
_FALLING = sorted(Severity, reverse=True)
_STRING_OR_MARK = re.compile(rf'"(?:[^"\\]|\\.)*+"|{SECRET_MARK}')


def log_row(row: Row) -> dict[str, object]:
    """The fields of one JSON line. What is absent is null; times are RFC 3339 UTC, as exact as they are known."""
    return _gap_row(row) if isinstance(row, Gap) else _entry_row(row)


def log_line(row: Row) -> str:
    """A row as one line of JSON, without its line break."""
    return json.dumps(log_row(row), ensure_ascii=False, separators=(",", ":"))


def log_text(row: Row, *, services: bool = False) -> str:
    """A row for reading, with its service where several are mixed; further lines of a message are indented."""
    if isinstance(row, Gap):
        whose = f" ({', '.join(key.name for key in row.services)})" if services and row.services else ""
        return f"{_moment(row.from_ns)} to {_moment(row.to_ns)}  -- {gap_message(row)}{whose}"
    head, message = log_parts(row, services=services)
    return f"{head} {message}"


def log_parts(entry: LogEntry, *, services: bool = False) -> tuple[str, str]:
    """What stands before the message, and the message."""
    revision = short_revision(entry.service, entry.revision)
    places = [entry.service, revision] if services else [revision]
    word = f"{severity_word(entry.severity):<{_SEVERITY_WIDTH}}"
    head = " ".join([_moment(entry.timestamp_ns), word, *(place or "-" for place in places)])
    return head, entry.message.rstrip("\n").replace("\n", f"\n{INDENT}")


def severity_word(severity: int) -> str:
    """The name of a severity (`google.logging.type.LogSeverity`), or of the nearest one below."""
    return next((known.name for known in _FALLING if severity >= known), Severity.DEFAULT.name)


def payload_value(payload: str) -> object:
    """What a payload holds as JSON, null without one; the text itself where it was cut and is no JSON any more."""
    if not payload:
        return None
    try:
        # NaN and its kin are no JSON, and would make the whole line unreadable.
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
    """To the millisecond, in one width, so that lines stand under each other."""
    return f"{rfc3339(ns)[:19]}.{ns // 1_000_000 % 1_000:03}Z"


def _quote_marks(payload: str) -> str:
    """A masked value lost its quotes; it is a string again."""
    return _STRING_OR_MARK.sub(
        lambda found: f'"{SECRET_MARK}"' if found.group() == SECRET_MARK else found.group(), payload
    )


def _sanitised(value: object) -> object:
    """Escapes of JSON hide controls from whoever made the payload safe as text."""
    match value:
        case str():
            return clean(value)
        case list():
            return [_sanitised(each) for each in value]
        case dict():
            return {clean(name): _sanitised(each) for name, each in value.items()}
        case _:
            return value
