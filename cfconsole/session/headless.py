"""Reads for commands, which have no screen: the fleet of several projects, and the facts of a plan."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from cfconsole.domain.errors import CloudError
from cfconsole.domain.fleet.metrics import MetricsRead
from cfconsole.domain.fleet.reads import ServicesRead
from cfconsole.domain.fleet.services import ServiceKey, Unreachable
from cfconsole.domain.health.suspects import find_suspect
from cfconsole.domain.releases.planning.facts import PlanFacts
from cfconsole.session.ports import ClockPort, Cloud, JournalPort
from cfconsole.session.watch.concurrent_calls import gather_outcomes

CHARTS_S = 3600.0


async def read_fleet(cloud: Cloud, projects: Sequence[str], regions: Sequence[str] = ()) -> ServicesRead:
    """Reads all services of all projects and names what could not be read. Raises `CloudError` if nothing could."""
    outcomes = await gather_outcomes(_read_project(cloud, project, regions) for project in projects)
    reads = [outcome for outcome in outcomes if isinstance(outcome, ServicesRead)]
    failed = [
        Unreachable(f"projects/{project}", outcome.sentence)
        for project, outcome in zip(projects, outcomes, strict=True)
        if isinstance(outcome, CloudError)
    ]
    if not reads:
        for outcome in outcomes:
            if isinstance(outcome, CloudError):
                raise outcome
    return ServicesRead(
        services=tuple(service for read in reads for service in read.services),
        unreachable=(*failed, *(place for read in reads for place in read.unreachable)),
        functions_error=next((read.functions_error for read in reads if read.functions_error), ""),
    )


async def read_plan_facts(
    cloud: Cloud, journal: JournalPort, clock: ClockPort, key: ServiceKey, *, recent_s: float = 300.0
) -> PlanFacts:
    """A fresh read of everything the planner needs, without the metrics if they can't be read. Raises `CloudError`.

    Raises `JournalError` if the history can't be read, because the planner would choose without it.
    """
    service, revisions, history = await asyncio.gather(
        cloud.services.get_service(key), cloud.services.list_revisions(key), journal.releases(key)
    )
    (read,) = await gather_outcomes(
        [cloud.metrics.read(key.project, end=clock.now(), window_s=CHARTS_S, recent_s=recent_s)]
    )
    metrics = read.services.get(key) if isinstance(read, MetricsRead) else None
    return PlanFacts(service, revisions, history, metrics, find_suspect(service, revisions, metrics))


async def _read_project(cloud: Cloud, project: str, regions: Sequence[str]) -> ServicesRead:
    return await cloud.services.list_services(project, regions or await cloud.services.regions(project))
