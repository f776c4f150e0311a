"""Filters in the Logging query language (Logging v2 `TailLogEntries`, `ListLogEntries`) for what is watched."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.entries import Severity
from cfconsole.domain.logs.times import rfc3339

MAX_QUERY = 20_000
"""Characters a filter may have (Logging v2 `TailLogEntriesRequest.filter`)."""

REQUEST_LOG = "run.googleapis.com/requests"
AUDIT_LOG = "cloudaudit.googleapis.com/activity"
VIOLATION_LOGS = "monitoring.googleapis.com/Violation"
"""What the names of the logs begin with where Monitoring writes that an alert opened or closed."""


_PARTS = re.compile(
    r"""(?P<comment>(?<![^\s()])--[^\n]*)
    |(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<open>\()
    |(?P<close>\))
    |(?P<quote>["'])""",
    re.VERBOSE | re.DOTALL,
)


class QueryTooLong(ValueError):
    """The text is a sentence that says what to do."""


def service_query(
    keys: Iterable[ServiceKey],
    min_severity: Severity = Severity.DEFAULT,
    background: bool = True,
    *,
    since_ns: int | None = None,
    until_ns: int | None = None,
    extra: str = "",
) -> str:
    """Asks for the logs of services of one project, and for the background events of the project if wanted.

    The severity bounds application logs only: request logs are evidence and always come. `extra` is a filter of the
    operator and narrows the services, not the background. `until_ns` is exclusive. Raises `QueryTooLong`, or
    `ValueError` if there is nothing to ask for.
    """
    parts = [part for part in (_services(keys, min_severity, extra), background_query() if background else "") if part]
    if not parts:
        raise ValueError("no service is selected and background events are off; select a service")
    query = " OR ".join(f"({part})" for part in parts) if len(parts) > 1 else parts[0]
    return _checked(_bounded(query, since_ns, until_ns))


def background_query() -> str:
    """Who changed services and functions, and which alerts opened or closed."""
    types = _any("resource.type", ("cloud_run_revision", "cloud_function"))
    return f"({_log(AUDIT_LOG)} AND {types}) OR {_log(VIOLATION_LOGS)}"


def request_query(key: ServiceKey, revisions: Iterable[str] = (), *, since_ns: int | None = None) -> str:
    """The request logs of one service, or of some of its revisions (short names)."""
    names = sorted(set(revisions))
    parts = [_services([key], Severity.DEFAULT, ""), _log(REQUEST_LOG)]
    if names:
        parts.append(_any("resource.labels.revision_name", names))
    return _checked(_bounded(" AND ".join(parts), since_ns, None))


def own_entries_query(key: ServiceKey, *, since_ns: int) -> str:
    """What the revisions of one service log themselves, of any severity."""
    others = " AND ".join(f"NOT {_log(log)}" for log in (REQUEST_LOG, AUDIT_LOG))
    return _checked(_bounded(f"{_services([key], Severity.DEFAULT, '')} AND {others}", since_ns, None))


def trace_query(project: str, trace: str, *, since_ns: int, until_ns: int) -> str:
    """All entries of one trace, of any service; `trace` is its id alone, as some programs write it, too."""
    return _bounded(_any("trace", (f"projects/{project}/traces/{trace}", trace)), since_ns, until_ns)


def expression_error(text: str) -> str:
    """Why an operator's expression can't stand in brackets beside other terms; empty if it can.

    Whether it means anything only Google can say.
    """
    depth = 0
    for part in _PARTS.finditer(text):
        match part.lastgroup:
            case "open":
                depth += 1
            case "close":
                depth -= 1
            case "quote":
                return f"The quote at character {part.start() + 1} is not closed; close it or escape it"
        if depth < 0:
            return f"The parenthesis at character {part.start() + 1} has no opening one; add it or remove this one"
    return f"{'one ( is' if depth == 1 else f'{depth} ( are'} not closed" if depth else ""


def quoted(value: str) -> str:
    """A string of the query language; control characters are escaped, so no value can leave its quotes."""
    plain = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() or c > "\uffff" else f"\\u{ord(c):04x}" for c in plain) + '"'


def _services(keys: Iterable[ServiceKey], min_severity: Severity, extra: str) -> str:
    regions: dict[str, set[str]] = {}
    for key in keys:
        regions.setdefault(key.region, set()).add(key.name)
    if not regions:
        return ""
    places = [
        f"(resource.labels.location={quoted(region)} AND {_any('resource.labels.service_name', sorted(names))})"
        for region, names in sorted(regions.items())
    ]
    parts = ['resource.type="cloud_run_revision"', places[0] if len(places) == 1 else f"({' OR '.join(places)})"]
    if min_severity > Severity.DEFAULT:
        parts.append(f"(severity>={min_severity.name} OR {_log(REQUEST_LOG)})")
    if extra.strip():
        # On lines of its own, so that a comment at its end can't swallow the closing parenthesis.
        parts.append(f"(\n{extra.strip()}\n)")
    return " AND ".join(parts)


def _any(field: str, values: Iterable[str]) -> str:
    terms = [f"{field}={quoted(value)}" for value in values]
    return terms[0] if len(terms) == 1 else f"({' OR '.join(terms)})"


def _log(log_id: str) -> str:
    """In the names of logs the id is URL-encoded."""
    return f'logName:"{log_id.replace("/", "%2F")}"'


def _bounded(query: str, since_ns: int | None, until_ns: int | None) -> str:
    bounds = [f'timestamp>="{rfc3339(since_ns)}"'] if since_ns is not None else []
    if until_ns is not None:
        bounds.append(f'timestamp<"{rfc3339(until_ns)}"')
    return " AND ".join([*bounds, f"({query})"]) if bounds else query


def _checked(query: str) -> str:
    if len(query) > MAX_QUERY:
        raise QueryTooLong(
            f"the log filter has {len(query):,} characters, of which Google allows {MAX_QUERY:,}; "
            "select fewer services or shorten the expression"
        )
    return query
