"""The console's own alerts: thresholds on numbers it reads anyway, so that they work without alert policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from cfconsole.domain.fleet.metrics import ServiceMetrics, percent_text
from cfconsole.domain.fleet.services import Service, ServiceKey
from cfconsole.domain.health.alerts import Alert, AlertSource, Suspect, Thresholds
from cfconsole.domain.health.state import serving_numbers


def local_alerts(
    services: Mapping[ServiceKey, Service],
    metrics: Mapping[ServiceKey, ServiceMetrics],
    thresholds: Thresholds,
    now: datetime,
    previous: tuple[Alert, ...] = (),
    suspects: Mapping[ServiceKey, Suspect] | None = None,
) -> tuple[Alert, ...]:
    """The thresholds that the serving revisions cross now; an alert ends when its revision loses its last percent.

    A threshold that stays crossed keeps the time at which it was first seen.
    """
    opened = {alert.id: alert.opened_at for alert in previous if alert.source is AlertSource.LOCAL}
    suspect_of = suspects or {}
    return tuple(
        Alert(
            id=f"local:{key}:{policy}",
            policy=policy,
            service=key,
            severity="WARNING",
            opened_at=opened.get(f"local:{key}:{policy}", now),
            summary=summary,
            source=AlertSource.LOCAL,
            suspect=suspect_of.get(key) if policy == "error rate" else None,
        )
        for key, service in services.items()
        if key in metrics
        for policy, summary in _crossed_thresholds(service, metrics[key], thresholds)
    )


def _crossed_thresholds(service: Service, metrics: ServiceMetrics, thresholds: Thresholds) -> Iterator[tuple[str, str]]:
    now = serving_numbers(service, metrics)
    if now.requests >= thresholds.min_requests:
        rate = now.error_rate or 0.0
        if rate > thresholds.error_rate:
            yield "error rate", f"5xx {percent_text(rate)} > {percent_text(thresholds.error_rate)}"
        if now.p95_ms is not None and now.p95_ms > thresholds.p95_ms:
            yield "latency", f"p95 {now.p95_ms / 1000:.1f} s > {thresholds.p95_ms / 1000:.1f} s"
    if metrics.instances is not None and metrics.instances > thresholds.instances:
        yield "instances", f"{metrics.instances} instances > {thresholds.instances}"
