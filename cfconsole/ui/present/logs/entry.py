"""One log entry in full: facts, message, trace and payload."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.entries import LogEntry
from cfconsole.domain.logs.export import payload_value, severity_word
from cfconsole.domain.logs.messages import request_message
from cfconsole.domain.logs.times import rfc3339
from cfconsole.ui.present.cells import BLANK, Line, Span, chunks, fit, line, restyle
from cfconsole.ui.present.logs.rows import LogStyle, row_lines, service_names
from cfconsole.ui.present.logs.rows import severity_word as severity_style
from cfconsole.ui.present.words import count

_FACT = 11


def entry_text(entry: LogEntry) -> str:
    """The entry for the clipboard."""
    facts = (f"{name:<{_FACT}}{value}" for name, value in _facts(entry))
    payload = payload_text(entry.payload)
    return "\n".join([*facts, "", entry.message, *(["", payload] if payload else [])])


def payload_text(payload: str) -> str:
    """JSON with one field per line; text that is not JSON, or is nested too deep, stays as it is."""
    value = payload_value(payload)
    if value is None or isinstance(value, str):
        return payload
    try:
        return json.dumps(value, ensure_ascii=False, indent=2)
    except RecursionError:
        return payload


def head_lines(entry: LogEntry, width: int) -> list[Line]:
    """Facts and message."""
    rows = []
    for name, value in _facts(entry):
        style = severity_style(entry.severity)[1] if name == "severity" else ""
        first, *more = chunks(value, max(8, width - _FACT - 2))
        rows.append(line(Span(f" {name:<{_FACT}}", "dim"), Span(first, style)))
        rows += [line(" " * (_FACT + 1), part) for part in more]
    return [*rows, BLANK, *text_lines(entry.message, width)]


def payload_lines(entry: LogEntry, width: int) -> list[Line]:
    text = payload_text(entry.payload)
    return [BLANK, _section("Payload"), *text_lines(text, width)] if text else []


def text_lines(text: str, width: int) -> list[Line]:
    rows = text.splitlines() or [""]
    return [line(" ", piece) for row in rows for piece in chunks(row, max(8, width - 2))]


def trace_lines(trace: Sequence[LogEntry], entry: LogEntry, chosen: int | None, width: int) -> list[Line]:
    """One row per entry of the trace; the entry itself and the row under the cursor stand out."""
    keys = {ServiceKey(row.project, row.region, row.service) for row in trace}
    words = f"Trace · {count(len(trace), 'log line')} of {count(len(keys), 'service')}"
    style = LogStyle(width, service_names(keys))
    return [BLANK, _section(words), *_trace_rows(trace, entry, chosen, style)]


def _trace_rows(trace: Iterable[LogEntry], entry: LogEntry, chosen: int | None, style: LogStyle) -> Iterator[Line]:
    for number, row in enumerate(trace):
        trace_row = fit(row_lines(row, style)[0], style.width)
        if number == chosen:
            yield restyle(trace_row, "cursor")
        elif row.identity == entry.identity:
            yield restyle(trace_row, "strong")
        else:
            yield trace_row


def remark_lines(sentence: str, width: int) -> list[Line]:
    """The sentence shown in place of a trace."""
    return [BLANK, *(restyle(row, "dim") for row in text_lines(sentence, width))]


def _section(words: str) -> Line:
    return line(Span(f" {words}", "accent-strong"))


def _facts(entry: LogEntry) -> Iterator[tuple[str, str]]:
    yield "time", rfc3339(entry.timestamp_ns) if entry.timestamp_ns else "not given"
    yield "severity", severity_word(entry.severity)
    yield "service", " · ".join(filter(None, (entry.service, entry.region, entry.project)))
    facts = (
        ("revision", entry.revision),
        ("request", request_message(entry.request) if entry.request else ""),
        ("by", entry.actor),
        ("method", entry.method),
        ("log", entry.log),
        ("insert id", entry.insert_id),
        ("trace", entry.trace),
    )
    yield from ((name, value) for name, value in facts if value)
    yield from (("label", f"{name} = {value}") for name, value in entry.labels)
