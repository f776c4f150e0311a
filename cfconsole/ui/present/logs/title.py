"""The title of the log: its services, filters and range, whether it follows, and rate, loss and lag of the tail."""

from collections.abc import Iterable

from msgspec import Struct

from cfconsole.session.state.console_state import LogStatus
from cfconsole.ui.present.cells import Line, Span, clip, width_of

_QUERY = 30
_SHORT_QUERY = 10
_PATTERN = 24
_SUBJECT = 36
_SHORT_SUBJECT = 20
"""Fits beside the tabs and the parts that must stay in 80 columns."""


class LogTitleState(Struct, frozen=True):
    """What the title says about the log on the screen."""

    subject: str = ""
    """The service, the number of services, or the label of a subset."""
    severity: str = ""
    range: str = ""
    pattern: str = ""
    query: str = ""
    zone: str = "UTC"
    following: bool = True
    below: int = 0


class TitlePart(Struct, frozen=True):
    span: Span
    rank: int
    """Where room is short, the highest rank is dropped first; 0 always stays."""


def title_line(title: LogTitleState, room: int) -> Line:
    """`Logs 2 services ≥ INFO · 5m · /timeout · following`."""
    severity = f" ≥ {title.severity}" if title.severity else ""
    head = TitlePart(Span(f"Logs {clip(title.subject, _SUBJECT)}{severity}".rstrip()), 0)
    return _join_parts([head, *_restrictions(title), *_following(title)], room)


def status_line(status: LogStatus) -> Line:
    """Rate, loss and lag in fixed widths, so that the title never jitters."""
    if status.mode == "off":
        return (Span("not tailing", "dim"),)
    if status.mode == "starting":
        return (Span(f"{_mode(status)}…", "warn" if status.sentence else "dim"),)
    return _join_parts(_status(status), 1 << 16)


def short_line(title: LogTitleState, status: LogStatus, room: int) -> Line:
    """Title and status in one, for screens where the names of the panes take the title's place."""
    subject = TitlePart(Span(clip(title.subject, _SHORT_SUBJECT), "strong"), 3)
    severity = TitlePart(Span(f"≥ {title.severity}", "dim"), 4)
    whose = [*([subject] if title.subject else []), *([severity] if title.severity else [])]
    return _join_parts([*whose, *_restrictions(title, _SHORT_QUERY), *_following(title), *_status(status)], room)


def _restrictions(title: LogTitleState, query: int = _QUERY) -> list[TitlePart]:
    parts = [
        TitlePart(Span(title.range), 5),
        TitlePart(Span(f"/{clip(title.pattern, _PATTERN)}" if title.pattern else ""), 2),
        TitlePart(Span(f"filter {clip(title.query, query)}" if title.query else ""), 3),
        TitlePart(Span("" if title.zone == "UTC" else title.zone), 10),
    ]
    return [part for part in parts if part.span.text]


def _following(title: LogTitleState) -> list[TitlePart]:
    if title.following:
        return [TitlePart(Span("following", "good"), 0)]
    below = [TitlePart(Span(f"{title.below:,} below", "warn-strong"), 7)] if title.below else []
    return [TitlePart(Span("paused", "warn-strong"), 0), *below]


def _status(status: LogStatus) -> list[TitlePart]:
    impaired = status.mode in {"polling", "broken"} or _mode(status) == "reconnecting"
    style = "warn" if impaired or status.lost else "dim"
    measured = status.mode == "live"
    behind = f"{status.behind_s:>5.1f} s" if measured and status.behind_s is not None else "    -"
    mode = [] if status.mode == "live" else [TitlePart(Span(_mode(status), style), 1)]
    rate = TitlePart(Span(f"{status.rate:>6,.0f}/s" if measured else "     -/s", style), 11)
    lost = TitlePart(Span(f"{status.lost:,} lost", style), 1 if status.lost else 6)
    return [*mode, rate, lost, TitlePart(Span(f"{behind} behind", style), 9)]


def _mode(status: LogStatus) -> str:
    """The mode as a word; a tail that starts again after an error is `reconnecting`."""
    return "reconnecting" if status.mode == "starting" and status.sentence else status.mode


def _join_parts(parts: Iterable[TitlePart], room: int) -> Line:
    remaining = list(parts)
    while len(remaining) > 1 and _width(remaining) > room and max(part.rank for part in remaining):
        remaining.remove(max(remaining, key=lambda part: part.rank))
    spans: list[Span] = []
    for before, part in zip([None, *remaining], remaining, strict=False):
        if before:
            spans.append(Span(" · ", "dim" if part.span.style else ""))
        spans.append(part.span)
    return tuple(spans)


def _width(parts: list[TitlePart]) -> int:
    return width_of(part.span for part in parts) + 3 * (len(parts) - 1)
