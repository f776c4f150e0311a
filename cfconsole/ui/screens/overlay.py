"""A box above the main screen, which gets all keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

from cfconsole.ui.action import KeyTable
from cfconsole.ui.lines import Lines
from cfconsole.ui.present.cells import BLANK, Line, Span, hints, line
from cfconsole.ui.present.frame import PaneFrame, draw_frame, rule

Result = TypeVar("Result")

_LEFT_FREE = 3
"""Rows that no box covers: the header, the bottom rule with its messages, and the last line."""
_SLIVER = 12
"""A box that would leave at most this many columns takes the whole width: panes that narrow show nothing useful."""


def keys_foot(table: KeyTable[Any], *named: tuple[str, str]) -> list[Line]:
    """The last rows of a box: the keys of these actions, and what they do in it."""
    actions = ((table.of_id(name), does) for name, does in named)
    return [BLANK, hints(*((action.key, does) for action, does in actions if action))]


class Box(Lines):
    """The framed lines of an overlay, scrolled by whole rows."""

    def __init__(self, overlay: Overlay[Result]) -> None:
        super().__init__(id="box")
        self._overlay = overlay
        self.top = 0

    def scroll_by(self, steps: int) -> None:
        self.top = max(0, self.top + steps)
        self.repaint()

    def draw(self, width: int, height: int) -> list[Line]:
        rows, foot = self._overlay.rows(width - 2), self._overlay.foot(width - 2)
        room = max(1, height - 2 - len(foot))
        self.top = min(self.top, max(0, len(rows) - room))
        visible = list(rows[self.top : self.top + room])
        visible += [BLANK] * (room - len(visible))
        title = line(Span(self._overlay.heading, "accent-strong"))
        top = rule(PaneFrame(), title, self._place(len(rows), room), width, "accent")
        body = draw_frame(PaneFrame(), top, [*visible, *foot], width, height - 1, "accent")
        return [*body, line(Span("└" + "─" * (width - 2) + "┘", "accent"))]

    def _place(self, total: int, height: int) -> Line:
        if total <= height:
            return ()
        last = min(self.top + height, total)
        more = last < total
        return line(Span(f"{last} of {total}{' ↓' if more else '  '}", "warn-strong" if more else "dim"))


class Overlay(ModalScreen[Result], inherit_bindings=False):
    DEFAULT_CSS = """
    Overlay { align: center middle; background: transparent; }
    Overlay Box { background: ansi_default; }
    """

    heading = ""
    preferred_size = (100, 0)
    """Columns and rows; 0 rows means as many as the content has and the screen allows."""

    def compose(self) -> ComposeResult:
        yield Box(self)

    @property
    def box(self) -> Box:
        return self.query_one(Box)

    def rows(self, width: int) -> Sequence[Line]:
        raise NotImplementedError

    def foot(self, width: int) -> Sequence[Line]:
        """Rows that stay visible below those that scroll."""
        return ()

    def press(self, event: events.Key) -> None:
        """Handles a key; none reaches the main screen."""
        raise NotImplementedError

    def on_mount(self) -> None:
        self.fit()

    def on_resize(self) -> None:
        self.fit()

    def fit(self) -> None:
        """Fits the box to its content and paints it."""
        columns, rows = self.preferred_size
        screen = self.app.size
        width = columns if screen.width - columns > _SLIVER else screen.width
        height = rows or len(self.rows(width - 2)) + len(self.foot(width - 2)) + 2
        self.box.styles.width = width
        self.box.styles.height = min(height, screen.height - _LEFT_FREE)
        self.box.repaint()

    async def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        if self.is_active:
            self.press(event)
        else:
            # The key before it opened another screen or left this one: this key is meant for the visible screen.
            self.app.screen.post_message(events.Key(event.key, event.character))

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Leaves this screen, unless it is not the top one any more."""
        return super().dismiss(result) if self.is_active else AwaitComplete()
