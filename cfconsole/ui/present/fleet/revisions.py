"""The revisions of a service as a table: traffic, metrics, age and author of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cfconsole.domain.fleet.metrics import ServiceMetrics
from cfconsole.domain.fleet.services import Revision, Service
from cfconsole.domain.fleet.traffic import LATEST, Target
from cfconsole.domain.health.alerts import Thresholds
from cfconsole.ui.present import words
from cfconsole.ui.present.cells import Line, Span, left, line, right
from cfconsole.ui.present.charts import bar
from cfconsole.ui.present.fleet.services import ServiceFigures

_FIXED = 31
_BAR = 8


def revision_table(
    service: Service,
    revisions: Sequence[Revision],
    metrics: ServiceMetrics | None,
    thresholds: Thresholds,
    missing: str,
    now: datetime,
    width: int,
) -> list[Line]:
    """A heading and one row per revision, newest first."""
    name, who = _widths(revisions, width)
    percents = {share.revision: share.percent for share in service.serving}
    tags = {share.revision: share.tag for share in service.effective if share.tag}
    rows = [_heading(name)]
    for revision in revisions:
        traffic = metrics.revisions.get(revision.name) if metrics else None
        figures = ServiceFigures(traffic, words.ABSENT if metrics else missing, thresholds)
        percent = percents.get(revision.name, 0)
        tag = tags.get(revision.name, "")
        rows.append(_row(revision, percent, tag, figures, now, name, who))
    return rows


def _widths(revisions: Sequence[Revision], width: int) -> tuple[int, int]:
    longest = max((len(revision.short) for revision in revisions), default=8)
    name = min(max(8, longest), max(8, width - _FIXED - _BAR - 8))
    return name, max(0, width - name - _FIXED - _BAR)


def _heading(name: int) -> Line:
    text = (
        f" {left('REVISION', name + 2)}  {left('TRAFFIC', 6 + _BAR)}{right('5xx', 6)}{right('p95', 6)}{right('AGE', 5)}"
    )
    return line(Span(f"{text}  BY", "dim"))


def _row(
    revision: Revision, percent: int, tag: str, figures: ServiceFigures, now: datetime, name: int, who: int
) -> Line:
    errors, p95 = figures.errors(), figures.p95()
    quiet = "" if percent else "dim"
    by = f"#{tag} {revision.created_by}" if tag else revision.created_by
    return line(
        Span(f" {left(revision.short, name)} ", "strong" if percent else quiet),
        _ready(revision),
        Span(f"  {percent:>4}% " if percent else "    0% ", quiet),
        Span(bar(percent, _BAR), "bad" if errors.style else "accent"),
        Span(right(errors.text, 6), errors.style or quiet),
        Span(right(p95.text, 6), p95.style or quiet),
        Span(right(words.since(revision.created_at, now), 5), "dim"),
        Span("  " + left(by or words.ABSENT, who), "dim"),
    )


def _ready(revision: Revision) -> Span:
    if revision.ready:
        return Span("✓", "good")
    if revision.retired:
        return Span("-", "dim")
    return Span("✖", "bad") if revision.condition.state == "failed" else Span("↻", "accent")


def desired_words(service: Service) -> str:
    """The desired split where it differs from the serving one, else empty."""
    desired: dict[str, int] = {}
    for target in service.desired:
        name = service.latest_ready if target.revision == LATEST else target.revision
        desired[name] = desired.get(name, 0) + target.percent
    serves = {share.revision: share.percent for share in service.serving}
    if not service.desired or {name: share for name, share in desired.items() if share} == serves:
        return ""
    return "desired " + split_words(service.key.name, service.desired)


def split_words(service: str, targets: Sequence[Target]) -> str:
    """A split in one line, without the service's name: `00042 90 % · 00041 10 %`."""
    shares = (f"{short_target(service, target)} {target.percent} %" for target in targets if target.percent)
    return " · ".join(shares) or "nothing"


def short_target(service: str, target: Target) -> str:
    return "latest" if target.revision == LATEST else target.revision.removeprefix(f"{service}-")
