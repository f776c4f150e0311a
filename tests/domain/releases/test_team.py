"""What a team sees of each other's releases, and what is told to those who don't look."""

from __future__ import annotations

from datetime import timedelta

from cfconsole.domain.fleet.traffic import Target
from cfconsole.domain.releases.model import ReleaseState
from cfconsole.domain.releases.notices import Notice, notice_text
from cfconsole.domain.releases.steps import Step, StepKind
from cfconsole.domain.releases.team import newest_of_each, team_release
from tests.builders import NOW, ORDERS, full, plan, release, share, target


def test_a_release_tells_what_served_by_name_and_what_was_to_serve() -> None:
    told = team_release(release(plan(after=(target("00041", 100), target("00040", 0, "old")))), NOW)
    assert (told.id, told.service, told.kind, told.state) == ("r-1", ORDERS, "rollback", "succeeded")
    assert told.before == (Target(full("00042"), 100),)
    assert told.after == (Target(full("00041"), 100),)
    assert not told.open


def test_the_last_step_of_a_release_says_what_was_to_serve() -> None:
    steps = (
        Step(StepKind.SHIFT, "canary 5 %", (target("00041", 95), target("00042", 5))),
        Step(StepKind.PROMOTE, "canary 100 %", (target("00042", 100),)),
    )
    told = team_release(release(plan(steps=steps, after=())), NOW)
    assert told.after == (Target(full("00042"), 100),)


def test_where_nothing_served_nothing_is_told_of_it() -> None:
    assert team_release(release(plan(before=(share("00042", 0, "new"),))), NOW).before == ()


def test_the_last_state_told_of_a_release_counts() -> None:
    begun = team_release(release(state=ReleaseState.RUNNING, ended_at=None), NOW)
    done = team_release(release(), NOW + timedelta(seconds=5))
    later = team_release(release(id="r-2", started_at=NOW), NOW)
    assert begun.open
    assert newest_of_each((done, later, begun)) == (later, done)


def test_the_end_counts_where_two_states_were_told_at_one_moment() -> None:
    begun = team_release(release(state=ReleaseState.RUNNING, ended_at=None), NOW)
    done = team_release(release(), NOW)
    assert newest_of_each((done, begun)) == (done,)


def test_a_notice_begins_with_the_place_and_the_state() -> None:
    notice = Notice("5xx rose to 12.4 % at 5 %.", "r-1", ORDERS, ReleaseState.ROLLED_BACK)
    text = "shop-prod/us-central1/orders-api: rolled back. 5xx rose to 12.4 % at 5 %. (release r-1)"
    assert notice_text(notice) == text
