"""What a release says of itself."""

from __future__ import annotations

from typing import get_type_hints

from cfconsole.domain.release_steps import Policy
from cfconsole.domain.releases import Plan, ReleaseState, left_behind, load_step_types
from tests.builders import release


def test_a_release_that_nobody_ended_is_interrupted_and_holds_nobody_up() -> None:
    found = left_behind(release(state=ReleaseState.VERIFYING))
    assert (found.state, found.open) == (ReleaseState.INTERRUPTED, False)
    assert "look at what serves" in found.outcome


def test_a_release_that_ended_stays_as_it_is() -> None:
    ended = release(state=ReleaseState.SUCCEEDED)
    assert left_behind(ended) is ended


def test_the_types_of_steps_are_known_once_they_are_loaded() -> None:
    load_step_types()
    assert get_type_hints(Plan)["policy"] == Policy | None
