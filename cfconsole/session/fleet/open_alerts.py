"""Reads the open alerts of several projects for commands, each with its suspect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.fleet.metrics import ServiceMetrics
from cfconsole.domain.fleet.services import Revision, Service, ServiceKey, Unreachable
from cfconsole.domain.health.alerts import Alert, Thresholds, in_regions
from cfconsole.domain.health.local_alerts import local_alerts
from cfconsole.domain.health.suspects import find_suspects
from cfconsole.session.ports import ClockPort, Cloud
from cfconsole.session.watch.concurrent_calls import gather_outcomes


class OpenAlerts(Struct, frozen=True):
    """The open alerts of some projects, newest first, and the projects whose alerts could not be read."""

    alerts: tuple[Alert, ...]
    unreachable: tuple[Unreachable, ...] = ()


async def read_open_alerts(cloud: Cloud, projects: Sequence[str], regions: Sequence[str] = ()) -> OpenAlerts:
    """Reads the cloud's alerts, only those of services in `regions` if any are given.

    Raises `CloudError` for expired credentials.
    """
    outcomes = await gather_outcomes(cloud.alerts.open_alerts(project) for project in projects)
    alerts: list[Alert] = []
    unreachable: list[Unreachable] = []
    for project, outcome in zip(projects, outcomes, strict=True):
        if not isinstance(outcome, CloudError):
            alerts += in_regions(outcome, regions)
        elif outcome.kind is ErrorKind.CREDENTIALS:
            raise outcome
        else:
            unreachable.append(Unreachable(f"alerts of projects/{project}", outcome.sentence))
    return OpenAlerts(tuple(sorted(alerts, key=lambda alert: alert.opened_at, reverse=True)), tuple(unreachable))


async def alerts_with_suspects(
    cloud: Cloud,
    clock: ClockPort,
    alerts: Sequence[Alert],
    services: Mapping[ServiceKey, Service],
    metrics: Mapping[ServiceKey, ServiceMetrics],
    thresholds: Thresholds,
) -> tuple[Alert, ...]:
    """Alerts with their suspects, followed by the console's own.

    Only services with an alert have their revisions read. One whose revisions can't be read has no suspect.
    """
    now = clock.now()
    own = local_alerts(services, metrics, thresholds, now)
    concerned = [key for key in services if any(alert.service == key for alert in (*alerts, *own))]
    outcomes = await gather_outcomes(map(cloud.services.list_revisions, concerned))
    revisions: dict[ServiceKey, tuple[Revision, ...]] = {
        key: outcome for key, outcome in zip(concerned, outcomes, strict=True) if not isinstance(outcome, CloudError)
    }
    suspects = find_suspects({key: services[key] for key in concerned}, revisions, metrics)
    blamed = (replace(alert, suspect=suspects.get(alert.service)) if alert.service else alert for alert in alerts)
    return (*blamed, *local_alerts(services, metrics, thresholds, now, suspects=suspects))
