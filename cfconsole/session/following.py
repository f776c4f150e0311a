"""Finds out what became of a write: by its operation, by the effective split, or by reading back. Reads only."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from typing import NamedTuple

from cfconsole.domain.errors import CloudError
from cfconsole.domain.reads import OperationState
from cfconsole.domain.releases import Plan
from cfconsole.domain.services import Service
from cfconsole.session.ports import ClockPort, ServicesPort
from cfconsole.session.splits import asked_for, serves

FIRST_LOOK_S = 0.2
LOOK_AT_MOST_S = 1.0
FOLLOW_AT_MOST_S = 300.0
READ_BACK_S = 15.0
"""A write whose answer got lost may still land; only after this long an unchanged service means it never will."""

Seen = Callable[[Service], None]


class Following(Enum):
    APPLIED = auto()
    NOT_APPLIED = auto()
    EFFECTIVE = auto()
    REJECTED = auto()
    """The operation failed."""
    SUPERSEDED = auto()
    UNKNOWN = auto()


class End(NamedTuple):
    how: Following
    sentence: str = ""
    service: Service | None = None
    """As last read, if what we wrote was in it."""


async def read_back(services: ServicesPort, clock: ClockPort, plan: Plan, from_generation: int) -> Following:
    """What became of a write without an answer."""
    found = Following.UNKNOWN
    until = clock.monotonic() + READ_BACK_S
    while True:
        try:
            found = classify(await services.get_service(plan.service), plan, from_generation)
        except CloudError:
            found = Following.UNKNOWN
        if found in (Following.APPLIED, Following.SUPERSEDED) or clock.monotonic() >= until:
            return found
        await clock.sleep(LOOK_AT_MOST_S)


def classify(service: Service, plan: Plan, from_generation: int) -> Following:
    """What a fresh read says about a write to `from_generation`."""
    if service.generation <= from_generation:
        return Following.NOT_APPLIED
    return Following.APPLIED if asked_for(plan, service) else Following.SUPERSEDED


async def follow(
    services: ServicesPort, clock: ClockPort, plan: Plan, operation: str, from_generation: int, seen: Seen
) -> End:
    """Waits until the plan serves. A poll that fails says nothing about the change and is tried again."""
    pause = FIRST_LOOK_S
    trouble = ""
    until = clock.monotonic() + FOLLOW_AT_MOST_S
    last: Service | None = None
    while clock.monotonic() < until:
        try:
            state = await services.operation(operation) if operation else OperationState(True)
            service = await services.get_service(plan.service)
        except CloudError as error:
            trouble = error.sentence
        else:
            seen(service)
            end = judged(service, state, plan, from_generation)
            if end:
                return end
            last = service if service.generation > from_generation else None
        await clock.sleep(pause)
        pause = min(LOOK_AT_MOST_S, pause * 1.5)
    why = f": {trouble}" if trouble else ""
    return End(
        Following.UNKNOWN, f"the change was written but is not effective after {FOLLOW_AT_MOST_S:.0f} s{why}", last
    )


def judged(service: Service, state: OperationState, plan: Plan, from_generation: int) -> End | None:
    """Where the change stands; `None`: still on its way."""
    found = classify(service, plan, from_generation)
    if found is Following.SUPERSEDED:
        by = f" by {service.updated_by}" if service.updated_by else ""
        return End(Following.SUPERSEDED, f"the service was changed{by} after our write; nothing of that was undone")
    ours = service if found is Following.APPLIED else None
    if state.error:
        return End(Following.REJECTED, f"the change failed: {state.error}", ours)
    if state.done and ours and (plan.scaling or serves(service, plan.after)):
        return End(Following.EFFECTIVE, service=service)
    return None
