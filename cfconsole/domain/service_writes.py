"""Owns what one write of a service may change: its traffic, its template together with its traffic, or its scaling."""

from typing import NamedTuple

from cfconsole.domain.release_steps import TRAFFIC_MASK, Scaling, TemplateChange
from cfconsole.domain.traffic import Target


class ServiceWrite(NamedTuple):
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
