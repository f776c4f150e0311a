"""Owns what one write of a service may change (traffic, template and traffic, or scaling), and what comes of it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, auto

from msgspec import Struct

from cfconsole.domain.errors import OUTCOME_UNKNOWN, CloudError, ErrorKind
from cfconsole.domain.fleet.services import Service
from cfconsole.domain.fleet.splits import same_targets
from cfconsole.domain.fleet.traffic import Target
from cfconsole.domain.releases.steps import TRAFFIC_MASK, Answer, Scaling, TemplateChange

READ_BACK_S = 15.0
"""A write whose answer got lost may still land; only after this long an unchanged service means it never will."""
WRITE_TRIES = 3
"""The same decision is written again only where it is known that nothing was written, as after a conflict."""


class ServiceWrite(Struct, frozen=True):
    """One write of a service; never sent twice. Values may be secret: a write is never shown or kept."""

    mask: tuple[str, ...] = TRAFFIC_MASK
    """`TRAFFIC_MASK`, `CREATE_MASK` or `SCALING_MASK`, and nothing else."""
    targets: tuple[Target, ...] = ()
    """The whole desired split, by names that exist; unused where only the scaling changes."""
    change: TemplateChange | None = None
    """What the new revision has otherwise than the template, where the mask has the template."""
    values: tuple[tuple[str, str], ...] = ()
    """Name and value of each variable that `change` sets."""
    scaling: Scaling | None = None


def is_desired(service: Service, targets: Iterable[Target], scaling: Scaling | None = None) -> bool:
    """Whether a service asks for that split, and for those instances where they are given."""
    instances = scaling is None or Scaling(service.min_instances, service.max_instances) == scaling
    return instances and same_targets(service.desired, targets)


class WriteOutcome(Enum):
    """What a fresh read says about a write."""

    APPLIED = auto()
    NOT_APPLIED = auto()
    SUPERSEDED = auto()
    UNKNOWN = auto()
    """It can't be told yet."""


def answer_of(error: CloudError) -> Answer:
    """What a failed call says about the write it was to send."""
    if error.kind is ErrorKind.CONFLICT:
        return Answer.CONFLICT
    return Answer.UNKNOWN if error.kind in OUTCOME_UNKNOWN else Answer.REFUSED
