"""Open alerts as rows: how long, where, what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cfconsole.domain.alerts import Alert, AlertSource
from cfconsole.ui.present import words
from cfconsole.ui.present.cells import Line, Span, left, line, right

_SOURCES = {AlertSource.GOOGLE: "", AlertSource.LOG_EVENT: " · from the log", AlertSource.LOCAL: " · this console"}


def open_alerts(alerts: Sequence[Alert]) -> tuple[Alert, ...]:
    return tuple(alert for alert in alerts if alert.closed_at is None)


def alert_row(alert: Alert, now: datetime, width: int) -> Line:
    name = alert.service.name if alert.service else words.ABSENT
    size = min(22, max(8, width // 4))
    style = "bad" if alert.severity.upper() in {"CRITICAL", "ERROR", ""} else "warn"
    return line(
        Span(" ▲", style),
        Span(right(words.since(alert.opened_at, now), 5)),
        Span(f"  {left(name, size)} ", "strong"),
        alert.summary or alert.policy,
        Span(_SOURCES[alert.source], "dim"),
    )


def alert_text(alert: Alert) -> str:
    """The alert in full, for reading: numbers, suspect, runbook."""
    parts = [
        alert.policy,
        f"service   {alert.service or words.ABSENT}",
        f"severity  {alert.severity or words.ABSENT}",
        f"opened    {alert.opened_at:%Y-%m-%d %H:%M:%S} UTC",
        f"summary   {alert.summary or words.ABSENT}",
    ]
    if alert.suspect:
        parts.append(f"suspect   {alert.suspect.revision}: {alert.suspect.sentence}")
    if alert.documentation:
        parts += ["", alert.documentation]
    return "\n".join(parts)
