"""A release in steps in trouble: what it puts back, what it waits for, and when it leaves everything as it is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cfconsole.domain.release_steps import Answer, GuardPolicy, Phase, Policy, ProbePolicy, Strategy
from cfconsole.domain.releases import ReleaseState, Verdict
from cfconsole.domain.rollout import answered, begin, next_step
from cfconsole.domain.rollout_restore import plan_restore
from cfconsole.domain.rollout_values import End, Hold, Probe, Wish, WriteKind, Writing
from cfconsole.domain.services import Condition
from cfconsole.domain.traffic import Target
from tests.builders import NOW, full, pinned_service, plan, revision, service, share, target
from tests.domain.rollouts import NEW, QUICK, Cloud, baking, deployed, ended, kind_of, verdict

OLD = full("00042")


def test_a_broken_canary_is_put_back_at_the_first_step_and_kept_with_a_tag() -> None:
    cloud = Cloud()
    cloud.verdict = Verdict.UNHEALTHY
    outcome = ended(cloud, deployed(), ReleaseState.ROLLED_BACK)
    assert outcome == (
        "canary 5 %: unhealthy: as was read; what served before serves again; 00043 keeps the tag canary and no traffic"
    )
    assert len(cloud.writes) == 3
    assert cloud.writes[-1].kind is WriteKind.RESTORE
    assert cloud.writes[-1].targets == (target("00042", 100), Target(NEW, 0, "canary"))
    assert cloud.split == {OLD: 100}


def test_a_revision_that_never_becomes_ready_gets_neither_traffic_nor_a_tag() -> None:
    cloud = Cloud()
    cloud.ready = False
    outcome = ended(cloud, deployed(), ReleaseState.ROLLED_BACK)
    assert outcome.startswith("00043 never became Ready: the container did not start; what served before")
    assert cloud.tags == set()
    assert len(cloud.writes) == 1, "what served before is asked for already"
    once = Cloud()
    once.ready = False
    ended(once, deployed(strategy=Strategy.ALL_AT_ONCE), ReleaseState.ROLLED_BACK)
    assert once.writes[-1].targets == (target("00042", 100),), "LATEST would be the broken one once it is Ready"


def test_readiness_that_does_not_come_has_an_end() -> None:
    cloud = Cloud()
    rollout = cloud.until(deployed(), 1)
    cloud.revisions = (revision("00043", ready=False, condition=Condition("pending")), *cloud.revisions[1:])
    assert "did not become Ready in time" in ended(cloud, rollout, ReleaseState.ROLLED_BACK)


def test_a_split_that_never_serves_is_put_back_and_a_restore_that_never_serves_is_reported() -> None:
    cloud = Cloud()
    rollout = cloud.until(deployed(), 1)
    cloud.settles = False
    outcome = ended(cloud, rollout, ReleaseState.ROLLED_BACK)
    assert "does not serve what was written in time" in outcome
    stuck = Cloud()
    rollout = stuck.until(deployed(), 2)
    stuck.verdict = Verdict.UNHEALTHY
    stuck.settles = False
    assert "does not serve yet" in ended(stuck, rollout, ReleaseState.UNKNOWN)


def test_a_revision_that_fails_later_is_put_back() -> None:
    cloud, rollout = baking()
    assert rollout.progress.phase is Phase.BAKE
    cloud.revisions = (revision("00043", ready=False, condition=Condition("failed", "Reason")), *cloud.revisions[1:])
    assert "00043 is not Ready any more: Reason" in ended(cloud, rollout, ReleaseState.ROLLED_BACK)


def test_an_operation_that_fails_is_put_back() -> None:
    cloud = Cloud()
    cloud.settles = False
    rollout = cloud.until(deployed(strategy=Strategy.ALL_AT_ONCE), 1)
    cloud.revisions = cloud.revisions[1:]
    seen = cloud.see(rollout)._replace(operation_error="the quota of CPU is used up")
    found = next_step(rollout, seen, cloud.now)
    assert isinstance(found, Writing)
    assert found.kind is WriteKind.RESTORE
    assert "all at once failed: the quota of CPU is used up" in found.sentence


def test_an_operation_that_failed_without_a_change_has_changed_nothing() -> None:
    cloud = Cloud()
    cloud.lands = lambda decision: False
    rollout = cloud.until(deployed(), 1)
    seen = cloud.see(rollout)._replace(operation_error="no such image")
    found = next_step(rollout, seen, cloud.now)
    assert isinstance(found, End)
    assert found.state is ReleaseState.FAILED
    assert found.outcome == "nothing was changed: create without traffic could not be written: no such image"


@pytest.mark.parametrize("writes", [0, 1, 2, 3])
def test_somebody_elses_change_ends_it_without_a_write(writes: int) -> None:
    cloud = Cloud()
    rollout = cloud.step(cloud.until(deployed(), writes)).rollout if writes else begin(deployed(), NOW)
    before = len(cloud.writes)
    cloud.apply((target("00040", 100),), creates=True)
    outcome = ended(cloud, rollout, ReleaseState.SUPERSEDED)
    assert outcome == (
        "orders-api was changed by ci@shop.example while the release was under way; nothing more was written"
    )
    assert len(cloud.writes) == before
    assert cloud.split == {full("00040"): 100}


def test_a_change_of_the_same_traffic_is_somebody_elses_too() -> None:
    cloud, rollout = baking()
    cloud.apply(cloud.service.desired)
    cloud.service = cloud.service._replace(updated_by="")
    assert "was changed while" in ended(cloud, rollout, ReleaseState.SUPERSEDED)


def test_a_conflict_is_decided_anew_from_a_fresh_read_and_not_for_ever() -> None:
    cloud = Cloud()
    conflicts = iter([Answer.CONFLICT, Answer.CONFLICT])
    cloud.answer = lambda decision: next(conflicts, Answer.ACCEPTED)
    ended(cloud, deployed(), ReleaseState.SUCCEEDED)
    assert len(cloud.writes) == 6
    busy = Cloud()
    busy.answer = lambda decision: Answer.CONFLICT
    assert "nothing was changed" in ended(busy, deployed(), ReleaseState.FAILED)
    assert len(busy.writes) == 3


def test_a_conflict_with_a_new_generation_is_superseded_even_if_it_looks_like_ours() -> None:
    cloud = Cloud()
    rollout = cloud.step(begin(deployed(), NOW)).rollout
    assert rollout.progress.write
    conflict = answered(rollout, Answer.CONFLICT)
    assert isinstance(found := next_step(conflict, cloud.see(conflict), cloud.now), End)
    assert found.state is ReleaseState.SUPERSEDED


@pytest.mark.parametrize("answer", [Answer.UNKNOWN, Answer.NONE])
@pytest.mark.parametrize("write", [0, 1, 3])
def test_a_write_without_an_answer_that_was_applied_goes_on(answer: Answer, write: int) -> None:
    cloud = Cloud()
    cloud.answer = lambda decision: answer if len(cloud.writes) == write else Answer.ACCEPTED
    ended(cloud, deployed(), ReleaseState.SUCCEEDED)
    assert len(cloud.writes) == 4


@pytest.mark.parametrize("answer", [Answer.UNKNOWN, Answer.NONE])
def test_a_write_without_an_answer_that_was_not_applied_is_sent_again_only_after_reading_back(answer: Answer) -> None:
    cloud = Cloud()
    cloud.answer = lambda decision: answer if len(cloud.writes) == 1 else Answer.ACCEPTED
    cloud.lands = lambda decision: len(cloud.writes) != 2
    ended(cloud, deployed(), ReleaseState.SUCCEEDED)
    assert len(cloud.writes) == 5
    waits = [one for one in cloud.decisions if isinstance(one, Hold) and "reading back" in one.sentence]
    assert len(waits) >= 7, "15 seconds at 2 a turn"


def test_a_revision_of_somebody_else_is_not_taken_for_ours() -> None:
    cloud = Cloud(pinned_service())
    cloud.answer = lambda decision: Answer.UNKNOWN
    cloud.lands = lambda decision: False
    rollout = cloud.until(deployed(cloud.service), 1)
    cloud.apply(cloud.service.desired)
    cloud.create(image="us-docker.pkg.dev/shop/api/orders:theirs")
    ended(cloud, rollout, ReleaseState.SUPERSEDED)


def test_a_write_whose_outcome_never_shows_ends_unknown() -> None:
    cloud = Cloud()
    cloud.answer = lambda decision: Answer.UNKNOWN
    cloud.lands = lambda decision: False
    rollout = cloud.until(deployed(), 1)
    cloud.apply((target("00042", 100),))
    assert "the outcome of a write is unknown: no luck" in ended(cloud, rollout, ReleaseState.UNKNOWN)
    silent = Cloud()
    silent.lands = lambda decision: False
    assert "does not show it" in ended(silent, deployed(), ReleaseState.UNKNOWN)


def test_a_refused_write_restores_and_a_refused_restore_is_said_plainly() -> None:
    cloud = Cloud()
    cloud.answer = lambda decision: Answer.REFUSED if decision.kind is WriteKind.PROMOTE else Answer.ACCEPTED
    outcome = ended(cloud, deployed(), ReleaseState.ROLLED_BACK)
    assert "canary 100 % could not be written: no luck" in outcome
    assert cloud.split == {OLD: 100}
    lost = Cloud()
    lost.answer = lambda decision: Answer.REFUSED if len(lost.writes) > 1 else Answer.ACCEPTED
    outcome = ended(lost, deployed(), ReleaseState.UNKNOWN)
    assert "what served before could not be put back: no luck Roll back by hand" in outcome


def test_without_a_verdict_a_step_waits_while_watched_and_is_put_back_unattended() -> None:
    cloud = Cloud()
    cloud.verdict = Verdict.INCONCLUSIVE
    assert "no verdict after 30 min" in ended(cloud, deployed(), ReleaseState.ROLLED_BACK)
    assert cloud.split == {OLD: 100}
    watched = Cloud()
    watched.verdict, watched.attended = None, True
    rollout = watched.until(deployed(), 2)
    for _ in range(1000):
        rollout = (held := watched.step(rollout)).rollout
    assert isinstance(held, Hold)
    assert held.asks
    assert len(watched.writes) == 2
    watched.wish = Wish.GO_ON
    assert kind_of(watched.step(rollout)) is WriteKind.STEP


def test_a_clock_that_jumps_begins_the_bake_anew() -> None:
    cloud, rollout = baking()
    for _ in range(20):
        rollout = cloud.step(rollout).rollout
    assert rollout.progress.baked_s == 40
    for jump in (timedelta(hours=3), timedelta(hours=-2)):
        cloud.now += jump
        rollout = cloud.step(rollout).rollout
        assert (rollout.progress.baked_s, rollout.progress.effective_at) == (0, cloud.now)
        rollout = cloud.step(rollout).rollout
        assert rollout.progress.baked_s == 2


def test_a_clock_that_jumps_for_ever_comes_to_an_end() -> None:
    cloud, rollout = baking()
    end = cloud.run(rollout, turns=300, seconds=40)
    assert end.state is ReleaseState.ROLLED_BACK


def test_the_jump_counts_from_the_next_read_that_succeeds() -> None:
    cloud, rollout = baking()
    cloud.readable = False
    rollout = cloud.step(rollout, 2).rollout
    rollout = cloud.step(rollout, 60).rollout
    assert rollout.progress.effective_at is None
    cloud.readable = True
    rollout = cloud.step(rollout).rollout
    assert (rollout.progress.effective_at, rollout.progress.baked_s) == (cloud.now, 0)


def test_a_service_that_cannot_be_read_is_not_written() -> None:
    cloud, rollout = baking()
    cloud.readable, cloud.verdict, cloud.wish = False, Verdict.UNHEALTHY, Wish.ABORT
    held = cloud.step(rollout)
    assert isinstance(held, Hold)
    assert "nothing is written until it can be read again" in held.sentence
    assert "traffic stays as the last step left it" in ended(cloud, rollout, ReleaseState.UNKNOWN)
    assert len(cloud.writes) == 2


def test_an_answer_from_the_past_is_no_change() -> None:
    cloud = Cloud()
    before = cloud.service
    rollout = cloud.step(cloud.until(deployed(), 2)).rollout
    now, cloud.service = cloud.service, before
    assert isinstance(cloud.step(rollout), Hold)
    cloud.service = now
    ended(cloud, rollout, ReleaseState.SUCCEEDED)


def test_old_evidence_does_not_count() -> None:
    cloud, rollout = baking()
    seen = cloud.see(rollout)._replace(judgement=verdict(Verdict.UNHEALTHY, NOW - timedelta(minutes=5)))
    assert isinstance(next_step(rollout, seen, cloud.now), Hold)


def test_a_restore_in_the_way_of_another_write_is_tried_again_and_waited_for() -> None:
    cloud = Cloud()
    rollout = cloud.until(deployed(), 2)
    cloud.verdict = Verdict.UNHEALTHY
    conflicts = iter([Answer.CONFLICT])
    cloud.answer = lambda decision: next(conflicts, Answer.ACCEPTED)
    ended(cloud, rollout, ReleaseState.ROLLED_BACK)
    assert [write.kind for write in cloud.writes[2:]] == [WriteKind.RESTORE] * 2
    slow = Cloud()
    slow.ready = False
    rollout = slow.until(deployed(), 1)
    slow.service = slow.service._replace(effective=(share("00041", 100),))
    for _ in range(3):
        held = slow.step(rollout)
        rollout = held.rollout
        assert isinstance(held, Hold)
    assert rollout.progress.phase is Phase.RESTORE
    slow.settle()
    ended(slow, rollout, ReleaseState.ROLLED_BACK)


def test_another_split_of_the_same_generation_is_not_ours() -> None:
    cloud = Cloud()
    cloud.lands = lambda decision: False
    rollout = cloud.until(deployed(), 1)
    cloud.service = cloud.service._replace(desired=(target("00040", 100),))
    ended(cloud, rollout, ReleaseState.SUPERSEDED)


def test_a_write_on_top_of_ours_is_somebody_elses_even_if_the_split_is_the_same() -> None:
    cloud = Cloud()
    rollout = cloud.until(deployed(), 2)
    cloud.apply(cloud.service.desired)
    ended(cloud, rollout, ReleaseState.SUPERSEDED)


def test_a_change_while_a_split_settles_is_somebody_elses() -> None:
    cloud = Cloud()
    cloud.settles = False
    rollout = cloud.step(cloud.until(deployed(strategy=Strategy.ALL_AT_ONCE), 1)).rollout
    assert rollout.progress.phase is Phase.SETTLE
    cloud.apply((target("00040", 100),))
    ended(cloud, rollout, ReleaseState.SUPERSEDED)


def test_a_probe_that_fails_every_time_puts_back_what_served() -> None:
    cloud = Cloud()
    cloud.probe_verdict = Verdict.UNHEALTHY
    assert "8 probes did not pass: /health: unhealthy" in ended(
        cloud, deployed(strategy=Strategy.BLUE_GREEN), ReleaseState.ROLLED_BACK
    )
    assert all(line.revision != NEW for write in cloud.writes for line in write.targets if line.percent)


def test_a_health_endpoint_that_flaps_is_not_well() -> None:
    cloud = Cloud()
    rollout = begin(deployed(strategy=Strategy.BLUE_GREEN), NOW)
    for turn in range(200):
        cloud.probe_verdict = Verdict.HEALTHY if turn % 2 else Verdict.UNHEALTHY
        decision = cloud.step(rollout)
        if isinstance(decision, End):
            break
        rollout = decision.rollout
    assert isinstance(decision, End)
    assert decision.state is ReleaseState.ROLLED_BACK


def test_an_inconclusive_probe_asks_whoever_watches() -> None:
    cloud = Cloud()
    cloud.probe_verdict = Verdict.INCONCLUSIVE
    cloud.attended = True
    rollout = begin(deployed(strategy=Strategy.BLUE_GREEN), NOW)
    for _ in range(60):
        rollout = (held := cloud.step(rollout)).rollout
    assert isinstance(held, Hold)
    assert held.asks
    asked = cloud.see(rollout)._replace(wish=Wish.GO_ON)
    assert kind_of(next_step(rollout, asked, cloud.now)) is WriteKind.PROMOTE
    cloud.attended = False
    ended(cloud, rollout, ReleaseState.ROLLED_BACK)


def test_a_clock_set_back_keeps_no_probe_waiting() -> None:
    slow = Policy(probe=ProbePolicy(min_ready_s=30))
    cloud = Cloud()
    rollout = cloud.step(cloud.until(deployed(strategy=Strategy.BLUE_GREEN, policy=slow), 2)).rollout
    cloud.now -= timedelta(hours=1)
    assert isinstance(cloud.step(rollout), Probe)


def test_a_single_write_is_not_put_back_unless_an_operator_asks() -> None:
    cloud = Cloud()
    cloud.settles = False
    rollout = cloud.until(plan(), 1)
    assert ended(cloud, rollout, ReleaseState.FAILED) == (
        "it does not serve what was written in time; nothing was put back, so look at what serves"
    )
    assert len(cloud.writes) == 1, "what served before a rollback is the bad revision"
    aborted = Cloud()
    rollout = aborted.until(plan(), 1)
    aborted.wish = Wish.ABORT
    ended(aborted, rollout, ReleaseState.ABORTED)
    assert aborted.split == {OLD: 100}


def test_nothing_served_before_so_nothing_is_put_back() -> None:
    cloud = Cloud(service(effective=(), desired=(), latest_ready="", generation=1))
    cloud.ready = False
    outcome = ended(cloud, deployed(cloud.service, strategy=Strategy.ALL_AT_ONCE), ReleaseState.FAILED)
    assert "nothing served before, so there is nothing to put back" in outcome


def test_a_restore_leaves_out_a_revision_that_is_no_longer_ready() -> None:
    of = plan(undo=(target("00042", 30), target("00041", 20), target("00040", 50), target("00042", 0, "x")))
    gone = revision("00042", ready=False)
    assert plan_restore(of, gone) == (target("00041", 29), target("00040", 71))
    assert plan_restore(of, revision("00042")) == of.undo
    assert plan_restore(of, None) == of.undo
    assert plan_restore(plan(undo=(target("00042", 100),)), gone) == ()


def test_a_bake_without_a_word_from_the_guards_waits() -> None:
    cloud = Cloud()
    cloud.verdict = None
    hasty = Policy(GuardPolicy(max_wait_s=100), QUICK.probe)
    outcome = ended(cloud, deployed(policy=hasty), ReleaseState.ROLLED_BACK)
    assert "no verdict after 1 min 40 s: nothing was counted yet" in outcome


def test_a_release_that_cannot_be_read_waits_as_long_as_somebody_watches_it() -> None:
    cloud, rollout = baking()
    cloud.readable, cloud.attended = False, True
    for _ in range(1200):
        held = cloud.step(rollout)
        assert isinstance(held, Hold)
        rollout = held.rollout
    assert rollout.progress.unread_s == 2400 > rollout.policy.guard.max_wait_s
    cloud.attended = False
    end = cloud.step(rollout)
    assert isinstance(end, End)
    assert end.state is ReleaseState.UNKNOWN


def test_an_answer_from_just_before_the_last_write_is_no_change() -> None:
    cloud, rollout = baking()
    now, before = cloud.service, cloud.service._replace(generation=cloud.service.generation - 1)
    cloud.service = before._replace(desired=(target("00042", 100),))
    held = cloud.step(rollout)
    assert isinstance(held, Hold)
    cloud.service = now
    ended(cloud, held.rollout, ReleaseState.SUCCEEDED)


def test_a_revision_that_the_api_has_not_named_yet_is_waited_for() -> None:
    cloud = Cloud()
    rollout = cloud.until(deployed(), 1)
    named, made = cloud.service, cloud.revisions
    cloud.service, cloud.revisions = named._replace(latest_created=OLD, latest_ready=OLD), made[1:]
    held = cloud.step(rollout)
    assert isinstance(held, Hold)
    assert held.rollout.progress.candidate == "", "the revision that served before is not the new one"
    cloud.service, cloud.revisions = named, made
    ended(cloud, held.rollout, ReleaseState.SUCCEEDED)


def test_a_bake_that_outlasts_the_longest_wait_says_how_long_it_was_watched() -> None:
    cloud = Cloud()
    cloud.verdict = Verdict.INCONCLUSIVE
    hasty = Policy(GuardPolicy(max_wait_s=60), QUICK.probe)
    outcome = ended(cloud, deployed(policy=hasty, bake_s=300), ReleaseState.ROLLED_BACK)
    assert "canary 5 %: no verdict after 5 min: " in outcome
