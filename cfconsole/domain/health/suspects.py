"""The search for the revision that made a service worse. It names one only if the counts are significant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from cfconsole.domain.durations import format_span
from cfconsole.domain.fleet.metrics import SIGNIFICANCE, ServiceMetrics, Window, percent_text, rise_significance
from cfconsole.domain.fleet.services import Revision, Service, ServiceKey
from cfconsole.domain.health.alerts import Suspect
from cfconsole.domain.releases.model import Evidence

MIN_REQUESTS = 50
"""With fewer requests on either side nothing is compared."""
MIN_ERRORS = 5
MIN_RISE = 0.01
"""A smaller rise of the error rate has no suspect, however certain it is."""
CAUSED_WITHIN_S = 1800.0
"""Errors that begin later after a revision took traffic most likely have another cause."""
RECENT_POINTS = 5
"""How many of the newest complete points count as now when compared with the time before."""
COMMON_SERVICES = 3
COMMON_SHARE = 0.5
"""If this many services, and this share of those with traffic in a region, get worse together, they share a cause."""


class RevisionCourse(NamedTuple):
    """One revision's requests and errors since it took traffic, and when its errors began."""

    evidence: Evidence
    errors_since: datetime | None
    """The end of the first point with errors; `None` where the chart does not reach back before it."""


def find_suspect(
    service: Service,
    revisions: tuple[Revision, ...],
    metrics: ServiceMetrics | None,
    took_traffic_at: Mapping[str, datetime] | None = None,
) -> Suspect | None:
    """The serving revision whose error rate is far above that of its siblings, before it or beside it.

    `took_traffic_at` says when a revision got its present share, where that is known; else the chart decides, or the
    time of its creation. Of several suspects the clearest one is returned.
    """
    if metrics is None:
        return None
    created = {revision.name: revision.created_at for revision in revisions}
    best: tuple[float, Suspect] | None = None
    for share in service.serving:
        if _error_bound(metrics, share.revision) < MIN_ERRORS:
            continue
        took = (took_traffic_at or {}).get(share.revision) or _first_request(metrics, share.revision, created)
        course = _course(metrics, share.revision, took)
        others = _others(metrics, share.revision)
        confidence = 0.0 if _has_recovered(metrics, share.revision, others) else _confidence(others, course, took)
        if confidence and (best is None or confidence > best[0]):
            best = confidence, Suspect(share.revision, _sentence(others, course, took, share.percent))
    return best[1] if best else None


def find_suspects(
    services: Mapping[ServiceKey, Service],
    revisions: Mapping[ServiceKey, tuple[Revision, ...]],
    metrics: Mapping[ServiceKey, ServiceMetrics],
    took_traffic_at: Mapping[ServiceKey, Mapping[str, datetime]] | None = None,
) -> dict[ServiceKey, Suspect]:
    """The suspect of each service that has one; none in a region where many services got worse together."""
    excused = common_cause(metrics)
    found: dict[ServiceKey, Suspect] = {}
    for key, service in services.items():
        if (key.project, key.region) not in excused:
            moments = (took_traffic_at or {}).get(key)
            suspect = find_suspect(service, revisions.get(key, ()), metrics.get(key), moments)
            if suspect:
                found[key] = suspect
    return found


def common_cause(metrics: Mapping[ServiceKey, ServiceMetrics]) -> frozenset[tuple[str, str]]:
    """The `(project, region)` pairs where so many services got worse that no single revision is to blame."""
    busy: dict[tuple[str, str], int] = {}
    worse: dict[tuple[str, str], int] = {}
    for key, numbers in metrics.items():
        if numbers.now.requests >= MIN_REQUESTS:
            place = (key.project, key.region)
            busy[place] = busy.get(place, 0) + 1
            worse[place] = worse.get(place, 0) + got_worse(numbers)
    return frozenset(
        place for place, count in worse.items() if count >= COMMON_SERVICES and count >= COMMON_SHARE * busy[place]
    )


def _error_bound(metrics: ServiceMetrics, revision: str) -> int:
    """An upper bound of the errors of a revision, cheap to compute: most services have none."""
    charts, numbers = metrics.revision_counts.get(revision), metrics.revisions.get(revision)
    charted = round(sum(filter(None, charts[1].values))) if charts else 0
    return max(charted, numbers.errors if numbers else 0)


def got_worse(metrics: ServiceMetrics) -> bool:
    """Whether a service fails more often now than earlier in its chart, whichever revision answered."""
    if metrics.now.errors < MIN_ERRORS:
        return False
    before = _earlier(metrics)
    now = Evidence(metrics.now.requests, metrics.now.errors)
    return _rise_confidence(before, now) > 0


