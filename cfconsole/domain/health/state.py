"""The state of a service in one word, and the order that puts the worst first.

Only the numbers of revisions that serve count. A revision without traffic may still have requests in the judged window;
after a rollback they would make the service look bad for minutes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from cfconsole.domain.fleet.metrics import ServiceMetrics, TrafficNumbers, Window
from cfconsole.domain.fleet.services import Health, Service, ServiceKey
from cfconsole.domain.fleet.traffic import Share
from cfconsole.domain.health.alerts import Alert, AlertSource, Thresholds

RANK = {state: rank for rank, state in enumerate(Health)}
"""How bad a state is: the worst has the highest number."""
_POINTS_BEFORE_ALERT = 2
"""How many points before its opening an alert rests on."""


def health(
    service: Service, metrics: ServiceMetrics | None, thresholds: Thresholds, *, alerted: bool = False
) -> Health:
    """The worst state that applies to a service. Without metrics its conditions alone decide.

    They also decide where the serving revisions had fewer than `min_requests`, as right after a deploy. `alerted`: an
    alert about what serves is open, which may be earlier than the window of minutes shows it.
    """
    serving = service.serving
    if not serving:
        return _without_traffic(service)
    if alerted or (metrics and is_erroring(numbers_of_shares(serving, metrics), thresholds)):
        return Health.ERRORING
    if service.condition.state == "failed" or (service.function and service.function.state == "FAILED"):
        return Health.DEGRADED
    if service.pinned:
        return Health.PINNED
    return Health.DEPLOYING if service.reconciling else Health.READY


def is_erroring(now: TrafficNumbers, thresholds: Thresholds) -> bool:
    """Whether there are enough requests and they were answered too slowly or too often with errors."""
    if now.requests < thresholds.min_requests:
        return False
    too_slow = now.p95_ms is not None and now.p95_ms > thresholds.p95_ms
    return too_slow or (now.error_rate or 0.0) > thresholds.error_rate


def serving_numbers(service: Service, metrics: ServiceMetrics) -> TrafficNumbers:
    """The numbers of the revisions that serve now, which decide the state and stand beside it.

    `rps` is that of the whole service. Where other revisions answered within the window too, the p95 is the highest of
    the serving ones, because percentiles can't be added up.
    """
    return numbers_of_shares(service.serving, metrics)


def numbers_of_shares(serving: tuple[Share, ...], metrics: ServiceMetrics) -> TrafficNumbers:
    """`serving_numbers` for shares that are known already."""
    names = {share.revision for share in serving}
    if not names or not any(name not in names and each.requests for name, each in metrics.revisions.items()):
        return metrics.now
    served = [each for name, each in metrics.revisions.items() if name in names and each.requests]
    return TrafficNumbers(
        requests=sum(each.requests for each in served),
        errors=sum(each.errors for each in served),
        rps=metrics.now.rps,
        p95_ms=max((each.p95_ms for each in served if each.p95_ms is not None), default=None),
    )


def services_with_alerts(
    alerts: Iterable[Alert],
    services: Mapping[ServiceKey, Service],
    metrics: Mapping[ServiceKey, ServiceMetrics],
    thresholds: Thresholds,
) -> frozenset[ServiceKey]:
    """The services with an open alert, except alerts about revisions that no longer serve."""
    return frozenset(
        key
        for alert in alerts
        if (key := alert.service) is not None and alert.closed_at is None
        if not (
            key in services
            and key in metrics
            and concerns_gone_revisions(alert, services[key], metrics[key], thresholds)
        )
    )


def concerns_gone_revisions(alert: Alert, service: Service, metrics: ServiceMetrics, thresholds: Thresholds) -> bool:
    """Whether an alert is about revisions that no longer serve, while the serving ones are healthy on enough requests.

    Google closes an alert minutes after its cause is gone. Around its opening most of the errors, or of the requests
    if nothing failed, must be of revisions that no longer serve; where the charts don't show that, the alert counts.
    The console's own alerts close at once and always count.
    """
    now = serving_numbers(service, metrics)
    if alert.source is AlertSource.LOCAL or now.requests < thresholds.min_requests or is_erroring(now, thresholds):
        return False
    serving = {share.revision for share in service.serving}
    gone = [0.0, 0.0]
    served = [0.0, 0.0]
    for name, (requests, errors) in metrics.revision_counts.items():
        side = served if name in serving else gone
        side[0] += _sum_around(errors, alert.opened_at)
        side[1] += _sum_around(requests, alert.opened_at)
    measure = 0 if gone[0] or served[0] else 1
    return gone[measure] > served[measure]


def worst_first(service: Service, state: Health) -> tuple[int, str, str, str]:
    """A sort key: the worst state first, then by name, so that services of one state keep their order."""
    key = service.key
    return (-RANK[state], key.name, key.region, key.project)


def _without_traffic(service: Service) -> Health:
    if service.reconciling:
        return Health.DEPLOYING
    return Health.DOWN if service.condition.state or service.effective else Health.UNKNOWN


def _sum_around(window: Window, moment: datetime) -> float:
    """The sum of the complete points that end around a moment."""
    step = timedelta(seconds=window.step_s)
    complete = window.values[: len(window.values) - window.incomplete]
    first = window.end - (len(window.values) - 1) * step
    return sum(
        value
        for place, value in enumerate(complete)
        if value and -_POINTS_BEFORE_ALERT * step < first + place * step - moment <= step
    )
