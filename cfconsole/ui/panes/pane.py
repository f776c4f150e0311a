"""What all panes share: a frame with a title, the state, and how keys reach them."""

from __future__ import annotations

from collections.abc import Sequence

from cfconsole.session.state.console_state import ConsoleState
from cfconsole.ui.lines import Lines
from cfconsole.ui.present.cells import Line, Span
from cfconsole.ui.present.frame import PaneFrame, draw_frame, rule
from cfconsole.ui.session_port import ClockReader
from cfconsole.ui.settings import ScreenSettings


class Pane(Lines):
    """A framed pane. It repaints only when a part of the state that it shows is another object than before."""

    def __init__(self, settings: ScreenSettings, clock: ClockReader, *, id: str) -> None:
        super().__init__(id=id)
        self.settings = settings
        self.clock = clock
        self.state = ConsoleState()
        self.frame = PaneFrame()
        self.active = False
        self.tabs: Line = ()
        """Names of all panes, instead of the title's start where only one fits the screen."""

    def title(self) -> Line:
        raise NotImplementedError

    def remark(self) -> Line:
        """What stands at the right of the title."""
        return ()

    def body(self, width: int, height: int) -> Sequence[Line]:
        raise NotImplementedError

    def parts(self, state: ConsoleState) -> tuple[object, ...]:
        """The parts of the state this pane shows."""
        raise NotImplementedError

    def show(self, state: ConsoleState) -> None:
        before, self.state = self.state, state
        if any(new is not old for new, old in zip(self.parts(state), self.parts(before), strict=True)):
            self.on_change()
            self.repaint()

    def on_change(self) -> None:
        """Called when a part of the state changed, before painting."""

    def tick(self) -> None:
        """Called once a second: ages grow."""
        self.repaint()

    def move(self, steps: int) -> None:
        """Moves the cursor or scrolls; far beyond the end means to the end."""

    def copy_text(self) -> str:
        """What `c` copies here; empty for nothing."""
        return ""

    @property
    def page(self) -> int:
        """Half a screen of rows."""
        return max(1, (self.size.height - 1) // 2)

    def draw(self, width: int, height: int) -> list[Line]:
        style = f"frame-{self.settings.colour}" if self.settings.colour else "rule"
        inner = width - len(self.frame.left) - len(self.frame.right)
        # First, for the title may say what part of it is in sight.
        body = self.body(inner, height - 1)
        start = self.tabs or self.title()
        if self.active and not self.tabs:
            start = tuple(Span(span.text, span.style or "accent-strong") for span in start)
        top = rule(self.frame, start, self.remark(), width, "accent" if self.active else style)
        return draw_frame(self.frame, top, body, width, height, style)
