"""The alerts pane: the open alerts, with a cursor that leads to their services."""

from __future__ import annotations

from collections.abc import Sequence

from cfconsole.domain.fleet.metrics import TrafficNumbers
from cfconsole.domain.health.alerts import Alert
from cfconsole.domain.health.state import serving_numbers
from cfconsole.session.state.console_state import ConsoleState, Feed
from cfconsole.ui.panes.pane import Pane
from cfconsole.ui.present.cells import Line, Span, fit, line, restyle, wrap
from cfconsole.ui.present.fleet.alerts import alert_row, alert_text, name_width, open_alerts
from cfconsole.ui.present.freshness import missing, stale_age
from cfconsole.ui.present.row_order import window_top
from cfconsole.ui.session_port import ClockReader
from cfconsole.ui.settings import ScreenSettings


class AlertsPane(Pane):
    def __init__(self, settings: ScreenSettings, clock: ClockReader) -> None:
        super().__init__(settings, clock, id="alerts")
        self._chosen = ""
        self._top = 0

    def parts(self, state: ConsoleState) -> tuple[object, ...]:
        return (state.alerts, state.feeds, state.metrics, state.services)

    @property
    def listed(self) -> tuple[Alert, ...]:
        return open_alerts(self.state.alerts)

    @property
    def chosen(self) -> Alert | None:
        """The alert under the cursor; the cursor stays on its alert while others come and go."""
        alerts = self.listed
        return next((alert for alert in alerts if alert.id == self._chosen), alerts[0] if alerts else None)

    def move(self, steps: int) -> None:
        alerts, chosen = self.listed, self.chosen
        if chosen is None:
            return
        at = min(max(alerts.index(chosen) + steps, 0), len(alerts) - 1)
        self._chosen = alerts[at].id
        self.repaint()

    def copy_text(self) -> str:
        return alert_text(self.chosen) if self.chosen else ""

    def title(self) -> Line:
        status = self.state.feeds.get(Feed.ALERTS)
        number = len(self.listed) if status and status.read_at else missing(status)
        return line(f"Alerts {number}")

    def remark(self) -> Line:
        old = stale_age(self.state.feeds.get(Feed.ALERTS), self.clock.now())
        return line(Span(f"{old} old", "warn")) if old else ()

    def body(self, width: int, height: int) -> Sequence[Line]:
        alerts, chosen = self.listed, self.chosen
        if chosen is None:
            return self._emptiness(width)
        at = alerts.index(chosen)
        self._top = window_top(self._top, at, height, len(alerts))
        now, size = self.clock.now(), name_width(alerts, width)
        rows = [fit(alert_row(alert, self._figures(alert), now, size, width), width) for alert in alerts]
        if self.active:
            rows[at] = restyle(rows[at], "cursor")
        return rows[self._top : self._top + height]

    def _figures(self, alert: Alert) -> TrafficNumbers | None:
        """The metrics of the alert's service, as the console measures them."""
        service = self.state.services.get(alert.service) if alert.service else None
        metrics = self.state.metrics.get(service.key) if service else None
        return serving_numbers(service, metrics) if service and metrics else None

    def _emptiness(self, width: int) -> list[Line]:
        status = self.state.feeds.get(Feed.ALERTS)
        if status is None or (status.read_at is None and status.error is None):
            text = "Reading alerts…"
        elif status.error and status.read_at is None:
            text = f"? {status.error.sentence}"
        else:
            text = "No open alerts."
        return [line(Span(f" {part}", "dim")) for part in wrap(text, width - 2)]
