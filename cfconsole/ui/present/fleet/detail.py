"""One service in full: its release, its revisions, notes on what is wrong, and charts of the last hour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from cfconsole.domain.fleet.metrics import ServiceMetrics, Window
from cfconsole.domain.fleet.services import Health, Revision, Service, ServiceKey, ServiceKind
from cfconsole.domain.health.alerts import Suspect, Thresholds
from cfconsole.domain.health.state import health, services_with_alerts, serving_numbers
from cfconsole.domain.releases.model import Release
from cfconsole.session.state.console_state import ConsoleState, Feed
from cfconsole.ui.present import words
from cfconsole.ui.present.cells import BLANK, Line, Span, line, right, wrap
from cfconsole.ui.present.charts import peak_of, sparkline
from cfconsole.ui.present.fleet.revisions import desired_words, revision_table
from cfconsole.ui.present.freshness import missing
from cfconsole.ui.present.releases.status import release_lines, release_of

if TYPE_CHECKING:
    from cfconsole.domain.releases.rollout.progress import ReleaseProgress

FormatFigure = Callable[[float | None], str]
"""Formats a figure, or its absence."""

_KINDS = {ServiceKind.SERVICE: "run", ServiceKind.FUNCTION: "function", ServiceKind.RUN_FUNCTION: "run function"}


class ServiceDetail(Struct, frozen=True):
    """Everything the detail pane shows of one service."""

    service: Service
    health: Health
    revisions: Sequence[Revision] | None
    """`None` until they are read."""
    metrics: ServiceMetrics | None
    suspect: Suspect | None
    release: Release | None
    progress: ReleaseProgress | None
    """The latest progress of a release in steps."""
    thresholds: Thresholds
    missing_revisions: str
    missing_metrics: str
    metrics_error: str
    """Why the metrics can't be read; empty while they can."""
    now: datetime

    def title(self) -> Line:
        key = self.service.key
        return line(Span(key.name, "strong"), f" · {key.region} · {_KINDS[self.service.kind]}")

    def health_mark(self) -> Line:
        mark = words.MARKS[self.health]
        return line(Span(f"{mark.glyph} {mark.word}", mark.style))

    def lines(self, width: int) -> list[Line]:
        rows: list[Line] = []
        if self.release:
            rows += [*release_lines(self.release, self.now, width, self.progress), BLANK]
        rows += _revisions(self, width)
        notes = _notes(self, width)
        rows += [BLANK, *notes] if notes else []
        rows += [BLANK, *_charts(self, width)]
        rows += [BLANK, *_facts(self, width)]
        return rows


def service_detail(state: ConsoleState, key: ServiceKey, thresholds: Thresholds, now: datetime) -> ServiceDetail | None:
    """The service of this key with everything the state has of it; `None` if there is no such service."""
    service = state.services.get(key)
    if service is None:
        return None
    metrics, feed = state.metrics.get(key), state.feeds.get(Feed.METRICS)
    alerted = key in services_with_alerts(state.alerts, state.services, state.metrics, thresholds)
    release = release_of(key, state.releases, now)
    return ServiceDetail(
        service=service,
        health=health(service, metrics, thresholds, alerted=alerted),
        revisions=state.revisions.get(key),
        metrics=metrics,
        suspect=state.suspects.get(key),
        release=release,
        progress=state.progress.get(release.id) if release else None,
        thresholds=thresholds,
        missing_revisions=missing(state.feeds.get(Feed.REVISIONS)),
        missing_metrics=missing(feed),
        metrics_error=feed.error.sentence if feed and feed.error else "",
        now=now,
    )


def _revisions(subject: ServiceDetail, width: int) -> list[Line]:
    if not subject.revisions:
        word = "no revisions" if subject.revisions is not None else f"revisions {subject.missing_revisions}"
        return [line(Span(f" {word}", "dim"))]
    figures = (subject.metrics, subject.thresholds, subject.missing_metrics)
    return revision_table(subject.service, subject.revisions, *figures, subject.now, width)


def _notes(subject: ServiceDetail, width: int) -> list[Line]:
    """What the operator should know at once: a suspect, a pin, a pending split, a failed condition."""
    service = subject.service
    notes: list[tuple[str, str, str]] = []
    if suspect := subject.suspect:
        short = suspect.revision.removeprefix(f"{service.key.name}-")
        notes.append((f"suspect {short}: ", suspect.sentence, "bad-strong"))
    if service.pinned:
        created = service.latest_created.removeprefix(f"{service.key.name}-")
        sentence = f"{created} is the newest and gets no traffic; the next deploy will not serve either"
        notes.append(("pinned: ", sentence, "warn"))
    if desired := desired_words(service):
        notes.append(("moving: " if service.reconciling else "not yet serving: ", desired, "accent"))
    if service.condition.state == "failed":
        notes.append((f"{service.condition.reason or 'failed'}: ", service.condition.message, "warn"))
    return [row for head, text, style in notes for row in note(head, text, style, width)]


def note(head: str, text: str, style: str, width: int) -> list[Line]:
    """A sentence with a coloured head; further lines are indented below it."""
    first, *more = wrap(text, max(10, width - len(head) - 2))
    return [line(" ", Span(head, style), first), *(line(" " * (len(head) + 1), part) for part in more)]


def _charts(subject: ServiceDetail, width: int) -> list[Line]:
    """Charts of the last hour of the whole service; the figures next to them are those of the serving revisions."""
    metrics = subject.metrics
    if metrics is None:
        text = f"metrics {subject.missing_metrics} {subject.metrics_error}"
        return [line(Span(f" {part}", "dim")) for part in wrap(text, width - 2)]
    limits = subject.thresholds
    now = serving_numbers(subject.service, metrics)
    rate, p95 = now.error_rate, now.p95_ms
    failing = rate is not None and rate > limits.error_rate
    slow = p95 is not None and p95 > limits.p95_ms
    return [
        _chart("rps", metrics.rps, now.rps, words.rps, "accent", 0.0, width),
        _chart("5xx", metrics.error_rate, rate, words.rate, "bad" if failing else "good", 0.01, width),
        _chart("p95", metrics.p95_ms, p95, words.latency, "warn" if slow else "good", 1.0, width),
    ]


def _chart(
    name: str, window: Window, now: float | None, format_figure: FormatFigure, style: str, floor: float, width: int
) -> Line:
    """The peak includes `now`: the serving revisions may be worse than any point of the whole service."""
    peak = peak_of(window)
    top = f"peak {format_figure(max(peak, now or 0.0))}" if peak is not None else "no data"
    room = max(8, width - 27)
    return line(
        Span(f" {name} ", "dim"),
        *sparkline(window, min(room, len(window.values)), style, floor),
        Span(right(format_figure(now), 7), "strong"),
        Span(f"  {top}", "dim"),
    )


def _facts(subject: ServiceDetail, width: int) -> list[Line]:
    service, metrics = subject.service, subject.metrics
    instances = metrics.instances if metrics and metrics.instances is not None else subject.missing_metrics
    limit = service.max_instances if service.max_instances is not None else words.ABSENT
    facts = [f"instances {instances} of {limit}"]
    if service.function:
        trigger = service.function.event_trigger or "http"
        facts.append(" · ".join(filter(None, (service.function.runtime, service.function.entry_point, trigger))))
    facts.append(service.uri or "no address")
    return [line(Span(f" {part}", "dim")) for fact in facts for part in wrap(fact, max(10, width - 2))]
