"""Open alerts as rows: age, service, measure and limit, suspect and source."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cfconsole.domain.fleet.metrics import TrafficNumbers
from cfconsole.domain.fleet.services import short_revision
from cfconsole.domain.health.alerts import Alert, AlertSource, Limit, Measure
from cfconsole.ui.present import words
from cfconsole.ui.present.cells import Line, Span, left, line, right, width_of

_SOURCES = {AlertSource.GOOGLE: "", AlertSource.LOG_EVENT: " · from the log", AlertSource.LOCAL: " · local"}
_MAX_NAME = 22
_MIN_NAME = 8


def open_alerts(alerts: Sequence[Alert]) -> tuple[Alert, ...]:
    return tuple(alert for alert in alerts if alert.closed_at is None)


def name_width(alerts: Sequence[Alert], width: int) -> int:
    """The width of the longest name, up to a quarter of the pane."""
    longest = max((len(_name(alert)) for alert in alerts), default=0)
    return max(_MIN_NAME, min(_MAX_NAME, width // 4, longest))


def alert_row(alert: Alert, figures: TrafficNumbers | None, now: datetime, name_size: int, width: int) -> Line:
    """One alert; `figures` are those of the serving revisions. Where room is short, an arrow stands for `suspect`."""
    style = "bad" if alert.severity.upper() in {"CRITICAL", "ERROR", ""} else "warn"
    row = line(
        Span(" ▲", style),
        Span(right(words.since(alert.opened_at, now), 5)),
        Span(f"  {left(_name(alert), name_size)} ", "strong"),
        alert_sentence(alert, figures),
    )
    source = Span(_SOURCES[alert.source], "dim")
    if alert.suspect and alert.service:
        revision = short_revision(alert.service.name, alert.suspect.revision)
        whole = Span(f"  suspect {revision}", style)
        fits = width_of((*row, whole, source)) <= width
        row += line(whole if fits else Span(f" ← {revision}", style))
    return (*row, source)


def alert_sentence(alert: Alert, figures: TrafficNumbers | None) -> str:
    """`error rate 12.4 % > 1 %`: the policy, the value that the console measures, and the limit.

    While the value does not exceed the limit, it follows as `now`. Without a limit that the console can measure, the
    alert's own summary stands here.
    """
    limit = alert.limit
    if limit is None:
        return alert.summary or alert.policy
    value = _measured(limit.measure, figures)
    if value is None:
        return f"{alert.policy} > {_limit(limit)}"
    if value > limit.maximum:
        return f"{alert.policy} {_value(limit.measure, value)} > {_limit(limit)}"
    return f"{alert.policy} > {_limit(limit)}, now {_value(limit.measure, value)}"


def alert_text(alert: Alert) -> str:
    """The alert in full as text: limit, suspect and runbook."""
    parts = [
        alert.policy,
        f"service   {alert.service or words.ABSENT}",
        f"severity  {alert.severity or words.ABSENT}",
        f"opened    {alert.opened_at:%Y-%m-%d %H:%M:%S} UTC",
        f"summary   {alert.summary or words.ABSENT}",
    ]
    if alert.limit:
        parts.append(f"limit     {alert.limit.measure} > {_limit(alert.limit)}")
    if alert.suspect:
        parts.append(f"suspect   {alert.suspect.revision}: {alert.suspect.sentence}")
    if alert.documentation:
        parts += ["", alert.documentation]
    return "\n".join(parts)


def _name(alert: Alert) -> str:
    return alert.service.name if alert.service else words.ABSENT


def _measured(measure: Measure, figures: TrafficNumbers | None) -> float | None:
    if figures is None:
        return None
    return figures.error_rate if measure is Measure.ERROR_RATE else figures.p95_ms


def _value(measure: Measure, value: float) -> str:
    return f"{value * 100:.1f} %" if measure is Measure.ERROR_RATE else f"{value / 1000:.1f} s"


def _limit(limit: Limit) -> str:
    return f"{limit.maximum * 100:g} %" if limit.measure is Measure.ERROR_RATE else f"{limit.maximum / 1000:g} s"
