"""The last change of the code that serves: errors that began later are new."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from cfconsole.domain.fleet.services import Revision, Service
from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Release, ReleaseState

_WITHOUT_TRAFFIC = frozenset({ReleaseState.PLANNED, ReleaseState.FAILED, ReleaseState.SUPERSEDED})
_RESTORING_KINDS = frozenset({ReleaseKind.ROLLBACK, ReleaseKind.UNDO})
"""Kinds that go back to a revision that served before."""


class LastDeploy(Struct, frozen=True):
    """The last change of the code that serves."""

    revision: str
    at: datetime
    """When it took traffic, if one of our releases moved it; else when it was created."""
    took_traffic: bool = False


def last_deploy(
    service: Service, revisions: Sequence[Revision], logged: Iterable[str] = (), releases: Iterable[Release] = ()
) -> LastDeploy | None:
    """The newest revision that serves, or that has `logged` and so did: its errors are new even after a rollback."""
    served = {share.revision for share in service.serving}.union(logged)
    taken = _first_traffic(release for release in releases if release.plan.service == service.key)
    deploys = [_deploy(revision, taken) for revision in revisions if revision.name in served]
    return max(deploys, key=lambda deploy: deploy.at, default=None)


def _deploy(revision: Revision, taken: Mapping[str, datetime]) -> LastDeploy:
    took = taken.get(revision.name, revision.created_at)
    return LastDeploy(revision.name, max(took, revision.created_at), took > revision.created_at)


def _first_traffic(releases: Iterable[Release]) -> dict[str, datetime]:
    """When each revision first got traffic, by name, as far as our releases tell."""
    taken: dict[str, datetime] = {}
    seen: set[str] = set()
    for release in sorted(releases, key=lambda release: release.started_at):
        seen |= {share.revision for share in release.plan.before if share.percent}
        if release.state in _WITHOUT_TRAFFIC or not release.promoted:
            continue
        if release.promoted not in seen and release.plan.kind not in _RESTORING_KINDS:
            taken[release.promoted] = release.started_at
        seen.add(release.promoted)
    return taken
