"""How panes share the screen, and the frame around each: a rule with the title on top, joints where panes meet."""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct

from cfconsole.ui.present.cells import Line, Span, fit, width_of


class PaneFrame(Struct, frozen=True):
    """The border of one pane next to its neighbours; an empty side draws nothing."""

    top_left: str = "┌"
    top_right: str = "┐"
    left: str = "│"
    right: str = "│"
    joint: int = -1
    """Column of the top rule where a line from above ends; -1 for none."""
    meeting: int = -1
    """Row of the left side where a neighbour's rule ends; -1 for none."""


MIN_SIZE = (80, 24)
_ALL_PANES = (110, 32)
"""From this size on all panes fit the screen."""
_TABS = (("services", "Services"), ("detail", "Detail"), ("alerts", "Alerts"), ("logs", "Logs"))


class PaneHeights(NamedTuple):
    """Heights where all panes are visible; the log takes the rest."""

    upper: int
    alerts: int


class Arrangement(NamedTuple):
    """What fits the screen: all panes, one with tabs, or none."""

    visible: frozenset[str]
    """The visible panes; none where the terminal is too small."""
    rows: PaneHeights | None
    """`None` where one pane takes the whole screen."""


def arrangement(width: int, height: int, current: str, *, zoomed: bool) -> Arrangement:
    if width < MIN_SIZE[0] or height < MIN_SIZE[1]:
        return Arrangement(frozenset(), None)
    if zoomed or width < _ALL_PANES[0] or height < _ALL_PANES[1]:
        return Arrangement(frozenset({current}), None)
    rows = PaneHeights(round((height - 3) * 0.62), 8 if height >= 48 else 6)
    return Arrangement(frozenset(name for name, _ in _TABS), rows)


def pane_frames(rows: PaneHeights | None, width: int) -> dict[str, PaneFrame]:
    """The frames of all panes, joined where they stand next to each other."""
    if rows is None:
        return {name: PaneFrame() for name, _ in _TABS}
    return {
        "services": PaneFrame("┌", "", right=""),
        "detail": PaneFrame("┬", "┐", meeting=rows.upper - rows.alerts),
        "alerts": PaneFrame("├", "", right=""),
        "logs": PaneFrame("├", "┤", joint=width // 2),
    }


def tabs(current: str) -> Line:
    """The names of all panes, for the rule of the only visible one."""
    return tuple(Span(f" {label} ", "cursor" if name == current else "dim") for name, label in _TABS)


def rule(frame: PaneFrame, start: Sequence[Span], end: Sequence[Span], width: int, style: str) -> Line:
    """The top rule with `start` at the left and `end` at the right, each between blanks."""
    room = width - len(frame.top_left) - len(frame.top_right)
    head = _label(start)
    tail = _label(_without_indent(end))
    if width_of(head) + width_of(tail) + 2 > room:
        tail = ()
    head = head if width_of(head) < room else fit(head, max(room - 1, 0))
    dashes = room - width_of(head) - width_of(tail) - (1 if tail else 0)
    filling = _dashes(frame, len(frame.top_left) + width_of(head), dashes)
    line = [Span(frame.top_left, style), *head, Span(filling, style), *tail]
    return (*line, Span("─" * bool(tail) + frame.top_right, style))


def _without_indent(spans: Sequence[Span]) -> Sequence[Span]:
    """Without leading blanks, which align numbers; at the right edge they are aligned anyway."""
    return (spans[0]._replace(text=spans[0].text.lstrip(" ")), *spans[1:]) if spans else ()


def _label(spans: Sequence[Span]) -> Line:
    return (Span(" "), *spans, Span(" ")) if spans else ()


def _dashes(frame: PaneFrame, start: int, size: int) -> str:
    at = frame.joint - start
    return "─" * at + "┴" + "─" * (size - at - 1) if 0 <= at < size else "─" * size


def draw_frame(frame: PaneFrame, top: Line, body: Sequence[Line], width: int, height: int, style: str) -> list[Line]:
    """The rule and `height - 1` rows of body between the sides, each exactly `width` cells."""
    inner = width - len(frame.left) - len(frame.right)
    rows = [top]
    for number in range(1, height):
        content = body[number - 1] if number - 1 < len(body) else ()
        side = "┤" if number == frame.meeting else frame.left
        left = (Span(side, style),) if frame.left else ()
        right = (Span(frame.right, style),) if frame.right else ()
        rows.append((*left, *fit(content, inner), *right))
    return rows
