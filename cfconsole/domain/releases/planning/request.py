"""What an operator asks to have changed, as values; `plan` in the planner answers each with a plan.

A request may be asked again of a fresh read. Values of variables may be secret: a request is never shown or kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeAlias

from msgspec import Struct

from cfconsole.domain.releases.kinds import ReleaseKind

if TYPE_CHECKING:
    # The types of releases in steps, which the first frame need not wait for.
    from cfconsole.domain.releases.model import Plan
    from cfconsole.domain.releases.planning.deploy_options import DeployOptions
    from cfconsole.domain.releases.steps import Policy
    from cfconsole.domain.source.packages import PackedSource


class RollbackRequest(Struct, frozen=True):
    """All traffic away from a bad revision. A revision that is not named is chosen."""

    kind: ClassVar[ReleaseKind] = ReleaseKind.ROLLBACK
    bad: str = ""
    target: str = ""


class ToLatestRequest(Struct, frozen=True):
    """All traffic to the latest Ready revision, now and after each deploy."""

    kind: ClassVar[ReleaseKind] = ReleaseKind.TO_LATEST


class UndoRequest(Struct, frozen=True):
    """What was before the last release of the service."""

    kind: ClassVar[ReleaseKind] = ReleaseKind.UNDO


class DeployRequest(Struct, frozen=True):
    """A new revision from the service's template."""

    kind: ClassVar[ReleaseKind] = ReleaseKind.DEPLOY
    options: DeployOptions


class ShiftRequest(Struct, frozen=True):
    """A split by hand, and tags. Revisions may be named in short."""

    kind: ClassVar[ReleaseKind] = ReleaseKind.SHIFT
    shares: tuple[tuple[str, int], ...] = ()
    """Revisions with their percent."""
    tags: tuple[tuple[str, str], ...] = ()
    """Tags with their revisions."""
    untag: tuple[str, ...] = ()
    """Tags to take away."""


class PromoteRequest(Struct, frozen=True):
    """All traffic to one revision, which may be named in short."""

    kind: ClassVar[ReleaseKind] = ReleaseKind.PROMOTE
    revision: str


class ScaleRequest(Struct, frozen=True):
    """Instances of the whole service. `None` leaves a number, and a maximum of 0 takes the maximum away."""

    kind: ClassVar[ReleaseKind] = ReleaseKind.SCALE
    minimum: int | None = None
    maximum: int | None = None


class RestartRequest(Struct, frozen=True):
    """A new revision of what serves, with nothing changed but a mark."""

    kind: ClassVar[ReleaseKind] = ReleaseKind.RESTART
    mark: str
    """Tells this restart from others, such as the moment of it."""
    policy: Policy | None = None
    bake_s: float = 120.0


class SourceRequest(Struct, frozen=True):
    """A function built from source. An empty runtime or entry point stays as it is."""

    kind: ClassVar[ReleaseKind] = ReleaseKind.DEPLOY
    options: DeployOptions
    source: PackedSource
    runtime: str = ""
    entry_point: str = ""
    create: bool = False
    """Whether the function does not exist yet."""


class DeleteRevisionRequest(Struct, frozen=True):
    """A revision that serves nothing, gone for good. It may be named in short."""

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
    """The request to ask again where `plan` is shown: a rollback keeps the bad revision that was chosen for it."""
    if isinstance(request, RollbackRequest):
        return RollbackRequest(plan.bad, request.target)
    return request


def values_of(request: PlanRequest) -> tuple[tuple[str, str], ...]:
    """The variables that a request sets, with the values that stand in no plan."""
    if isinstance(request, DeployRequest | SourceRequest):
        return tuple((name, value) for name, value in request.options.env if value is not None)
    return ()
