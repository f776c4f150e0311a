"""The releases of a whole team, from their shared history. For display only, never a source of targets."""

from datetime import datetime

from msgspec import Struct

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.fleet.traffic import Target, effective_as_targets
from cfconsole.domain.releases.model import OPEN_STATES, Plan, Release


class TeamRelease(Struct, frozen=True):
    """One release, as a console last announced it."""

    id: str
    service: ServiceKey
    kind: str
    """A `ReleaseKind`, or the word of a newer console."""
    state: str
    """A `ReleaseState`, or the word of a newer console."""
    actor: str
    started_at: datetime
    announced_at: datetime
    """When this state was announced. An open release that was announced long ago may have died."""
    ended_at: datetime | None = None
    before: tuple[Target, ...] = ()
    """The split before, by revision name."""
    after: tuple[Target, ...] = ()
    """The split that was to serve."""
    outcome: str = ""

    @property
    def open(self) -> bool:
        """Whether it was in progress when it was announced."""
        return self.state in OPEN_STATES


def team_release(release: Release, announced_at: datetime) -> TeamRelease:
    """A release of this console, as announced to the others."""
    plan = release.plan
    return TeamRelease(
        id=release.id,
        service=plan.service,
        kind=plan.kind.value,
        state=release.state.value,
        actor=release.actor,
        started_at=release.started_at,
        announced_at=announced_at,
        ended_at=release.ended_at,
        before=_served(plan),
        after=_lines(plan.steps[-1].targets if plan.steps else plan.after),
        outcome=release.outcome,
    )


def newest_of_each(announcements: tuple[TeamRelease, ...]) -> tuple[TeamRelease, ...]:
    """The last announcement of each release, newest release first."""
    last: dict[str, TeamRelease] = {}
    for one in sorted(announcements, key=lambda one: (one.announced_at, one.ended_at is not None)):
        last[one.id] = one
    return tuple(sorted(last.values(), key=lambda one: (one.started_at, one.id), reverse=True))


def _served(plan: Plan) -> tuple[Target, ...]:
    return effective_as_targets(plan.before, ()) if any(share.percent for share in plan.before) else ()


def _lines(targets: tuple[Target, ...]) -> tuple[Target, ...]:
    return tuple(Target(target.revision, target.percent) for target in targets if target.percent)
