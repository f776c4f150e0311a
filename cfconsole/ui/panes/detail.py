"""The detail pane: the service under the cursor in full. Its presenter is loaded with the first service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.session.state.console_state import ConsoleState, Feed
from cfconsole.ui.panes.pane import Pane
from cfconsole.ui.present.cells import Line, Span, line, plain
from cfconsole.ui.present.freshness import stale_age
from cfconsole.ui.session_port import ClockReader
from cfconsole.ui.settings import ScreenSettings

if TYPE_CHECKING:
    from cfconsole.ui.present.fleet.detail import ServiceDetail


class DetailPane(Pane):
    def __init__(self, settings: ScreenSettings, clock: ClockReader) -> None:
        super().__init__(settings, clock, id="detail")
        self.key: ServiceKey | None = None
        self._top = 0

    def choose(self, key: ServiceKey | None) -> None:
        if key != self.key:
            self.key = key
            self._top = 0
            self.repaint()

    def parts(self, state: ConsoleState) -> tuple[object, ...]:
        key = self.key
        of_service = (state.services.get(key), state.revisions.get(key), state.metrics.get(key)) if key else ()
        return (*of_service, state.suspects, state.alerts, state.releases, state.progress, state.feeds)

    def subject(self) -> ServiceDetail | None:
        if self.key is None or self.key not in self.state.services:
            return None
        # Loaded with the first service: it would lengthen the first frame, which may have none.
        from cfconsole.ui.present.fleet.detail import service_detail

        return service_detail(self.state, self.key, self.settings.thresholds, self.clock.now())

    def move(self, steps: int) -> None:
        self._top = max(0, self._top + steps)
        self.repaint()

    def copy_text(self) -> str:
        subject = self.subject()
        return "\n".join(plain(row).rstrip() for row in subject.lines(100)) if subject else ""

    def title(self) -> Line:
        subject = self.subject()
        return subject.title() if subject else line("Service")

    def remark(self) -> Line:
        subject = self.subject()
        if subject is None:
            return ()
        old = stale_age(self.state.feeds.get(Feed.METRICS), subject.now)
        name = subject.service.key.name
        head = (Span(f"{name} ", "strong"),) if self.tabs else ()
        return (*head, *subject.health_mark(), Span(f" · metrics {old} old" if old else "", "warn"))

    def body(self, width: int, height: int) -> Sequence[Line]:
        subject = self.subject()
        if subject is None:
            return [line(Span(" No service is selected.", "dim"))]
        rows = subject.lines(width)
        self._top = min(self._top, max(0, len(rows) - height))
        return rows[self._top :]
