"""The four figures of releases, with their targets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from statistics import median

from msgspec import Struct

from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Release, ReleaseState

SUCCESS_RATE = 0.99
DEPLOYMENT_S = 600.0
ROLLBACK_S = 120.0
RECOVERY_S = 300.0

_COUNTED_STATES = frozenset(
    {ReleaseState.SUCCEEDED, ReleaseState.FAILED, ReleaseState.ROLLED_BACK, ReleaseState.UNKNOWN}
)
"""Releases that were aborted, interrupted or superseded did not fail."""
_DEPLOYS = frozenset({ReleaseKind.DEPLOY, ReleaseKind.RESTART})
_RESTORING_KINDS = frozenset({ReleaseKind.ROLLBACK, ReleaseKind.UNDO})


class ReleaseMeasure(Struct, frozen=True):
    """One figure over some releases; `None` if there are none."""

    value: float | None
    target: float
    releases: int
    rate: bool = False
    """Whether it is a share that should be above its target; else seconds that should be below it."""

    @property
    def met(self) -> bool | None:
        if self.value is None:
            return None
        return self.value > self.target if self.rate else self.value < self.target


class ReleaseStats(Struct, frozen=True):
    """The figures of some releases. Times are medians."""

    success_rate: ReleaseMeasure
    deployment: ReleaseMeasure
    rollback: ReleaseMeasure
    recovery: ReleaseMeasure


def release_stats(releases: Iterable[Release], failing_since: Mapping[str, datetime] | None = None) -> ReleaseStats:
    """The figures of releases in any order.

    Success rate: of all releases that were not stopped. Deployment: from approval to the end. Rollback: from approval
    until the previous split serves. Recovery: from the beginning of the failure until then, also where a release was
    rolled back by itself. The failure begins at `failing_since`, by the release's id, for example from an alert; else
    with the approval of the rollback, or when the new revision first served. A revision that never served is left out.
    """
    ended = [one for one in releases if one.state in _COUNTED_STATES and one.plan.kind is not ReleaseKind.DELETE]
    good = [release for release in ended if release.state is ReleaseState.SUCCEEDED]
    share = len(good) / len(ended) if ended else None
    deployments = [_seconds(one.started_at, one.ended_at) for one in good if one.plan.kind in _DEPLOYS]
    rollbacks = [_seconds(one.started_at, _effective(one)) for one in good if one.plan.kind in _RESTORING_KINDS]
    return ReleaseStats(
        ReleaseMeasure(share, SUCCESS_RATE, len(ended), rate=True),
        _median(deployments, DEPLOYMENT_S),
        _median(rollbacks, ROLLBACK_S),
        _median(list(_recoveries(ended, failing_since or {})), RECOVERY_S),
    )


def _recoveries(ended: Sequence[Release], failing_since: Mapping[str, datetime]) -> Iterator[float]:
    for release in ended:
        if release.state is ReleaseState.ROLLED_BACK:
            began = failing_since.get(release.id, _first_served(release))
            if began:
                yield _seconds(began, release.ended_at)
        elif release.state is ReleaseState.SUCCEEDED and release.plan.kind in _RESTORING_KINDS:
            yield _seconds(failing_since.get(release.id, release.started_at), _effective(release))


def _effective(release: Release) -> datetime | None:
    """When the written split first served, or the end of the release if that is unknown."""
    return _first_served(release) or release.ended_at


def _first_served(release: Release) -> datetime | None:
    return next((event.at for event in release.events if event.state is ReleaseState.VERIFYING), None)


def _seconds(start: datetime, end: datetime | None) -> float:
    """The seconds between, never negative, even if the clock was set back."""
    return max(0.0, ((end or start) - start).total_seconds())


def _median(seconds: Sequence[float], target: float) -> ReleaseMeasure:
    return ReleaseMeasure(median(seconds) if seconds else None, target, len(seconds))
