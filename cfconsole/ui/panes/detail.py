"""The detail pane: the service under the cursor in full. Its presenter is loaded with the first service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.health.state import health, services_with_alerts
from cfconsole.session.state.console_state import ConsoleState, Feed
from cfconsole.ui.panes.pane import Pane
from cfconsole.ui.present.cells import Line, Span, line, plain
from cfconsole.ui.present.freshness import missing, stale_age
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
        service = self.state.services.get(self.key) if self.key else None
        if service is None:
            return None
        from cfconsole.ui.present.fleet.detail import ServiceDetail
        from cfconsole.ui.present.releases.status import release_of

        state, now, key = self.state, self.clock.now(), service.key
        metrics, limits = state.metrics.get(key), self.settings.thresholds
        firing = services_with_alerts(state.alerts, state.services, state.metrics, limits)
        release = release_of(key, state.releases, now)
        feed = state.feeds.get(Feed.METRICS)
        return ServiceDetail(
            service=service,
            health=health(service, metrics, limits, alerted=key in firing),
            revisions=state.revisions.get(key),
            metrics=metrics,
            suspect=state.suspects.get(key),
            release=release,
            progress=state.progress.get(release.id) if release else None,
            thresholds=limits,
            missing_revisions=missing(state.feeds.get(Feed.REVISIONS)),
            missing_metrics=missing(feed),
            metrics_error=feed.error.sentence if feed and feed.error else "",
            now=now,
        )

    def move(self, steps: int) -> None:
        self._top = max(0, self._top + steps)
        self.repaint()

    def copy_text(self) -> str:
        from cfconsole.ui.present.fleet.detail import detail_lines

        subject = self.subject()
        return "\n".join(plain(row).rstrip() for row in detail_lines(subject, 100)) if subject else ""

    def title(self) -> Line:
        subject = self.subject()
        if subject is None:
            return line("Service")
        from cfconsole.ui.present.fleet.detail import detail_title

        return detail_title(subject)

    def remark(self) -> Line:
        subject = self.subject()
        if subject is None:
            return ()
        from cfconsole.ui.present.fleet.detail import detail_state, detail_title

        old = stale_age(self.state.feeds.get(Feed.METRICS), subject.now)
        name = detail_title(subject)[0].text
        head = (Span(f"{name} ", "strong"),) if self.tabs else ()
        return (*head, *detail_state(subject), Span(f" · metrics {old} old" if old else "", "warn"))

    def body(self, width: int, height: int) -> Sequence[Line]:
        subject = self.subject()
        if subject is None:
            return [line(Span(" No service is selected.", "dim"))]
        from cfconsole.ui.present.fleet.detail import detail_lines

        rows = detail_lines(subject, width)
        self._top = min(self._top, max(0, len(rows) - height))
        return rows[self._top :]
