"""Filters in the Logging query language (Logging v2 `TailLogEntries`, `ListLogEntries`)."""

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
"""The prefix of the logs in which Monitoring writes that an alert opened or closed."""


_PARTS = re.compile(
    r"""(?P<comment>(?<![^\s()])--[^\n]*)
    |(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<open>\()
    |(?P<close>\))
    |(?P<quote>["'])""",
    re.VERBOSE | re.DOTALL,
)


class QueryTooLong(ValueError):
    """A filter is longer than Google allows. The text is a sentence that says what to do."""


def service_query(
    keys: Iterable[ServiceKey],
    min_severity: Severity = Severity.DEFAULT,
    background: bool = True,
    *,
    since_ns: int | None = None,
    until_ns: int | None = None,
    extra: str = "",
) -> str:
    """The filter for the logs of services of one project and, with `background`, the background events of the project.

    The severity applies to application logs only, because request logs serve as evidence. `extra` is a filter of the
    operator and applies to the services, not to the background. `until_ns` is exclusive. Raises `QueryTooLong`, or
    `ValueError` if nothing is selected.
    """
    parts = [part for part in (_services(keys, min_severity, extra), background_query() if background else "") if part]
    if not parts:
        raise ValueError("no service is selected and background events are off; select a service")
    query = " OR ".join(f"({part})" for part in parts) if len(parts) > 1 else parts[0]
    return _checked(_bounded(query, since_ns, until_ns))


def background_query() -> str:
    """The filter for changes of services and functions, and for alerts that opened or closed."""
    types = _any("resource.type", ("cloud_run_revision", "cloud_function"))
    return f"({_log(AUDIT_LOG)} AND {types}) OR {_log(VIOLATION_LOGS)}"


def request_query(key: ServiceKey, revisions: Iterable[str] = (), *, since_ns: int | None = None) -> str:
    """The filter for the request logs of one service, or of some of its revisions."""
    names = sorted(set(revisions))
    parts = [_services([key], Severity.DEFAULT, ""), _log(REQUEST_LOG)]
    if names:
        parts.append(_any("resource.labels.revision_name", names))
    return _checked(_bounded(" AND ".join(parts), since_ns, None))


def own_entries_query(key: ServiceKey, *, since_ns: int) -> str:
    """The filter for what the revisions of one service log themselves, of any severity."""
    others = " AND ".join(f"NOT {_log(log)}" for log in (REQUEST_LOG, AUDIT_LOG))
    return _checked(_bounded(f"{_services([key], Severity.DEFAULT, '')} AND {others}", since_ns, None))


def trace_query(project: str, trace: str, *, since_ns: int, until_ns: int) -> str:
    """The filter for all entries of one trace. `trace` is its id alone; some programs log just that."""
    return _bounded(_any("trace", (f"projects/{project}/traces/{trace}", trace)), since_ns, until_ns)


def expression_error(text: str) -> str:
    """Why an operator's expression can't be put in parentheses; empty if it can.

    Only Google can say whether it is valid.
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
    """A quoted string of the query language, escaped so that no value can break out of its quotes."""
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
        # On lines of its own, so that a comment at its end does not hide the closing parenthesis.
        parts.append(f"(\n{extra.strip()}\n)")
    return " AND ".join(parts)


def _any(field: str, values: Iterable[str]) -> str:
    terms = [f"{field}={quoted(value)}" for value in values]
    return terms[0] if len(terms) == 1 else f"({' OR '.join(terms)})"


def _log(log_id: str) -> str:
    """The filter for one log, by its id, which is URL-encoded in log names."""
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
