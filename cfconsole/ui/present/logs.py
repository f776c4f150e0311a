"""Log rows: time, severity, revision and the message, on one line or wrapped."""

from __future__ import annotations

from typing import NamedTuple

from cfconsole.domain.log_buffer import Row
from cfconsole.domain.log_filter import LogFilter
from cfconsole.domain.log_messages import gap_message
from cfconsole.domain.logs import Gap, LogEntry, Severity
from cfconsole.domain.services import short_revision
from cfconsole.session.state import LogStatus
from cfconsole.ui.present import words
from cfconsole.ui.present.cells import Line, Span, chunks, left, line

_SEVERITIES = (
    (Severity.ALERT, "ALERT", "bad-strong"),
    (Severity.CRITICAL, "CRIT", "bad-strong"),
    (Severity.ERROR, "ERROR", "bad"),
    (Severity.WARNING, "WARN", "warn"),
    (Severity.NOTICE, "NOTE", "accent"),
    (Severity.INFO, "INFO", "dim"),
    (Severity.DEBUG, "DEBUG", "dim"),
    (Severity.DEFAULT, "", "dim"),
)
_REVISION = 9
_SERVICE = 16


class LogStyle(NamedTuple):
    """How rows are laid out."""

    width: int
    services: bool = False
    """Whether the service is shown: more than one is selected."""
    wrap: bool = False
    wanted: LogFilter = LogFilter()


def severity_word(severity: int) -> tuple[str, str]:
    """The word and style of the nearest known severity at or below."""
    return next(((word, style) for level, word, style in _SEVERITIES if severity >= level), ("", "dim"))


def row_lines(row: Row, style: LogStyle) -> list[Line]:
    """One line, or several where the message is wrapped."""
    return [gap_line(row, style.width)] if isinstance(row, Gap) else _entry_lines(row, style)


def _entry_lines(entry: LogEntry, style: LogStyle) -> list[Line]:
    word, colour = severity_word(entry.severity)
    head = f" {words.clock_ns(entry.timestamp_ns)} "
    revision = left(short_revision(entry.service, entry.revision), _REVISION)
    service = left(entry.service, _SERVICE) + " " if style.services else ""
    start = (Span(head, "dim"), Span(left(word, 5), colour), Span(f" {service}{revision} ", "dim"))
    size = len(head) + 5 + len(revision) + len(service) + 2
    first, *more = _message_rows(entry, max(8, style.width - size), style.wrap)
    text = "bad-strong" if entry.severity >= Severity.CRITICAL else ""
    rows = [line(*start, *highlighted(first, style.wanted, text))]
    if more and not style.wrap:
        return [line(*rows[0], Span(f"  ⏎ {len(more)} more", "dim"))]
    rows.extend(line(" " * size, *highlighted(part, style.wanted, text)) for part in more)
    return rows


def _message_rows(entry: LogEntry, width: int, wrap: bool) -> tuple[str, ...]:
    lines = entry.message.splitlines() or [""]
    if not wrap:
        return tuple(lines)
    return tuple(piece for text in lines for piece in chunks(text, width))


def highlighted(text: str, wanted: LogFilter, style: str) -> Line:
    """The text with what the operator searches for marked."""
    spans: list[Span] = []
    at = 0
    for start, end in wanted.matches(text):
        spans += [Span(text[at:start], style), Span(text[start:end], "match")]
        at = end
    return (*spans, Span(text[at:], style))


def gap_line(gap: Gap, width: int) -> Line:
    """A visible mark where entries are missing, with the least count and the reason."""
    span = f"{words.clock_ns(gap.from_ns)[:8]} to {words.clock_ns(gap.to_ns)[:8]}"
    text = f" ┄┄ {gap_message(gap)}, {span} "
    return line(Span(text + "┄" * max(0, width - len(text) - 1), "warn"))


def status_words(status: LogStatus) -> str:
    """Rate, loss and lag in fixed widths, so that the title never jitters."""
    if status.mode in {"off", "starting"}:
        return "starting…" if status.mode == "starting" else "not tailing"
    behind = f"{status.behind_s:>5.1f} s behind" if status.behind_s is not None else "    - behind"
    mode = "" if status.mode == "live" else f"{status.mode} · "
    return f"{mode}{status.rate:>6,.0f}/s · {status.lost:,} lost · {behind}"


def entry_text(row: Row) -> str:
    """A row in full, for reading and copying."""
    if isinstance(row, Gap):
        return gap_line(row, 0)[0].text.strip(" ┄")
    word, _ = severity_word(row.severity)
    where = f"{row.project}/{row.region}/{row.service}"
    parts = [f"{words.clock_ns(row.timestamp_ns)} UTC  {word or 'DEFAULT'}  {where}  {row.revision}", f"log {row.log}"]
    parts += [f"trace {row.trace}"] if row.trace else []
    parts += [f"{name} = {value}" for name, value in row.labels]
    parts += ["", row.message]
    return "\n".join([*parts, "", row.payload] if row.payload else parts)


def row_text(row: Row) -> str:
    """A row as one copied line."""
    if isinstance(row, Gap):
        return entry_text(row)
    word, _ = severity_word(row.severity)
    return f"{words.clock_ns(row.timestamp_ns)} {word:<5} {row.revision} {row.message}"
