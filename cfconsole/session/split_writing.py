"""Writes one split outside of the machine of releases, and says what became of it; never over the change of others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from cfconsole.domain.errors import OUTCOME_UNKNOWN, CloudError, ErrorKind
from cfconsole.domain.releases import Plan
from cfconsole.domain.service_writes import ServiceWrite
from cfconsole.domain.services import Service
from cfconsole.domain.splits import same_targets
from cfconsole.domain.traffic import Target
from cfconsole.session.following import End, Following, Seen, follow, read_back
from cfconsole.session.ports import ClockPort, ServicesPort

WRITE_TRIES = 3
Check = Callable[[Service], str]
"""Why the split may not be written, from a fresh read; empty if it may."""


async def write_split(
    services: ServicesPort,
    clock: ClockPort,
    plan: Plan,
    expected: tuple[Target, ...],
    *,
    check: Check = lambda service: "",
    intend: Callable[[Service], Awaitable[None]],
    seen: Seen = lambda service: None,
) -> End:
    """Writes `plan.after` where `expected` is asked for now. Raises `JournalError` from `intend`: nothing was written.

    `intend` is called before each write with the service as it is then.
    """
    trouble = "the service moved at every try"
    for _ in range(WRITE_TRIES):
        try:
            fresh = await services.get_service(plan.service)
        except CloudError as error:
            return End(Following.NOT_APPLIED, error.sentence)
        if not same_targets(fresh.desired, expected):
            by = f" by {fresh.updated_by}" if fresh.updated_by else ""
            return End(Following.SUPERSEDED, f"{plan.service.name} was changed{by} meanwhile")
        trouble = check(fresh)
        if trouble:
            return End(Following.NOT_APPLIED, trouble, fresh)
        await intend(fresh)
        end = await _written(services, clock, plan, fresh, seen)
        if end:
            return end
        trouble = "the service moved at every try"
    return End(Following.NOT_APPLIED, trouble)


async def _written(services: ServicesPort, clock: ClockPort, plan: Plan, fresh: Service, seen: Seen) -> End | None:
    """`None`: a conflict, which proves that nothing was written."""
    operation = ""
    try:
        written = await services.write(plan.service, ServiceWrite(targets=plan.after), etag=fresh.etag)
        operation = written.operation
    except CloudError as error:
        if error.kind is ErrorKind.CONFLICT:
            return None
        if error.kind not in OUTCOME_UNKNOWN:
            return End(Following.NOT_APPLIED, error.sentence)
        found = await read_back(services, clock, plan, fresh.generation)
        if found is not Following.APPLIED:
            return End(found, error.sentence)
    return await follow(services, clock, plan, operation, fresh.generation, seen)
