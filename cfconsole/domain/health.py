"""Owns the state of a service in one word, and the order that puts the worst first."""

from __future__ import annotations

from cfconsole.domain.alerts import Thresholds
from cfconsole.domain.metrics import ServiceMetrics
from cfconsole.domain.services import Health, Service

RANK = {state: rank for rank, state in enumerate(Health)}
"""How bad a state is; the worst has the highest number."""


def health(
    service: Service, metrics: ServiceMetrics | None, thresholds: Thresholds, *, alerted: bool = False
) -> Health:
    """The worst thing that is true of a service. Without metrics it is judged by its conditions alone.

    `alerted`: an alert of it is open. An alert may know sooner than a window of minutes.
    """
    if not service.serving:
        return _without_traffic(service)
    if alerted or (metrics and erroring(metrics, thresholds)):
        return Health.ERRORING
    if service.condition.state == "failed" or (service.function and service.function.state == "FAILED"):
        return Health.DEGRADED
    if service.pinned:
        return Health.PINNED
    return Health.DEPLOYING if service.reconciling else Health.READY


def erroring(metrics: ServiceMetrics, thresholds: Thresholds) -> bool:
    """Whether enough requests were answered too often with errors or too slowly."""
    now = metrics.now
    if now.requests < thresholds.min_requests:
        return False
    too_slow = now.p95_ms is not None and now.p95_ms > thresholds.p95_ms
    return too_slow or (now.error_rate or 0.0) > thresholds.error_rate


def worst_first(service: Service, state: Health) -> tuple[int, str, str, str]:
    """A sort key: the worst state first, then by name, so that services of one state do not change places."""
    key = service.key
    return (-RANK[state], key.name, key.region, key.project)


def _without_traffic(service: Service) -> Health:
    if service.reconciling:
        return Health.DEPLOYING
    return Health.DOWN if service.condition.state or service.effective else Health.UNKNOWN
