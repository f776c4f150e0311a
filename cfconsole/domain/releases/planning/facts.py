"""The facts that planners work from."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from cfconsole.domain.fleet.metrics import ServiceMetrics
from cfconsole.domain.fleet.services import Revision, Service
from cfconsole.domain.health.alerts import Suspect
from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Release, ReleaseState

WITHOUT_EFFECT = frozenset({ReleaseState.PLANNED, ReleaseState.ABORTED, ReleaseState.SUPERSEDED})
"""Releases in these states have no lasting effect."""


class PlanFacts(Struct, frozen=True):
    """What is known of one service when a plan is made. Everything has been read already."""

    service: Service
    revisions: tuple[Revision, ...]
    history: tuple[Release, ...] = ()
    """This service's releases as the journal knows them, newest first."""
    metrics: ServiceMetrics | None = None
    suspect: Suspect | None = None

    def revision(self, name: str) -> Revision | None:
        return next((revision for revision in self.revisions if revision.name == name), None)

    def short(self, name: str) -> str:
        """The revision's name without the service's."""
        return name.removeprefix(f"{self.service.key.name}-") or name

    def whole_name(self, given: str) -> str:
        """The full name of a revision that is given as tables show it, or by its number if that is unique.

        An unknown or ambiguous name is returned as it is.
        """
        names = [revision.name for revision in self.revisions]
        if not given or given in names:
            return given
        service = self.service.key.name
        short = f"{service}-{given.removeprefix(f'{service}-')}"
        fitting = [name for name in names if name == short or name.startswith(f"{short}-")]
        return fitting[0] if len(fitting) == 1 else given

    @property
    def newest_first(self) -> tuple[Revision, ...]:
        return tuple(sorted(self.revisions, key=lambda revision: (revision.created_at, revision.name), reverse=True))

    @property
    def serving_names(self) -> tuple[str, ...]:
        """The revisions that get requests, largest share first."""
        return tuple(share.revision for share in self.service.serving)


def bad_revisions(history: tuple[Release, ...]) -> frozenset[str]:
    """Revisions that were rolled back or failed; they serve again only if the operator names them.

    A later release that succeeded in giving such a revision traffic clears its mark.
    """
    marked: set[str] = set()
    for release in reversed(history):
        if release.state in WITHOUT_EFFECT or release.plan.kind is ReleaseKind.DELETE:
            continue
        if release.state is ReleaseState.SUCCEEDED:
            marked.discard(release.promoted)
        elif release.state is ReleaseState.ROLLED_BACK or (
            release.state is ReleaseState.FAILED and release.generation_after
        ):
            marked.add(release.promoted)
        if release.plan.bad:
            marked.add(release.plan.bad)
    return frozenset(marked - {""})


def at_time(moment: datetime | None) -> str:
    """A time within a sentence, in UTC: ` at 2026-05-04 12:03 UTC`; empty if it is unknown."""
    return f" at {moment:%Y-%m-%d %H:%M} UTC" if moment else ""
