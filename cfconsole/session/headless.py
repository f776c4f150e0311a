"""What commands do without a running console, by the very same parts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from cfconsole.domain.errors import CloudError
from cfconsole.domain.metrics import MetricsRead
from cfconsole.domain.planning import PlanFacts
from cfconsole.domain.reads import ServicesRead
from cfconsole.domain.releases import Approval, Release
from cfconsole.domain.services import ServiceKey, Unreachable
from cfconsole.domain.suspects import find_suspect
from cfconsole.session.evidence import RequestLog
from cfconsole.session.ports import ClockPort, Cloud, JournalPort, SharedJournalPort
from cfconsole.session.read_budget import ReadBudget
from cfconsole.session.record import Record
from cfconsole.session.release_ports import ReleasePorts
from cfconsole.session.releasing import Releasing, new_release
from cfconsole.session.telling import Telling
from cfconsole.session.together import together

CHARTS_S = 3600.0


async def read_fleet(cloud: Cloud, projects: Sequence[str], regions: Sequence[str] = ()) -> ServicesRead:
    """Reads all services of all projects; what could not be read is named. Raises `CloudError` if nothing could be."""
    outcomes = await together(_read_project(cloud, project, regions) for project in projects)
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
    cloud: Cloud, journal: JournalPort, clock: ClockPort, key: ServiceKey, *, judged_s: float = 300.0
) -> PlanFacts:
    """All that a planner looks at, read anew. Raises `CloudError`; metrics that can't be read are left out.

    Raises `JournalError` if the history can't be read, for the planner would choose without it.
    """
    service, revisions, history = await asyncio.gather(
        cloud.services.get_service(key), cloud.services.list_revisions(key), journal.releases(key)
    )
    (read,) = await together([cloud.metrics.read(key.project, end=clock.now(), window_s=CHARTS_S, judged_s=judged_s)])
    metrics = read.services.get(key) if isinstance(read, MetricsRead) else None
    return PlanFacts(service, revisions, history, metrics, find_suspect(service, revisions, metrics))


async def carry_out(
    cloud: Cloud,
    journal: SharedJournalPort,
    clock: ClockPort,
    approval: Approval,
    *,
    actor: str,
    on_event: Callable[[Release], None] = lambda release: None,
    kept_in: JournalPort | None = None,
) -> Release:
    """Carries out a plan of a single write, tells of its end and returns it; `on_event` gets the release at each step.

    `kept_in` takes its record where that is not the journal itself.
    """
    budget = ReadBudget(clock)
    requests = RequestLog(cloud.logs, lambda key: budget.take(), lambda key: False)
    record = Record(new_release(approval, actor, clock.now()), kept_in or journal, clock, on_event)
    ended = await Releasing(record, approval, ReleasePorts(cloud, journal, clock, requests)).run()
    return await Telling(cloud, clock).ended(ended, on_event)


async def _read_project(cloud: Cloud, project: str, regions: Sequence[str]) -> ServicesRead:
    return await cloud.services.list_services(project, regions or await cloud.services.regions(project))
