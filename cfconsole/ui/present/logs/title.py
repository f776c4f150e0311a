"""The words of the log's title: whose log, what of it is shown, how it follows, and how far it can be trusted."""

from collections.abc import Iterable

from msgspec import Struct

from cfconsole.session.state.console_state import LogStatus
from cfconsole.ui.present.cells import Line, Span, clip, width_of

_QUERY = 30
_SHORT_QUERY = 10
_PATTERN = 24
_SUBJECT = 36
_SHORT_SUBJECT = 20
"""Fits beside the tabs of 80 columns and the words that must stay: a narrowed log says so."""


class LogTitleState(Struct, frozen=True):
    """What of the log is on the screen."""

    subject: str = ""
    """The service, how many services, or the entries it was narrowed to."""
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
    """Where there is little room, the highest goes first; 0 stays."""


def title_line(shown: LogTitleState, room: int) -> Line:
    """`Logs 2 services ≥ INFO · 5m · /timeout · following`."""
    severity = f" ≥ {shown.severity}" if shown.severity else ""
    head = TitlePart(Span(f"Logs {clip(shown.subject, _SUBJECT)}{severity}".rstrip()), 0)
    return _joined([head, *_narrowed(shown), *_following(shown)], room)


def status_line(status: LogStatus) -> Line:
    """Rate, loss and lag in fixed widths, so that the title never jitters."""
    if status.mode == "off":
        return (Span("not tailing", "dim"),)
    if status.mode == "starting":
        return (Span(f"{_mode(status)}…", "warn" if status.sentence else "dim"),)
    return _joined(_status(status), 1 << 16)


def short_line(shown: LogTitleState, status: LogStatus, room: int) -> Line:
    """Both in one, for screens where the names of the panes take the title's place."""
    subject = TitlePart(Span(clip(shown.subject, _SHORT_SUBJECT), "strong"), 3)
    severity = TitlePart(Span(f"≥ {shown.severity}", "dim"), 4)
    whose = [*([subject] if shown.subject else []), *([severity] if shown.severity else [])]
    return _joined([*whose, *_narrowed(shown, _SHORT_QUERY), *_following(shown), *_status(status)], room)


def _narrowed(shown: LogTitleState, query: int = _QUERY) -> list[TitlePart]:
    parts = [
        TitlePart(Span(shown.range), 5),
        TitlePart(Span(f"/{clip(shown.pattern, _PATTERN)}" if shown.pattern else ""), 2),
        TitlePart(Span(f"filter {clip(shown.query, query)}" if shown.query else ""), 3),
        TitlePart(Span("" if shown.zone == "UTC" else shown.zone), 10),
    ]
    return [part for part in parts if part.span.text]


def _following(shown: LogTitleState) -> list[TitlePart]:
    if shown.following:
        return [TitlePart(Span("following", "good"), 0)]
    below = [TitlePart(Span(f"{shown.below:,} below", "warn-strong"), 7)] if shown.below else []
    return [TitlePart(Span("paused", "warn-strong"), 0), *below]


def _status(status: LogStatus) -> list[TitlePart]:
    trouble = status.mode in {"polling", "broken"} or _mode(status) == "reconnecting"
    style = "warn" if trouble or status.lost else "dim"
    measured = status.mode == "live"
    behind = f"{status.behind_s:>5.1f} s" if measured and status.behind_s is not None else "    -"
    mode = [] if status.mode == "live" else [TitlePart(Span(_mode(status), style), 1)]
    rate = TitlePart(Span(f"{status.rate:>6,.0f}/s" if measured else "     -/s", style), 11)
    lost = TitlePart(Span(f"{status.lost:,} lost", style), 1 if status.lost else 6)
    return [*mode, rate, lost, TitlePart(Span(f"{behind} behind", style), 9)]


def _mode(status: LogStatus) -> str:
    """A tail that starts because the one before it broke is another matter than the first one."""
    return "reconnecting" if status.mode == "starting" and status.sentence else status.mode


def _joined(parts: Iterable[TitlePart], room: int) -> Line:
    kept = list(parts)
    while len(kept) > 1 and _width(kept) > room and max(part.rank for part in kept):
        kept.remove(max(kept, key=lambda part: part.rank))
    spans: list[Span] = []
    for before, part in zip([None, *kept], kept, strict=False):
        if before:
            spans.append(Span(" · ", "dim" if part.span.style else ""))
        spans.append(part.span)
    return tuple(spans)


def _width(parts: list[TitlePart]) -> int:
    return width_of(part.span for part in parts) + 3 * (len(parts) - 1)
