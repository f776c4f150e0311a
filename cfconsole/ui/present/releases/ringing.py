"""When the terminal's bell rings: a release failed or needs its operator."""

from __future__ import annotations

from cfconsole.domain.releases.model import ReleaseState
from cfconsole.session.state.console_state import ConsoleState

_BAD = frozenset({ReleaseState.ROLLED_BACK, ReleaseState.FAILED, ReleaseState.SUPERSEDED, ReleaseState.UNKNOWN})


def should_ring(before: ConsoleState, after: ConsoleState) -> bool:
    """Whether a release failed or began to need its operator between two states."""
    if before.releases is not after.releases:
        was_open = {release.id for release in before.releases if release.open}
        if any(release.state in _BAD and release.id in was_open for release in after.releases):
            return True
    if before.progress is after.progress:
        return False
    waiting = {release_id for release_id, progress in before.progress.items() if progress.asks}
    return any(progress.asks and release_id not in waiting for release_id, progress in after.progress.items())
