"""What those who look on see of a release."""

from __future__ import annotations

from datetime import timedelta

from cfconsole.domain.releases.rollout.progress import ReleaseProgress
from tests.builders import NOW


def test_a_countdown_goes_on_between_two_looks_and_ends_at_nothing() -> None:
    seen = ReleaseProgress(NOW, 1, 3, "canary 5 %", "60 s to go", 60.0)
    assert seen.left_at(NOW + timedelta(seconds=2)) == 58.0
    assert seen.left_at(NOW + timedelta(minutes=2)) == 0.0
