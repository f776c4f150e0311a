"""Stories of releases under way: the pane with steps, countdown and verdicts, and the ways to steer and to take up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.fleet.traffic import Target
from cfconsole.domain.releases.kinds import GuardLevel
from cfconsole.domain.releases.model import Refusal, RefusalReason, Release, ReleaseState, Verdict
from cfconsole.domain.releases.rollout.step_judgement import EvidenceSource
from cfconsole.domain.releases.rollout.values import Command
from cfconsole.domain.releases.team import TeamRelease
from cfconsole.session.state.console_state import ConsoleState
from cfconsole.ui.present.releases.progress import StepVerdicts, progress_view
from cfconsole.ui.present.releases.status import should_ring
from cfconsole.ui.screens.releases import ReleasesScreen
from tests.ui.releases import (
    HEALTHY,
    left_behind,
    recovery,
    sample_judgement,
    sample_progress,
    under_way,
    with_releases,
)
from tests.ui.running_console import ConsoleDriver, running_console
from tests.ui.scripted import ScriptedSession, rollback_plan
from tests.ui.shop import BILLING, NOW, ago, shop


def _ended() -> Release:
    ended = ago(hours=5)
    return Release("r-1", rollback_plan(), "ci@shop", ago(hours=6), ReleaseState.SUCCEEDED, ended, "traffic moved")


def _state(*more: Release) -> ConsoleState:
    return with_releases(shop(), under_way(), *more, r_9=sample_progress())


def _pane(console: ConsoleDriver) -> list[str]:
    return [line[1:-1].rstrip() for line in console.lines if line.startswith("│")]


async def test_shows_each_step_with_the_verdict_its_numbers_and_the_countdown() -> None:
    async with running_console(_state()) as console:
        await console.press("r")
        assert "Releases · 1 under way" in console.text
        assert "deploy canary → 00043" in console.line_of("2/5 canary 5 %           1:32")
        assert "✓ 1 create without traffic" in console.text
        assert "1:32 left of 2 min  healthy" in console.line_of("◔ 2 canary 5 %")
        assert HEALTHY in console.line_of(
            "5xx 0.1 % of 412 requests, baseline 0.1 % of 7300; from the request log, 4 s old  "
        )
        assert "· 5 canary 100 %" in console.text
        assert "orders-api-00043 is Ready" in console.text


async def test_a_watch_longer_than_was_asked_for_says_what_for() -> None:
    late = replace(sample_judgement(), source=EvidenceSource.MONITORING, shortest_bake_s=255.0)
    async with running_console(
        with_releases(shop(), under_way(), r_9=sample_progress(left_s=200.0, judgement=late))
    ) as console:
        await console.press("r")
        assert "3:20 left, Monitoring needs at least 4:15  healthy" in console.line_of("◔ 2 canary 5 %")
        await console.arrive(
            with_releases(shop(), under_way(), r_9=sample_progress(judgement=replace(late, shortest_bake_s=120.0)))
        )
        assert "1:32 left of 2 min  healthy" in console.line_of("◔ 2 canary 5 %")


async def test_the_countdown_changes_its_own_cells_alone() -> None:
    async with running_console(_state()) as console:
        await console.press("r")
        before = _pane(console)
        console.clock.advance(1)
        assert isinstance(console.app.screen, ReleasesScreen)
        console.app.screen.tick()
        await console.settle()
        changed = [(old, new) for old, new in zip(before, _pane(console), strict=True) if old != new]
        assert len(changed) == 2
        for old, new in changed:
            assert new == old.replace("1:32", "1:31")


async def test_verdicts_of_steps_that_are_over_stay() -> None:
    session = ScriptedSession(_state())
    async with running_console(session=session) as console:
        later = sample_progress(
            3, judgement=sample_judgement(Verdict.INCONCLUSIVE, "inconclusive: 5xx - of 12 requests of 200 needed")
        )
        await console.arrive(with_releases(shop(), under_way(3), r_9=later))
        await console.press("r")
        assert "healthy" in console.line_of("✓ 2 canary 5 %")
        assert "inconclusive" in console.line_of("◔ 3 canary 25 %")
        assert "of 12 requests of 200 needed" in console.text


async def test_verdicts_of_steps_that_no_one_here_looked_at_are_read_from_the_journal() -> None:
    release = under_way(3)
    *before, last = release.events
    told = replace(last, sentence=f"canary 5 %: {HEALTHY}; {last.sentence}")
    async with running_console(with_releases(shop(), replace(release, events=(*before, told)))) as console:
        await console.press("r")
        assert "canary 5 %: healthy: 5xx 0.1 % of 412 requests" in console.text
        assert "writing canary 25 %" in console.text


async def test_what_comes_is_shown_while_the_pane_is_open() -> None:
    async with running_console(_state()) as console:
        await console.press("r")
        await console.arrive(with_releases(shop(), under_way(3), r_9=sample_progress(3, 60.0)))
        assert "1:00 left" in console.line_of("◔ 3 canary 25 %")


async def test_several_at_once_those_under_way_first() -> None:
    other = under_way(4, name="r-7", key=BILLING)
    state = with_releases(shop(), _ended(), under_way(), other, r_9=sample_progress(), r_7=sample_progress(4, 5.0))
    async with running_console(state) as console:
        await console.press("r")
        assert "Releases · 2 under way" in console.text
        rows = [line.split()[2] for line in _pane(console) if "  3m  ops@shop" in line or "  6h  ci@shop" in line]
        assert rows == ["orders-api", "billing", "orders-api"]
        await console.press("j")
        assert "0:05 left" in console.line_of("◔ 4 canary 50 %")


def test_an_old_look_says_so() -> None:
    assert progress_view(sample_progress(), NOW + timedelta(seconds=40)).verdict_text == f"{HEALTHY} (40 s old)"


async def test_abort_by_its_key_alone_from_the_main_screen() -> None:
    async with running_console(_state()) as console:
        assert "A abort" in console.lines[-1]
        await console.press("A")
        assert "the previous traffic is restored" in console.text
        await console.press("y")
        assert console.session.commanded == []
        console.clock.advance(1)
        await console.press("y")
        assert console.session.commanded == [("r-9", Command.ABORT)]


async def test_an_abort_that_reached_nobody_is_not_called_asked_for() -> None:
    async with running_console(_state()) as console:
        console.session.unconnected = CloudError(ErrorKind.UNAVAILABLE, "Google Cloud is not connected yet.")
        await console.press("A")
        console.clock.advance(1)
        await console.press("y")
        assert "the request failed: Google Cloud is not connected yet." in console.text
        assert console.session.commanded == []


async def test_abort_never_waits_for_a_name() -> None:
    session = ScriptedSession(_state())
    session.level = GuardLevel.TYPE_NAME
    async with running_console(session=session) as console:
        await console.press("r", "A")
        console.clock.advance(1)
        await console.press("y")
        assert session.commanded == [("r-9", Command.ABORT)]


async def test_promoting_shows_what_is_passed_over_and_is_guarded() -> None:
    session = ScriptedSession(_state())
    session.level = GuardLevel.TYPE_NAME
    async with running_console(session=session) as console:
        await console.press("r", "P")
        console.clock.advance(1)
        assert " 00043       0 %             →  100 % ██████████" in console.text
        assert "the watch of canary 5 %, canary 25 %, canary 50 % is cut short" in console.text
        await console.type("orders-api")
        assert session.commanded == [("r-9", Command.PROMOTE)]


async def test_going_on_means_the_step_that_was_shown() -> None:
    session = ScriptedSession(_state())
    async with running_console(session=session) as console:
        await console.press("C")
        assert "00043 gets canary 25 %; then it is watched for 2 min" in console.text
        await console.arrive(with_releases(shop(), under_way(3), r_9=sample_progress(3)))
        console.clock.advance(1)
        await console.press("y")
        assert session.commanded == []
        assert "The release has moved on to the next step in the meantime" in console.text


async def test_going_on_is_asked_for() -> None:
    async with running_console(_state()) as console:
        await console.press("C")
        console.clock.advance(1)
        await console.press("y")
        assert console.session.commanded == [("r-9", Command.CONTINUE)]


async def test_a_release_that_ended_meanwhile_is_left_alone() -> None:
    session = ScriptedSession(_state())
    async with running_console(session=session) as console:
        await console.press("A")
        await console.arrive(with_releases(shop(), replace(under_way(), state=ReleaseState.SUCCEEDED, ended_at=ago())))
        console.clock.advance(1)
        await console.press("y")
        assert session.commanded == []
        assert "The release has ended in the meantime" in console.text


async def test_a_single_write_cannot_be_steered() -> None:
    release = Release("r-2", rollback_plan(), "me", ago(seconds=3), ReleaseState.RUNNING)
    async with running_console(with_releases(shop(), release)) as console:
        await console.press("A")
        assert "This release is a single write" in console.text


async def test_a_build_cannot_be_aborted() -> None:
    plan = replace(under_way().plan, steps=(), policy=None)
    release = Release("r-2", plan, "me", ago(seconds=3), ReleaseState.RUNNING)
    async with running_console(with_releases(shop(), release)) as console:
        await console.press("A")
        assert "Builds can't be aborted" in console.text


async def test_without_a_release_there_is_nothing_to_abort() -> None:
    async with running_console() as console:
        await console.press("A")
        assert "No release is under way." in console.text
        await console.press("r")
        assert "No releases yet" in console.text


async def test_one_of_several_elsewhere_is_chosen_in_the_pane() -> None:
    state = with_releases(shop(), under_way(name="r-6", key=BILLING), under_way(name="r-5", key=BILLING))
    async with running_console(state) as console:
        await console.press("A")
        assert "Releases · 2 under way" in console.text


async def test_promote_with_a_revision_is_a_plan_of_its_own() -> None:
    async with running_console() as console:
        await console.press(":")
        await console.type("promote 00041")
        await console.press("enter")
        assert "┌ Promote ─" in console.text
        console.clock.advance(1)
        await console.press("y")
        assert console.session.released[0].plan.target == "orders-api-00041"


async def test_one_left_behind_is_offered_with_what_each_way_would_do() -> None:
    release = left_behind()
    session = ScriptedSession(with_releases(shop(), release))
    session.recoveries[release.id] = recovery(release)
    async with running_console(session=session) as console:
        assert "interrupted · 24m · press r, then enter: resume, abort or leave it" in console.lines[-2]
        await console.press("r", "enter")
        assert "resume   not possible: it was interrupted 20 min ago" in console.text
        assert "▸ abort    restore 00042 100 %" in console.text
        assert "leave    traffic stays as it is" in console.text
        await console.press("enter")
        assert "the previous traffic is restored" in console.text
        console.clock.advance(1)
        await console.press("y")
        assert session.recovered == [("r-8", Command.ABORT, "")]
        assert "The previous traffic is being restored." in console.text


async def test_leaving_it_needs_no_name_and_aborting_it_does_where_the_context_says_so() -> None:
    release = left_behind()
    session = ScriptedSession(with_releases(shop(), release))
    session.recoveries[release.id] = recovery(release)
    session.level = GuardLevel.TYPE_NAME
    async with running_console(session=session) as console:
        await console.press("A", "j", "enter")
        console.clock.advance(1)
        await console.press("y")
        await console.press("A", "enter")
        console.clock.advance(1)
        await console.type("billing")
        assert session.recovered == [("r-8", Command.NONE, ""), ("r-8", Command.ABORT, "billing")]


async def test_a_recovery_that_cannot_be_read_says_why() -> None:
    release = left_behind()
    session = ScriptedSession(with_releases(shop(), release))
    session.recoveries[release.id] = Refusal(RefusalReason.UNREADABLE, "The region did not answer.")
    async with running_console(session=session) as console:
        await console.press("A", "enter")
        assert "The region did not answer." in console.text
        await console.press("esc")
        assert session.recovered == []


async def test_copies_the_release_in_full() -> None:
    async with running_console(_state()) as console:
        await console.press("r", "c", "esc")
        assert "opied" in console.lines[-2]


async def test_the_detail_pane_keeps_its_line() -> None:
    async with running_console(_state()) as console:
        assert "2/5 canary 5 %  1:32 left" in console.text
        await console.wait(2)
        assert "2/5 canary 5 %  1:30 left" in console.text


@pytest.mark.parametrize(
    ("state", "heard"),
    [
        (ReleaseState.ROLLED_BACK, True),
        (ReleaseState.FAILED, True),
        (ReleaseState.SUPERSEDED, True),
        (ReleaseState.UNKNOWN, True),
        (ReleaseState.SUCCEEDED, False),
        (ReleaseState.RUNNING, False),
    ],
)
def test_the_bell_rings_once_for_what_went_wrong(state: ReleaseState, heard: bool) -> None:
    before = _state()
    after = with_releases(shop(), replace(under_way(), state=state))
    assert should_ring(before, after) is heard
    assert not should_ring(after, with_releases(shop(), *after.releases))


def test_the_bell_does_not_ring_for_history() -> None:
    failed = replace(_ended(), state=ReleaseState.FAILED)
    assert not should_ring(shop(), with_releases(shop(), failed))


def test_the_bell_rings_once_when_the_operator_is_asked() -> None:
    before, asks = _state(), with_releases(shop(), under_way(), r_9=sample_progress(asks=True))
    assert should_ring(before, asks)
    assert not should_ring(asks, replace(asks, progress=dict(asks.progress)))


def test_verdicts_are_kept_for_a_day_of_steps_and_no_longer() -> None:
    verdicts = StepVerdicts()
    verdicts.note({"r-0": sample_progress(1)})
    verdicts.note({f"r-{number}": sample_progress(2) for number in range(1, 501)})
    assert verdicts.of("r-0") == {}
    assert set(verdicts.of("r-500")) == {2}


async def test_a_step_without_a_countdown_says_what_it_waits_for() -> None:
    few = sample_judgement(Verdict.INCONCLUSIVE, "inconclusive: 5xx 0.0 % of 4 requests of 200 needed")
    waits = replace(
        sample_progress(left_s=0.0, judgement=few), sentence=f"canary 5 %: waiting for a verdict; {few.sentence}"
    )
    async with running_console(with_releases(shop(), under_way(), r_9=waits)) as console:
        await console.press("r")
        assert "inconclusive  waiting for a verdict" in console.line_of("◔ 2 canary 5 %")
        assert "canary 5 %: waiting" not in console.text


async def test_the_outcome_is_said_once() -> None:
    outcome = "aborted by the operator; the previous split serves again"
    release = under_way()
    last = replace(release.events[-1], sentence=outcome, state=ReleaseState.ABORTED)
    ended = replace(
        release, state=ReleaseState.ABORTED, ended_at=ago(), outcome=outcome, events=(*release.events, last)
    )
    async with running_console(with_releases(shop(), ended)) as console:
        await console.press("r")
        assert console.line_of(f"│ {outcome}  ")
        assert "✖ 2 canary 5 %" in console.text


async def test_a_failure_is_told_before_what_is_under_way() -> None:
    outcome = "the previous split serves again"
    failed = replace(under_way(name="r-3", key=BILLING), state=ReleaseState.ROLLED_BACK, outcome=outcome)
    async with running_console(
        with_releases(shop(), under_way(), replace(failed, ended_at=ago()), r_9=sample_progress())
    ) as console:
        assert outcome in console.lines[-2]
        await console.wait(61)
        assert "2/5 canary 5 %" in console.lines[-2]


async def test_steps_that_a_promotion_passed_over_are_marked() -> None:
    release = under_way()
    last = release.events[-1]
    assert last.progress is not None
    jumped = replace(last, sentence="writing canary 100 %", progress=replace(last.progress, step=4))
    state = with_releases(shop(), replace(release, events=(*release.events, jumped)), r_9=sample_progress(5))
    async with running_console(state) as console:
        await console.press("r")
        assert "skipped" in console.line_of("- 3 canary 25 %")
        assert "✓ 2 canary 5 %" in console.text
        assert "◔ 5 canary 100 %" in console.text


def _told(name: str, state: str, kind: str = "deploy", **minutes: float) -> TeamRelease:
    began, told = ago(minutes=minutes["began"]), ago(minutes=minutes["told"])
    before, after = (Target("billing-00011", 100),), (Target("billing-00012", 100),)
    return TeamRelease(name, BILLING, kind, state, "eva@shop", began, told, None, before, after, "")


async def test_releases_of_others_are_listed_with_what_they_told() -> None:
    team = (_told("r-9", "running", began=3, told=3), _told("e-1", "running", began=90, told=80))
    newer = replace(_told("e-2", "parked", "shuffle", began=600, told=600), ended_at=ago(minutes=590), outcome="done")
    state = replace(with_releases(shop(), under_way(), _ended(), r_9=sample_progress()), team=(*team, newer))
    async with running_console(state) as console:
        await console.press("r")
        assert "Releases · 2 under way" in console.text
        assert "eva@shop" in console.line_of("▶ running       billing            deploy")
        assert "eva@shop" in console.line_of("? parked        billing            shuffle")
        await console.press("j")
        assert "00011 100 % → 00012 100 %" in console.text
        assert "reported 1h ago by the console of eva@shop; control it from there" in console.text
        assert "that console may be gone" in console.text
        await console.press("A", "c")
        assert console.session.commanded == []
        await console.press("G")
        assert "reported 10h ago" in console.text
        assert "may be gone" not in console.text
