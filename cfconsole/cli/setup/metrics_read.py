"""Reads the metrics of the services of several projects, for commands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from cfconsole.cli.setup.context import CommandContext
from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.fleet.metrics import MetricsRead, ServiceMetrics
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.session.watch.concurrent_calls import gather_outcomes

CHART_S = 900.0
"""The shortest window to read where no charts are shown. The judged window has to fit in."""


class FleetNumbers(NamedTuple):
    """The metrics of the services, and the projects whose metrics could not be read."""

    services: dict[ServiceKey, ServiceMetrics]
    unread: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()


async def read_fleet_numbers(
    context: CommandContext, projects: Iterable[str], window_s: float = CHART_S
) -> FleetNumbers:
    """One read for each project. Expired credentials fail the command; anything else leaves the numbers unread."""

    names = tuple(projects)
    recent_s = context.config.thresholds.thresholds().window_s
    window_s = max(window_s, 2 * recent_s)
    end = context.clock.now()
    outcomes = await gather_outcomes(
        context.cloud.metrics.read(project, end=end, window_s=window_s, recent_s=recent_s) for project in names
    )
    failed = {project: each for project, each in zip(names, outcomes, strict=True) if isinstance(each, CloudError)}
    for error in failed.values():
        if error.kind is ErrorKind.CREDENTIALS:
            raise error
    return FleetNumbers(
        {key: value for each in outcomes if isinstance(each, MetricsRead) for key, value in each.services.items()},
        frozenset(failed),
        tuple(f"The metrics of {project} could not be read: {error.sentence}" for project, error in failed.items()),
    )
