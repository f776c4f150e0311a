"""Which services the list shows and in what order: a typed filter, faults only, worst first."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping

from cfconsole.domain.fleet.metrics import ServiceMetrics
from cfconsole.domain.fleet.services import Health, Service, ServiceKey
from cfconsole.domain.health.alerts import Thresholds
from cfconsole.domain.health.state import health, worst_first

HEALTHY_STATES = frozenset({Health.READY, Health.DEPLOYING})
"""The states that `faults only` leaves out."""


def arrange(
    services: Iterable[Service],
    metrics: Mapping[ServiceKey, ServiceMetrics],
    thresholds: Thresholds,
    *,
    alerted: Container[ServiceKey] = (),
    typed: str = "",
    faults_only: bool = False,
) -> tuple[tuple[Service, Health], ...]:
    """The services to list with their states, worst first and then by name; `alerted` have an open alert."""
    matches = service_filter(typed)
    rated = (
        (service, health(service, metrics.get(service.key), thresholds, alerted=service.key in alerted))
        for service in services
    )
    rows = (
        (service, state)
        for service, state in rated
        if not (faults_only and state in HEALTHY_STATES) and matches(service, state)
    )
    return tuple(sorted(rows, key=lambda row: worst_first(*row)))


def service_filter(typed: str) -> Callable[[Service, Health], bool]:
    """The predicate of a typed filter: a pattern that ignores case, inverted by a leading `!`.

    It is searched for in the name, region, project, kind, state, serving revisions and the function's name. An invalid
    pattern, as while it is being typed, is searched for literally.
    """
    expression = typed.removeprefix("!")
    if not expression:
        return lambda service, state: True
    inverted = expression != typed
    pattern = _pattern(expression)
    return lambda service, state: (pattern.search(_searchable_text(service, state)) is None) is inverted


def _pattern(expression: str) -> re.Pattern[str]:
    try:
        return re.compile(expression, re.IGNORECASE)
    except re.error:
        return re.compile(re.escape(expression), re.IGNORECASE)


def _searchable_text(service: Service, state: Health) -> str:
    key = service.key
    function = service.function.name if service.function else ""
    serving = (share.revision for share in service.effective if share.percent > 0)
    return " ".join((key.name, key.region, key.project, service.kind, state, function, *serving))
