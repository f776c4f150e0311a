"""Writes of a service (traffic, template and traffic, or scaling), their outcomes, and the single write of a plan."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, auto

from msgspec import Struct

from cfconsole.domain.errors import OUTCOME_UNKNOWN, CloudError, ErrorKind
from cfconsole.domain.fleet.services import Service
from cfconsole.domain.fleet.splits import same_targets, serves
from cfconsole.domain.fleet.traffic import Target
from cfconsole.domain.releases.model import Plan
from cfconsole.domain.releases.steps import TRAFFIC_MASK, Answer, Scaling, TemplateChange

READ_BACK_S = 15.0
"""A write without an answer may still be applied; only after this long does an unchanged service mean it was not."""
WRITE_TRIES = 3
"""How often a write is tried. It is repeated only if nothing was written, as after a conflict."""


class ServiceWrite(Struct, frozen=True):
    """One write of a service, never sent twice. Values may be secret: never display or store a write."""

    mask: tuple[str, ...] = TRAFFIC_MASK
    """`TRAFFIC_MASK`, `CREATE_MASK` or `SCALING_MASK`, and nothing else."""
    targets: tuple[Target, ...] = ()
    """The whole desired split, by names that exist; unused if only the scaling changes."""
    change: TemplateChange | None = None
    """The change of the template, if the mask has the template."""
    values: tuple[tuple[str, str], ...] = ()
    """Name and value of each variable that `change` sets."""
    scaling: Scaling | None = None


def is_desired(service: Service, targets: Iterable[Target], scaling: Scaling | None = None) -> bool:
    """Whether the desired state of a service has that split and, if given, those instances."""
    instances = scaling is None or Scaling(service.min_instances, service.max_instances) == scaling
    return instances and same_targets(service.desired, targets)


class WriteOutcome(Enum):
    """The outcome of a write, by a fresh read."""

    APPLIED = auto()
    NOT_APPLIED = auto()
    SUPERSEDED = auto()
    UNKNOWN = auto()
    """Not known yet."""


def answer_of(error: CloudError) -> Answer:
    """The answer to a write that a failed call stands for."""
    if error.kind is ErrorKind.CONFLICT:
        return Answer.CONFLICT
    return Answer.UNKNOWN if error.kind in OUTCOME_UNKNOWN else Answer.REFUSED


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
