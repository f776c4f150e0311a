"""The four numbers of releases against their targets."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from msgspec.structs import astuple, replace

from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Release, ReleaseEvent, ReleaseState
from cfconsole.domain.releases.stats import ReleaseMeasure, release_stats
from tests.builders import NOW, plan, release


def took(
    seconds: float, kind: ReleaseKind = ReleaseKind.DEPLOY, serves_after: float | None = None, **changes: Any
) -> Release:
    """A release that began now."""
    at = NOW + timedelta(seconds=serves_after or 0)
    events = () if serves_after is None else (ReleaseEvent(at, ReleaseState.VERIFYING, "serves"),)
    made = release(plan(kind=kind), started_at=NOW, ended_at=NOW + timedelta(seconds=seconds), events=events)
    return replace(made, **changes)


def test_without_releases_there_is_nothing_to_measure() -> None:
    stats = release_stats(())
    assert all((measure.value, measure.met) == (None, None) for measure in astuple(stats))


def test_the_success_rate_leaves_out_what_was_nobodys_failure() -> None:
    states = [*[ReleaseState.SUCCEEDED] * 3, ReleaseState.FAILED, ReleaseState.ABORTED, ReleaseState.SUPERSEDED]
    stats = release_stats(took(60, state=state) for state in (*states, ReleaseState.INTERRUPTED, ReleaseState.RUNNING))
    assert stats.success_rate == ReleaseMeasure(0.75, 0.99, 4, rate=True)
    assert not stats.success_rate.met
    assert ReleaseMeasure(1.0, 0.99, 1, rate=True).met


def test_times_are_medians_of_what_succeeded() -> None:
    stats = release_stats(
        (
            took(300),
            took(900),
            took(200, ReleaseKind.RESTART),
            took(5000, state=ReleaseState.FAILED),
            took(70, ReleaseKind.ROLLBACK, serves_after=10),
            took(60, ReleaseKind.UNDO),
        )
    )
    assert (stats.deployment.value, stats.deployment.releases, stats.deployment.met) == (300, 3, True)
    assert (stats.rollback.value, stats.rollback.releases) == (35, 2)
    assert stats.rollback.met
    assert (stats.success_rate.value, stats.success_rate.releases, stats.success_rate.met) == (5 / 6, 6, False)
    assert (stats.recovery.value, stats.recovery.releases, stats.recovery.met) == (35, 2, True)


def test_recovery_begins_with_the_trouble_where_that_is_known() -> None:
    back = took(70, ReleaseKind.ROLLBACK, serves_after=10, id="back")
    stopped = took(400, serves_after=100, id="stopped", state=ReleaseState.ROLLED_BACK)
    unserved = took(400, id="never ready", state=ReleaseState.ROLLED_BACK)
    assert release_stats((back,)).recovery.value == 10
    assert release_stats((back,), {"back": NOW - timedelta(minutes=5)}).recovery.value == 310
    assert release_stats((stopped, unserved)).recovery == ReleaseMeasure(300, 300, 1)
    assert release_stats((stopped,)).recovery.met is False


def test_a_clock_set_back_makes_no_negative_time() -> None:
    assert release_stats((took(-5, ReleaseKind.ROLLBACK),)).rollback.value == 0
    assert release_stats((took(0, ended_at=None),)).deployment.value == 0
