"""The single lines around the panes: header, banner, status rule, and the notice of a terminal that is too small."""

from __future__ import annotations

from cfconsole.session.state.console_state import ConsoleState
from cfconsole.ui.lines import Lines
from cfconsole.ui.present.cells import Line, Span, fit, line
from cfconsole.ui.present.frame import MIN_SIZE
from cfconsole.ui.present.freshness import freshness
from cfconsole.ui.present.header import header_line
from cfconsole.ui.session_port import ClockReader
from cfconsole.ui.settings import ScreenSettings

_NOTICE_S = 8.0


class Bar(Lines):
    """A line that shows part of the state and takes no keys."""

    DEFAULT_CSS = "Bar { height: 1; }"

    def __init__(self, settings: ScreenSettings, clock: ClockReader, *, id: str) -> None:
        super().__init__(id=id)
        self.settings = settings
        self.clock = clock
        self.state = ConsoleState()

    def show(self, state: ConsoleState) -> None:
        self.state = state
        self.repaint()


class Header(Bar):
    def draw(self, width: int, height: int) -> list[Line]:
        return [header_line(self.state, self.settings, self.clock.now(), width)]


class Banner(Bar):
    """What is wrong with the data and what to do; hidden while all is well."""

    DEFAULT_CSS = "Banner { height: 1; display: none; }"

    def repaint(self) -> None:
        self.display = bool(self._sentence())
        super().repaint()

    def draw(self, width: int, height: int) -> list[Line]:
        return [fit(line(Span(f" ! {self._sentence()}", "banner")), width, "banner")]

    def _sentence(self) -> str:
        return freshness(self.state.feeds, self.clock.now()).banner


class TooSmall(Bar):
    """Shown instead of everything else in a terminal that is too small."""

    DEFAULT_CSS = "TooSmall { height: 1fr; display: none; }"

    def draw(self, width: int, height: int) -> list[Line]:
        size, (columns, rows) = self.app.size, MIN_SIZE
        text = f"Terminal too small: {size.width} by {size.height}, needs {columns} by {rows}."
        return [*[()] * (height // 2), line(" " * max(0, (width - len(text)) // 2), text)]


class StatusRule(Bar):
    """The bottom of the frame: a notice for some seconds, else the release that is open or has just ended."""

    def __init__(self, settings: ScreenSettings, clock: ClockReader, *, id: str) -> None:
        super().__init__(settings, clock, id=id)
        self._notice: Line = ()
        self._until = float("-inf")

    def say(self, sentence: str, style: str = "") -> None:
        self._notice = line(Span(sentence, style))
        self._until = self.clock.monotonic() + _NOTICE_S
        self.repaint()

    def clear_message(self) -> None:
        self._until = float("-inf")
        self.repaint()

    def draw(self, width: int, height: int) -> list[Line]:
        style = f"frame-{self.settings.colour}" if self.settings.colour else "rule"
        content = self._content(width - 6)
        if not content:
            return [line(Span("└" + "─" * (width - 2) + "┘", style))]
        if sum(len(span.text) for span in content) > width - 6:
            content = fit(content, width - 6)
        rest = "─" * max(0, width - 5 - sum(len(span.text) for span in content))
        return [line(Span("└─ ", style), *content, Span(f" {rest}┘", style))]

    def _content(self, width: int) -> Line:
        if self.clock.monotonic() < self._until:
            return self._notice
        if not self.state.releases:
            return ()
        # Loaded with the first release: it would lengthen the first frame, which has none.
        from cfconsole.ui.present.releases.status import most_urgent, status_line

        now = self.clock.now()
        release = most_urgent(self.state.releases, now)
        return status_line(release, now, width, self.state.progress.get(release.id)) if release else ()
