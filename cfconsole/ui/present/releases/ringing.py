"""When the terminal's bell rings: a release went wrong, or waits for its operator."""

from __future__ import annotations

from cfconsole.domain.releases.model import ReleaseState
from cfconsole.session.state.console_state import ConsoleState

_BAD = frozenset({ReleaseState.ROLLED_BACK, ReleaseState.FAILED, ReleaseState.SUPERSEDED, ReleaseState.UNKNOWN})


def should_ring(before: ConsoleState, after: ConsoleState) -> bool:
    """Whether something happened between two states that somebody who looks elsewhere should hear."""
    if before.releases is not after.releases:
        was_open = {release.id for release in before.releases if release.open}
        if any(release.state in _BAD and release.id in was_open for release in after.releases):
            return True
    if before.progress is after.progress:
        return False
    asked = {release_id for release_id, look in before.progress.items() if look.asks}
    return any(look.asks and release_id not in asked for release_id, look in after.progress.items())
