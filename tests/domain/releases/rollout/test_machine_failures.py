"""Failures of a release in steps: what it restores, what it waits for, and when it leaves everything as it is."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from cfconsole.domain.fleet.services import Condition
from cfconsole.domain.fleet.traffic import Target
from cfconsole.domain.releases.model import ReleaseState, Verdict
from cfconsole.domain.releases.rollout.machine import new_rollout, next_decision
from cfconsole.domain.releases.rollout.restore import restore_targets
from cfconsole.domain.releases.rollout.values import Command, Finish, SendProbe, SendWrite, Wait, WriteKind
from cfconsole.domain.releases.steps import Answer, GuardPolicy, Phase, Policy, ProbePolicy, Strategy
from cfconsole.domain.releases.writes import WRITE_TRIES
from tests.builders import NOW, full, plan, revision, service, share, target
from tests.domain.releases.rollout.rollouts import NEW, QUICK, Cloud, baking, deployed, ended, kind_of, verdict

OLD = full("00042")


def test_a_broken_canary_is_put_back_at_the_first_step_and_kept_with_a_tag() -> None:
    cloud = Cloud()
    cloud.verdict = Verdict.UNHEALTHY
    outcome = ended(cloud, deployed(), ReleaseState.ROLLED_BACK)
    assert outcome == (
        "canary 5 %: unhealthy: as was read; the previous split serves again; "
        "00043 keeps the tag canary without traffic"
    )
    assert len(cloud.writes) == 3
    assert cloud.writes[-1].kind is WriteKind.RESTORE
    assert cloud.writes[-1].targets == (target("00042", 100), Target(NEW, 0, "canary"))
    assert cloud.split == {OLD: 100}


def test_a_revision_that_never_becomes_ready_gets_neither_traffic_nor_a_tag() -> None:
    cloud = Cloud()
    cloud.ready = False
    outcome = ended(cloud, deployed(), ReleaseState.ROLLED_BACK)
    assert outcome.startswith("00043 never became Ready: the container did not start; the previous split")
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
    assert "00043 is no longer Ready: Reason" in ended(cloud, rollout, ReleaseState.ROLLED_BACK)


def test_an_operation_that_fails_is_put_back() -> None:
    cloud = Cloud()
    cloud.settles = False
    rollout = cloud.until(deployed(strategy=Strategy.ALL_AT_ONCE), 1)
    cloud.revisions = cloud.revisions[1:]
    seen = replace(cloud.see(rollout), operation_error="the quota of CPU is used up")
    found = next_decision(rollout, seen, cloud.now)
    assert isinstance(found, SendWrite)
    assert found.kind is WriteKind.RESTORE
    assert "all at once failed: the quota of CPU is used up" in found.sentence


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
    assert isinstance(held, Wait)
    assert held.asks
    assert len(watched.writes) == 2
    watched.command = Command.CONTINUE
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


def test_old_evidence_does_not_count() -> None:
    cloud, rollout = baking()
    seen = replace(cloud.see(rollout), judgement=verdict(Verdict.UNHEALTHY, NOW - timedelta(minutes=5)))
    assert isinstance(next_decision(rollout, seen, cloud.now), Wait)


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
    slow.service = replace(slow.service, effective=(share("00041", 100),))
    for _ in range(3):
        held = slow.step(rollout)
        rollout = held.rollout
        assert isinstance(held, Wait)
    assert rollout.progress.phase is Phase.RESTORE
    slow.settle()
    ended(slow, rollout, ReleaseState.ROLLED_BACK)


def test_a_probe_that_fails_every_time_puts_back_what_served() -> None:
    cloud = Cloud()
    cloud.probe_verdict = Verdict.UNHEALTHY
    assert "8 probes did not pass: /health: unhealthy" in ended(
        cloud, deployed(strategy=Strategy.BLUE_GREEN), ReleaseState.ROLLED_BACK
    )
    assert all(line.revision != NEW for write in cloud.writes for line in write.targets if line.percent)


def test_a_health_endpoint_that_flaps_is_not_well() -> None:
    cloud = Cloud()
    rollout = new_rollout(deployed(strategy=Strategy.BLUE_GREEN), NOW)
    for turn in range(200):
        cloud.probe_verdict = Verdict.HEALTHY if turn % 2 else Verdict.UNHEALTHY
        decision = cloud.step(rollout)
        if isinstance(decision, Finish):
            break
        rollout = decision.rollout
    assert isinstance(decision, Finish)
    assert decision.state is ReleaseState.ROLLED_BACK


def test_an_inconclusive_probe_asks_whoever_watches() -> None:
    cloud = Cloud()
    cloud.probe_verdict = Verdict.INCONCLUSIVE
    cloud.attended = True
    rollout = new_rollout(deployed(strategy=Strategy.BLUE_GREEN), NOW)
    for _ in range(60):
        rollout = (held := cloud.step(rollout)).rollout
    assert isinstance(held, Wait)
    assert held.asks
    asked = replace(cloud.see(rollout), command=Command.CONTINUE)
    assert kind_of(next_decision(rollout, asked, cloud.now)) is WriteKind.PROMOTE
    cloud.attended = False
    ended(cloud, rollout, ReleaseState.ROLLED_BACK)


def test_a_clock_set_back_keeps_no_probe_waiting() -> None:
    slow = Policy(probe=ProbePolicy(min_ready_s=30))
    cloud = Cloud()
    rollout = cloud.step(cloud.until(deployed(strategy=Strategy.BLUE_GREEN, policy=slow), 2)).rollout
    cloud.now -= timedelta(hours=1)
    assert isinstance(cloud.step(rollout), SendProbe)


def test_a_single_write_is_not_put_back_unless_an_operator_asks() -> None:
    cloud = Cloud()
    cloud.settles = False
    rollout = cloud.until(plan(), 1)
    assert ended(cloud, rollout, ReleaseState.FAILED) == (
        "it does not serve what was written in time; nothing was restored, so check what serves"
    )
    assert len(cloud.writes) == 1, "what served before a rollback is the bad revision"
    aborted = Cloud()
    rollout = aborted.until(plan(), 1)
    aborted.command = Command.ABORT
    ended(aborted, rollout, ReleaseState.ABORTED)
    assert aborted.split == {OLD: 100}


def test_nothing_served_before_so_nothing_is_put_back() -> None:
    cloud = Cloud(service(effective=(), desired=(), latest_ready="", generation=1))
    cloud.ready = False
    outcome = ended(cloud, deployed(cloud.service, strategy=Strategy.ALL_AT_ONCE), ReleaseState.FAILED)
    assert "nothing served before, so there is nothing to restore" in outcome


def test_a_restore_leaves_out_a_revision_that_is_no_longer_ready() -> None:
    of = plan(undo=(target("00042", 30), target("00041", 20), target("00040", 50), target("00042", 0, "x")))
    gone = revision("00042", ready=False)
    assert restore_targets(of, gone) == (target("00041", 29), target("00040", 71))
    assert restore_targets(of, revision("00042")) == of.undo
    assert restore_targets(of, None) == of.undo
    assert restore_targets(plan(undo=(target("00042", 100),)), gone) == ()


def test_a_bake_without_a_word_from_the_guards_waits() -> None:
    cloud = Cloud()
    cloud.verdict = None
    hasty = Policy(GuardPolicy(max_wait_s=100), QUICK.probe)
    outcome = ended(cloud, deployed(policy=hasty), ReleaseState.ROLLED_BACK)
    assert "no verdict after 1 min 40 s: no requests counted yet" in outcome


def test_a_bake_that_outlasts_the_longest_wait_says_how_long_it_was_watched() -> None:
    cloud = Cloud()
    cloud.verdict = Verdict.INCONCLUSIVE
    hasty = Policy(GuardPolicy(max_wait_s=60), QUICK.probe)
    outcome = ended(cloud, deployed(policy=hasty, bake_s=300), ReleaseState.ROLLED_BACK)
    assert "canary 5 %: no verdict after 5 min: " in outcome


def test_a_restore_is_tried_as_often_as_any_other_write() -> None:
    cloud = Cloud()
    rollout = cloud.until(deployed(), 2)
    cloud.verdict = Verdict.UNHEALTHY
    cloud.answer = lambda decision: Answer.CONFLICT
    outcome = ended(cloud, rollout, ReleaseState.UNKNOWN)
    assert "the previous split could not be restored: no luck" in outcome
    assert [write.kind for write in cloud.writes[2:]] == [WriteKind.RESTORE] * WRITE_TRIES
