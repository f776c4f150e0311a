"""How panes share the screen, and the calm frame around them: a rule with a title on top, joints where they meet."""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct

from cfconsole.ui.present.cells import Line, Span, fit, width_of


class PaneFrame(Struct, frozen=True):
    """How one pane meets its neighbours; an empty side draws nothing."""

    top_left: str = "┌"
    top_right: str = "┐"
    left: str = "│"
    right: str = "│"
    joint: int = -1
    """Column of the top rule where a line from above ends; -1 for none."""
    meeting: int = -1
    """Row of the left side where a neighbour's rule arrives; -1 for none."""


MIN_SIZE = (80, 24)
_ALL_PANES = (110, 32)
"""From this size on all panes are in sight at once."""
_TABS = (("services", "Services"), ("detail", "Detail"), ("alerts", "Alerts"), ("logs", "Logs"))


class PaneHeights(NamedTuple):
    """How the height is shared where all panes are in sight; the log takes the rest."""

    upper: int
    alerts: int


class Arrangement(NamedTuple):
    """What fits: all panes, one with tabs, or a sentence."""

    shown: frozenset[str]
    """Panes in sight; none where the terminal is too small."""
    rows: PaneHeights | None
    """`None`: one pane has everything."""


def arrangement(width: int, height: int, current: str, *, zoomed: bool) -> Arrangement:
    if width < MIN_SIZE[0] or height < MIN_SIZE[1]:
        return Arrangement(frozenset(), None)
    if zoomed or width < _ALL_PANES[0] or height < _ALL_PANES[1]:
        return Arrangement(frozenset({current}), None)
    rows = PaneHeights(round((height - 3) * 0.62), 8 if height >= 48 else 6)
    return Arrangement(frozenset(name for name, _ in _TABS), rows)


def pane_frames(rows: PaneHeights | None, width: int) -> dict[str, PaneFrame]:
    """The frames of panes, joined where they stand beside each other."""
    if rows is None:
        return {name: PaneFrame() for name, _ in _TABS}
    return {
        "services": PaneFrame("┌", "", right=""),
        "detail": PaneFrame("┬", "┐", meeting=rows.upper - rows.alerts),
        "alerts": PaneFrame("├", "", right=""),
        "logs": PaneFrame("├", "┤", joint=width // 2),
    }


def tabs(current: str) -> Line:
    """The names of all panes, for the rule of the only one in sight."""
    return tuple(Span(f" {label} ", "cursor" if name == current else "dim") for name, label in _TABS)


def rule(frame: PaneFrame, start: Sequence[Span], end: Sequence[Span], width: int, style: str) -> Line:
    """The top rule: `start` at its left, `end` at its right, both set off by one blank."""
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
    """Without the blanks that keep a number in its place: at the right edge it stays there without them."""
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
