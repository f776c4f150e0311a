"""The single write of a plan without steps: whether it may be sent, what it is, and its outcome."""

from __future__ import annotations

from cfconsole.domain.fleet.services import Service
from cfconsole.domain.fleet.splits import same_targets, serves
from cfconsole.domain.releases.model import Plan
from cfconsole.domain.releases.steps import Scaling
from cfconsole.domain.releases.writes import ServiceWrite, WriteOutcome, is_desired


def is_unchanged(plan: Plan, fresh: Service) -> bool:
    """Whether the service is as when the plan was made; its etag may differ."""
    return fresh.generation == plan.generation and same_targets(fresh.desired, plan.desired_before)


def write_of(plan: Plan) -> ServiceWrite:
    return ServiceWrite(plan.mask, () if plan.scaling else plan.after, scaling=plan.scaling)


def outcome_of(plan: Plan, service: Service, from_generation: int) -> WriteOutcome:
    """The outcome of the write to `from_generation`, read from the service."""
    if service.generation <= from_generation:
        return WriteOutcome.NOT_APPLIED
    if service.generation == from_generation + 1:
        # Our write makes the very next generation and changes only what the plan says.
        return WriteOutcome.APPLIED if is_desired(service, plan.after, plan.scaling) else WriteOutcome.SUPERSEDED
    return WriteOutcome.APPLIED if _is_desired(plan, service) else WriteOutcome.SUPERSEDED


def is_effective(plan: Plan, service: Service) -> bool:
    """Whether the write is in effect; instances are as soon as they are desired."""
    return plan.scaling is not None or serves(service, plan.after)


def _is_desired(plan: Plan, service: Service) -> bool:
    if plan.scaling is None:
        return same_targets(service.desired, plan.after)
    return Scaling(service.min_instances, service.max_instances) == plan.scaling
