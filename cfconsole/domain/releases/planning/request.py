"""Requests for a change, one kind per class; `planner.plan` makes a plan for each.

A request may be planned again after a fresh read. Values of variables may be secret: never display or store a request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeAlias

from msgspec import Struct

from cfconsole.domain.releases.kinds import ReleaseKind

if TYPE_CHECKING:
    # Only for types: loading them would delay the first frame.
    from cfconsole.domain.releases.model import Plan
    from cfconsole.domain.releases.planning.deploy_options import DeployOptions
    from cfconsole.domain.releases.steps import Policy
    from cfconsole.domain.source.packages import PackedSource


class RollbackRequest(Struct, frozen=True):
    """Move all traffic from a bad revision to a good one. A revision that is not named is chosen."""

    kind: ClassVar[ReleaseKind] = ReleaseKind.ROLLBACK
    bad: str = ""
    target: str = ""


class ToLatestRequest(Struct, frozen=True):
    """Send all traffic to the latest Ready revision, now and after each deploy."""

    kind: ClassVar[ReleaseKind] = ReleaseKind.TO_LATEST


class UndoRequest(Struct, frozen=True):
    """Undo the last release of the service."""

    kind: ClassVar[ReleaseKind] = ReleaseKind.UNDO


class DeployRequest(Struct, frozen=True):
    """Create a revision from the service's template."""

    kind: ClassVar[ReleaseKind] = ReleaseKind.DEPLOY
    options: DeployOptions


class ShiftRequest(Struct, frozen=True):
    """Set a split and tags by hand. Revisions may have short names."""

    kind: ClassVar[ReleaseKind] = ReleaseKind.SHIFT
    shares: tuple[tuple[str, int], ...] = ()
    """Revisions and their percent."""
    tags: tuple[tuple[str, str], ...] = ()
    """Tags and their revisions."""
    untag: tuple[str, ...] = ()
    """Tags to remove."""


class PromoteRequest(Struct, frozen=True):
    """Send all traffic to one revision, which may have a short name."""

    kind: ClassVar[ReleaseKind] = ReleaseKind.PROMOTE
    revision: str


class ScaleRequest(Struct, frozen=True):
    """Set the instances of the whole service. `None` leaves a number; a maximum of 0 removes the maximum."""

    kind: ClassVar[ReleaseKind] = ReleaseKind.SCALE
    minimum: int | None = None
    maximum: int | None = None


class RestartRequest(Struct, frozen=True):
    """Create a revision like the serving one, with only a mark changed."""

    kind: ClassVar[ReleaseKind] = ReleaseKind.RESTART
    mark: str
    """Tells this restart from others, for example by its time."""
    policy: Policy | None = None
    bake_s: float = 120.0


class SourceRequest(Struct, frozen=True):
    """Build a function from source. An empty runtime or entry point stays as it is."""

    kind: ClassVar[ReleaseKind] = ReleaseKind.DEPLOY
    options: DeployOptions
    source: PackedSource
    runtime: str = ""
    entry_point: str = ""
    create: bool = False
    """Whether the function does not exist yet."""


class DeleteRevisionRequest(Struct, frozen=True):
    """Delete a revision that serves nothing. It may have a short name."""

    kind: ClassVar[ReleaseKind] = ReleaseKind.DELETE
    revision: str


PlanRequest: TypeAlias = (
    RollbackRequest
    | ToLatestRequest
    | UndoRequest
    | DeployRequest
    | ShiftRequest
    | PromoteRequest
    | ScaleRequest
    | RestartRequest
    | SourceRequest
    | DeleteRevisionRequest
)


def pinned(request: PlanRequest, plan: Plan) -> PlanRequest:
    """The request to plan again once `plan` is displayed: a rollback keeps the bad revision that was chosen."""
    if isinstance(request, RollbackRequest):
        return RollbackRequest(plan.bad, request.target)
    return request


def values_of(request: PlanRequest) -> tuple[tuple[str, str], ...]:
    """The variables that a request sets, with their values, which are not part of the plan."""
    if isinstance(request, DeployRequest | SourceRequest):
        return tuple((name, value) for name, value in request.options.env if value is not None)
    return ()
