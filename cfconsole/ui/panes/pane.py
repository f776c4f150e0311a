"""The base of all panes: a frame with a title, the state they show, and the methods that keys call."""

from __future__ import annotations

from collections.abc import Sequence

from cfconsole.session.state.console_state import ConsoleState
from cfconsole.ui.lines import Lines
from cfconsole.ui.present.cells import Line, Span
from cfconsole.ui.present.frame import PaneFrame, draw_frame, rule
from cfconsole.ui.session_port import ClockReader
from cfconsole.ui.settings import ScreenSettings


class Pane(Lines):
    """A framed pane. It repaints only when a part of the state that it shows is a new object."""

    def __init__(self, settings: ScreenSettings, clock: ClockReader, *, id: str) -> None:
        super().__init__(id=id)
        self.settings = settings
        self.clock = clock
        self.state = ConsoleState()
        self.frame = PaneFrame()
        self.active = False
        self.tabs: Line = ()
        """The names of all panes, shown instead of the title where only one pane fits the screen."""

    def title(self) -> Line:
        raise NotImplementedError

    def remark(self) -> Line:
        """The text at the right end of the title."""
        return ()

    def body(self, width: int, height: int) -> Sequence[Line]:
        raise NotImplementedError

    def parts(self, state: ConsoleState) -> tuple[object, ...]:
        """The parts of the state that this pane shows."""
        raise NotImplementedError

    def show(self, state: ConsoleState) -> None:
        before, self.state = self.state, state
        if any(new is not old for new, old in zip(self.parts(state), self.parts(before), strict=True)):
            self.on_change()
            self.repaint()

    def on_change(self) -> None:
        """Called before painting when a part of the state has changed."""

    def tick(self) -> None:
        """Called once a second, because ages grow."""
        self.repaint()

    def move(self, steps: int) -> None:
        """Moves the cursor or scrolls, at most to the end."""

    def copy_text(self) -> str:
        """The text that `c` copies here; empty if there is none."""
        return ""

    @property
    def page(self) -> int:
        """Half a screen of rows."""
        return max(1, (self.size.height - 1) // 2)

    def draw(self, width: int, height: int) -> list[Line]:
        style = f"frame-{self.settings.colour}" if self.settings.colour else "rule"
        inner = width - len(self.frame.left) - len(self.frame.right)
        # The body comes first: the title may say which part of it is in sight.
        body = self.body(inner, height - 1)
        start = self.tabs or self.title()
        if self.active and not self.tabs:
            start = tuple(Span(span.text, span.style or "accent-strong") for span in start)
        top = rule(self.frame, start, self.remark(), width, "accent" if self.active else style)
        return draw_frame(self.frame, top, body, width, height, style)
