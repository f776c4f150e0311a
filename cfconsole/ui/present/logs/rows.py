"""Log rows: time, severity, service, revision and the message, on one line or wrapped."""

from collections import Counter
from collections.abc import Collection, Mapping

from msgspec import Struct
from msgspec.structs import replace

from cfconsole.domain.fleet.services import ServiceKey, short_revision
from cfconsole.domain.logs.buffer import LogRows
from cfconsole.domain.logs.entries import Gap, LogEntry, Severity
from cfconsole.domain.logs.filter import LogFilter
from cfconsole.domain.logs.messages import gap_message, message_headline
from cfconsole.domain.logs.rows import Row
from cfconsole.domain.logs.times import clock_time, relative_time
from cfconsole.ui.present.cells import Line, Span, chunks, clip, left, line, right

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
MAX_NAME = 16
_MAX_AMBIGUOUS_NAME = 26
_NAME_STYLES = ("name-1", "name-2", "name-3", "name-4", "name-5")
_AGE = 8


class Stamps(Struct, frozen=True):
    """How times are written, each way with a fixed width."""

    zone: str = "UTC"
    """`UTC`, `local`, or `ages`."""
    offset_s: int = 0
    """East of UTC."""
    now_ns: int = 0

    def of(self, ns: int) -> str:
        if self.zone == "ages":
            return right(relative_time(ns, self.now_ns), _AGE)
        return clock_time(ns, self.offset_s)

    def clock(self, ns: int) -> str:
        """Time of day to the second, in the clock of the rows; used for spans of time."""
        return clock_time(ns, self.offset_s)[:8]


class LogStyle(Struct, frozen=True):
    """How rows are laid out."""

    width: int
    names: Mapping[ServiceKey, Span] | None = None
    """The names of services, padded to one width; `None` where rows do not name their service."""
    wrap: bool = False
    filter: LogFilter = LogFilter()
    stamps: Stamps = Stamps()


def service_names(keys: Collection[ServiceKey], *, min_width: int = 0) -> dict[ServiceKey, Span]:
    """A name and a colour for each service of a mixed log. Services of the same name also show their region.

    The order of the keys does not matter, so a colour stays with its service.
    """
    names = Counter(key.name for key in keys)
    texts = {key: f"{key.name} {key.region}" if names[key.name] > 1 else key.name for key in sorted(keys)}
    max_width = _MAX_AMBIGUOUS_NAME if len(names) < len(texts) else MAX_NAME
    width = min(max_width, max(min_width, *map(len, texts.values()))) if texts else max_width
    colours = (_NAME_STYLES[at % len(_NAME_STYLES)] for at in range(len(texts)))
    return {key: Span(left(text, width), colour) for (key, text), colour in zip(texts.items(), colours, strict=True)}


def severity_word(severity: int) -> tuple[str, str]:
    """Word and style of the nearest known severity at or below this one."""
    return next(((word, style) for level, word, style in _SEVERITIES if severity >= level), ("", "dim"))


def row_lines(row: Row, style: LogStyle) -> list[Line]:
    """One line, or several if the message is wrapped."""
    return [gap_line(row, style)] if isinstance(row, Gap) else _entry_lines(row, style)


def lines_in_context(rows: LogRows, index: int, style: LogStyle, *, first: bool) -> list[Line]:
    """A row among its neighbours: rows of one stack trace look like one entry, with the highest severity among them.

    The `first` visible row always shows its time and service.
    """
    row = rows.row(index)
    stack = rows.stack_of(row)
    if stack is None or isinstance(row, Gap):
        return row_lines(row, style)
    continues = not first and row is not stack.lines[0]
    return _entry_lines(replace(row, severity=stack.severity), style, continues=continues)


def _entry_lines(entry: LogEntry, style: LogStyle, *, continues: bool = False) -> list[Line]:
    word, colour = severity_word(entry.severity)
    revision = left(short_revision(entry.service, entry.revision), _REVISION)
    stamp = style.stamps.of(entry.timestamp_ns)
    name = _name(entry, style.names)
    start = (Span(f" {stamp} ", "dim"), Span(left(word, 5), colour), Span(" "), *name, Span(f"{revision} ", "dim"))
    size = sum(len(span.text) for span in start)
    text = "bad-strong" if entry.severity >= Severity.CRITICAL else ""
    first, *more = _message_rows(entry, max(8, style.width - size), style.wrap)
    if continues:
        start = (Span(" " * size),)
    rows = [line(*start, *highlight(first, style.filter, text))]
    if more and not style.wrap:
        return [line(*rows[0], Span(more[0], "dim"))]
    rows.extend(line(" " * size, *highlight(part, style.filter, text)) for part in more)
    return rows


def _name(entry: LogEntry, names: Mapping[ServiceKey, Span] | None) -> Line:
    if names is None:
        return ()
    known = names.get(ServiceKey(entry.project, entry.region, entry.service))
    if known is None:
        width = len(next(iter(names.values())).text) if names else MAX_NAME
        known = Span(left(entry.service, width), "dim")
    return (known, Span(" "))


def _message_rows(entry: LogEntry, width: int, wrap: bool) -> tuple[str, ...]:
    """All lines of the message, wrapped; or its headline and the number of further lines."""
    lines = entry.message.splitlines() or [""]
    if wrap:
        return tuple(piece for text in lines for piece in chunks(text, width))
    if len(lines) == 1:
        return tuple(lines)
    more = f"  ⏎ {len(lines) - 1} more"
    return (clip(message_headline(lines), max(0, width - len(more))), more)


def highlight(text: str, search: LogFilter, style: str) -> Line:
    """The text with the matches of the search highlighted."""
    spans: list[Span] = []
    at = 0
    for start, end in search.matches(text):
        spans += [Span(text[at:start], style), Span(text[start:end], "match")]
        at = end
    return (*spans, Span(text[at:], style))


def gap_line(gap: Gap, style: LogStyle) -> Line:
    """A visible mark where entries are missing, with the minimum count and the reason."""
    text = f" ┄┄ {gap_text(gap, style.stamps)} "
    return line(Span(text + "┄" * max(0, style.width - len(text) - 1), "warn"))


def gap_text(gap: Gap, stamps: Stamps) -> str:
    return f"{gap_message(gap)}, {stamps.clock(gap.from_ns)} to {stamps.clock(gap.to_ns)}"


def row_text(row: Row) -> str:
    """A row as one line of text, for copying."""
    if isinstance(row, Gap):
        return gap_text(row, Stamps())
    word, _ = severity_word(row.severity)
    return f"{clock_time(row.timestamp_ns)} {word:<5} {row.revision} {row.message}"
