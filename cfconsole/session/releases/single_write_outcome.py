"""Finds the outcome of a single write, by its operation, the effective split or a read back. It only reads."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from cfconsole.domain.errors import CloudError
from cfconsole.domain.fleet.reads import OperationState
from cfconsole.domain.fleet.services import Service
from cfconsole.domain.releases.model import Plan, ReleaseState
from cfconsole.domain.releases.writes import READ_BACK_S, WriteOutcome, is_effective, outcome_of
from cfconsole.session.ports import ClockPort, ServicesPort

FIRST_POLL_S = 0.2
MAX_POLL_S = 1.0
FOLLOW_TIMEOUT_S = 300.0

OnServiceRead = Callable[[Service], None]


class ChangeEnd(Struct, frozen=True):
    """The end of a change."""

    state: ReleaseState
    """`VERIFYING` once it is in effect and can be judged."""
    sentence: str = ""
    generation: int = 0
    """The generation that our write made, 0 if that is not known. Later changes of others made newer ones."""


async def read_back(services: ServicesPort, clock: ClockPort, plan: Plan, from_generation: int) -> WriteOutcome:
    """The outcome of a write without an answer."""
    outcome = WriteOutcome.UNKNOWN
    until = clock.monotonic() + READ_BACK_S
    while True:
        try:
            outcome = outcome_of(plan, await services.get_service(plan.service), from_generation)
        except CloudError:
            outcome = WriteOutcome.UNKNOWN
        if outcome in (WriteOutcome.APPLIED, WriteOutcome.SUPERSEDED) or clock.monotonic() >= until:
            return outcome
        await clock.sleep(MAX_POLL_S)


async def follow_change(
    services: ServicesPort,
    clock: ClockPort,
    plan: Plan,
    operation: str,
    from_generation: int,
    on_service_read: OnServiceRead,
) -> ChangeEnd:
    """Waits until the plan serves. A poll that fails says nothing about the change and is repeated."""
    pause = FIRST_POLL_S
    reason = ""
    until = clock.monotonic() + FOLLOW_TIMEOUT_S
    written = 0
    while clock.monotonic() < until:
        try:
            state = await services.operation(operation) if operation else OperationState(True)
            service = await services.get_service(plan.service)
        except CloudError as error:
            reason = f": {error.sentence}"
        else:
            on_service_read(service)
            end = _end_of(service, state, plan, from_generation)
            if end:
                return end
            written = from_generation + 1 if service.generation > from_generation else 0
        await clock.sleep(pause)
        pause = min(MAX_POLL_S, pause * 1.5)
    sentence = f"the change was written but is not in effect after {FOLLOW_TIMEOUT_S:.0f} s{reason}"
    return ChangeEnd(ReleaseState.UNKNOWN, sentence, written)


def _end_of(service: Service, state: OperationState, plan: Plan, from_generation: int) -> ChangeEnd | None:
    """The end of the change; `None` while it is under way."""
    outcome = outcome_of(plan, service, from_generation)
    if outcome is WriteOutcome.SUPERSEDED:
        sentence = f"{service.change_sentence} after our write; that change was not overwritten"
        return ChangeEnd(ReleaseState.SUPERSEDED, sentence)
    ours = from_generation + 1 if outcome is WriteOutcome.APPLIED else 0
    if state.error:
        return ChangeEnd(ReleaseState.FAILED, f"the change failed: {state.error}", ours)
    if state.done and ours and is_effective(plan, service):
        return ChangeEnd(ReleaseState.VERIFYING, generation=ours)
    return None
