"""What a release says of itself."""

from __future__ import annotations

from cfconsole.domain.releases.model import ReleaseState, as_interrupted
from tests.builders import release


def test_a_release_that_nobody_ended_is_interrupted_and_holds_nobody_up() -> None:
    found = as_interrupted(release(state=ReleaseState.VERIFYING))
    assert (found.state, found.open) == (ReleaseState.INTERRUPTED, False)
    assert "check what serves" in found.outcome


def test_a_release_that_ended_stays_as_it_is() -> None:
    ended = release(state=ReleaseState.SUCCEEDED)
    assert as_interrupted(ended) is ended