def _earlier(metrics: ServiceMetrics) -> Evidence:
    requests = errors = 0.0
    for request_window, error_window in metrics.revision_counts.values():
        last = max(0, len(request_window.values) - request_window.incomplete - RECENT_POINTS)
        requests += sum(value or 0.0 for value in request_window.values[:last])
        errors += sum(value or 0.0 for value in error_window.values[:last])
    return Evidence(round(requests), round(errors))


def _rise_confidence(before: Evidence, now: Evidence) -> float:
    """The significance of a rise of the rate; 0 if it is too small, or the counts are."""
    if min(before.requests, now.requests) < MIN_REQUESTS or now.errors < MIN_ERRORS:
        return 0.0
    rise = (now.error_rate or 0.0) - (before.error_rate or 0.0)
    confidence = rise_significance(before.errors, before.requests, now.errors, now.requests)
    return confidence if rise >= MIN_RISE and confidence >= SIGNIFICANCE else 0.0


def _confidence(others: Evidence, course: RevisionCourse, took: datetime | None) -> float:
    if took and course.errors_since and (course.errors_since - took).total_seconds() > CAUSED_WITHIN_S:
        return 0.0
    return _rise_confidence(others, course.evidence)


def _has_recovered(metrics: ServiceMetrics, revision: str, others: Evidence) -> bool:
    """Whether the judged window has enough requests of a revision, and no more errors than elsewhere."""
    now = metrics.revisions.get(revision)
    if now is None or now.requests < MIN_REQUESTS:
        return False
    return (now.error_rate or 0.0) - (others.error_rate or 0.0) < MIN_RISE


def _course(metrics: ServiceMetrics, revision: str, took: datetime | None) -> RevisionCourse:
    """Counts since the revision took traffic: of the chart, or of the judged window while that has more requests.

    The chart counts complete points only, so in the first minutes of a revision the window is ahead of it.
    """
    numbers = metrics.revisions.get(revision)
    window = RevisionCourse(Evidence(numbers.requests, numbers.errors) if numbers else Evidence(), None)
    charts = metrics.revision_counts.get(revision)
    if charts is None:
        return window
    requests = errors = 0.0
    failing: list[datetime] = []
    points = _points(*charts)
    for ends_at, answered, failed in points:
        if took is None or ends_at > took:
            requests += answered
            errors += failed
            if failed > MIN_RISE * answered:
                failing.append(ends_at)
    begun = failing[0] if failing and failing[0] != points[0][0] else None
    charted = RevisionCourse(Evidence(round(requests), round(errors)), begun)
    return charted if charted.evidence.requests >= window.evidence.requests else window._replace(errors_since=begun)


def _others(metrics: ServiceMetrics, revision: str) -> Evidence:
    names = {*metrics.revision_counts, *metrics.revisions} - {revision}
    found = [_course(metrics, name, None).evidence for name in sorted(names)]
    return Evidence(sum(one.requests for one in found), sum(one.errors for one in found))


def _first_request(metrics: ServiceMetrics, revision: str, created: Mapping[str, datetime]) -> datetime | None:
    """The start of the first point with requests, if the chart shows a quiet time before; else the time of creation."""
    charts = metrics.revision_counts.get(revision)
    if charts:
        points = _points(*charts)
        first = next((place for place, point in enumerate(points) if point[1] > 0), 0)
        if first:
            return points[first - 1][0]
    return created.get(revision)


def _points(request_window: Window, error_window: Window) -> list[tuple[datetime, float, float]]:
    """The end of each complete point with its requests and errors, oldest first."""
    count = len(request_window.values)
    step = timedelta(seconds=request_window.step_s)
    pairs = list(zip(request_window.values, error_window.values, strict=True))[: count - request_window.incomplete]
    return [
        (request_window.end - (count - 1 - place) * step, requests or 0.0, errors or 0.0)
        for place, (requests, errors) in enumerate(pairs)
    ]


def _sentence(others: Evidence, course: RevisionCourse, took: datetime | None, share: int) -> str:
    rates = f"5xx {percent_text(others.error_rate or 0.0)} → {percent_text(course.evidence.error_rate or 0.0)}"
    if took is None or course.errors_since is None:
        return f"{rates}, compared with the other revisions"
    return f"{rates}, {format_span((course.errors_since - took).total_seconds())} after it took {share} %"
