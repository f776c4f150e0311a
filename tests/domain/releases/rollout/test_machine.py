"""A release in steps: what it writes, what it waits for, and how it ends, where all goes well or an operator steers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from cfconsole.domain.fleet.traffic import CANDIDATE, LATEST, Target
from cfconsole.domain.releases.model import Plan, ReleaseState, Verdict
from cfconsole.domain.releases.planning.deploy import plan_rollout
from cfconsole.domain.releases.planning.facts import PlanFacts
from cfconsole.domain.releases.rollout.machine import (
    is_milestone,
    new_rollout,
    next_decision,
    release_state,
    with_answer,
)
from cfconsole.domain.releases.rollout.values import Command, Observation, SendProbe, SendWrite, Wait, WriteKind
from cfconsole.domain.releases.steps import Answer, OnDisconnect, Policy, ProbePolicy, Strategy
from tests.builders import NOW, full, pinned_service, plan, service, share, target
from tests.domain.releases.rollout.rollouts import NEW, QUICK, Cloud, baking, deploy_options, deployed, ended, verdict

OLD = full("00042")


def test_a_canary_goes_up_step_by_step_and_ends_on_latest_as_it_began() -> None:
    cloud = Cloud()
    outcome = ended(cloud, deployed(), ReleaseState.SUCCEEDED)
    assert [(write.kind, write.mask, write.targets) for write in cloud.writes] == [
        (WriteKind.STEP, ("template", "traffic"), (target("00042", 100),)),
        (WriteKind.STEP, ("traffic",), (Target(NEW, 5), target("00042", 95))),
        (WriteKind.STEP, ("traffic",), (Target(NEW, 50), target("00042", 50))),
        (WriteKind.PROMOTE, ("traffic",), (Target(LATEST, 100),)),
    ]
    assert [write.change is not None for write in cloud.writes] == [True, False, False, False]
    assert "00043 serves all traffic; canary 100 %: healthy" in outcome
    assert "PINNED" not in outcome


def test_blue_green_probes_the_url_of_its_tag_before_any_traffic() -> None:
    cloud = Cloud()
    ended(cloud, deployed(strategy=Strategy.BLUE_GREEN), ReleaseState.SUCCEEDED)
    assert [write.targets for write in cloud.writes] == [
        (target("00042", 100),),
        (target("00042", 100), Target(NEW, 0, "green")),
        (Target(LATEST, 100),),
    ]
    probes = [decision for decision in cloud.decisions if isinstance(decision, SendProbe)]
    assert [(one.number, one.url) for one in probes] == [(1, "https://green---x"), (2, "https://green---x")]
    assert cloud.tags == set()


def test_all_at_once_is_one_write_where_latest_serves_and_two_where_it_is_pinned() -> None:
    cloud = Cloud()
    ended(cloud, deployed(strategy=Strategy.ALL_AT_ONCE), ReleaseState.SUCCEEDED)
    assert [write.targets for write in cloud.writes] == [(Target(LATEST, 100),)]
    pinned = Cloud(pinned_service())
    ended(pinned, deployed(pinned.service, strategy=Strategy.ALL_AT_ONCE), ReleaseState.SUCCEEDED)
    assert [write.targets for write in pinned.writes] == [(target("00041", 100),), (Target(NEW, 100),)]


def test_without_a_bake_it_takes_one_look_a_step() -> None:
    cloud = Cloud()
    cloud.verdict = None
    ended(cloud, deployed(strategy=Strategy.BLUE_GREEN, bake_s=0), ReleaseState.SUCCEEDED)
    assert not any(isinstance(decision, Wait) and decision.poll_after_s for decision in cloud.decisions)


def test_a_write_is_looked_at_soon_and_then_less_often() -> None:
    cloud = Cloud()
    cloud.settles = False
    rollout = cloud.step(cloud.until(deployed(strategy=Strategy.ALL_AT_ONCE), 1)).rollout
    looks = []
    for _ in range(4):
        held = cloud.step(rollout)
        assert isinstance(held, Wait)
        looks.append(held.poll_after_s)
        rollout = held.rollout
    assert looks == [0.25, 0.25, 1.0, 1.0]


def test_it_says_pinned_if_latest_would_be_another_revision() -> None:
    cloud = Cloud()
    rollout = cloud.until(deployed(), 3)
    cloud.service = replace(cloud.service, latest_created=full("00044"))
    assert "PINNED" in ended(cloud, rollout, ReleaseState.SUCCEEDED)
    assert cloud.writes[-1].targets == (Target(NEW, 100),)


def test_the_fresh_etag_is_used_where_only_the_etag_moved() -> None:
    cloud, rollout = baking()
    cloud.touch()
    ended(cloud, rollout, ReleaseState.SUCCEEDED)
    assert len(cloud.writes) == 4


def test_an_operator_promotes_early() -> None:
    cloud, rollout = baking()
    cloud.command = Command.PROMOTE
    promoted = cloud.step(rollout)
    assert isinstance(promoted, SendWrite)
    assert promoted.kind is WriteKind.PROMOTE
    assert promoted.targets == (Target(LATEST, 100),)
    assert ended(cloud, promoted.rollout, ReleaseState.SUCCEEDED)


@pytest.mark.parametrize("writes", [1, 2, 3, 4])
def test_an_operator_aborts_at_any_step(writes: int) -> None:
    cloud = Cloud()
    rollout = cloud.until(deployed(), writes)
    cloud.command = Command.ABORT
    assert "aborted by the operator; the previous split serves again" in ended(cloud, rollout, ReleaseState.ABORTED)
    assert cloud.split == {OLD: 100}


def test_an_abort_before_the_first_write_changes_nothing() -> None:
    cloud = Cloud()
    cloud.command = Command.ABORT
    assert ended(cloud, deployed(), ReleaseState.ABORTED) == "nothing was changed: aborted by the operator"
    assert cloud.writes == []


def test_monitoring_alone_needs_a_longer_bake() -> None:
    cloud, rollout = baking()
    for _ in range(40):
        since = rollout.progress.effective_at or NOW
        late = replace(cloud.see(rollout), judgement=verdict(Verdict.HEALTHY, since, shortest_bake_s=360))
        cloud.now += timedelta(seconds=2)
        held = next_decision(rollout, late, cloud.now)
        assert isinstance(held, Wait)
        rollout = held.rollout
        left_s = held.left_s
    assert left_s == 360 - 80


def test_an_unattended_release_continues_waits_or_is_put_back_as_configured() -> None:
    held = Cloud()
    rollout = new_rollout(deployed(policy=replace(QUICK, on_disconnect=OnDisconnect.HOLD)), NOW)
    for _ in range(60):
        rollout = (decision := held.step(rollout)).rollout
    assert isinstance(decision, Wait)
    assert "create without traffic is done; waiting until somebody watches" in decision.sentence
    assert len(held.writes) == 1
    held.attended = True
    assert ended(held, rollout, ReleaseState.SUCCEEDED)
    left = Cloud()
    left.attended = True
    rollout = left.step(left.until(deployed(policy=replace(QUICK, on_disconnect=OnDisconnect.RESTORE)), 2)).rollout
    left.attended = False
    assert "nobody is watching any more" in ended(left, rollout, ReleaseState.ABORTED)
    assert left.split == {OLD: 100}


def test_probes_wait_until_the_revision_is_ready_for_a_while_and_longer_after_failures() -> None:
    slow = Policy(probe=ProbePolicy(min_ready_s=30, attempts=3, pause_s=10))
    cloud = Cloud()
    cloud.probe_verdict = Verdict.UNHEALTHY
    begun = cloud.now
    ended(cloud, deployed(strategy=Strategy.BLUE_GREEN, policy=slow), ReleaseState.ROLLED_BACK)
    waits = [one.left_s for one in cloud.decisions if isinstance(one, Wait) and "next probe" in one.sentence]
    assert waits[0] > 20
    assert {10, 20} <= set(waits)
    assert cloud.now - begun > timedelta(seconds=60)


def test_a_revision_that_exists_is_brought_in_without_making_another() -> None:
    of = pinned_service()
    made = plan_rollout(PlanFacts(of, Cloud().revisions), full("00042"), deploy_options(steps=(10, 100)))
    assert isinstance(made, Plan)
    cloud = Cloud(of)
    assert "00042 serves all traffic" in ended(cloud, made, ReleaseState.SUCCEEDED)
    assert [write.targets for write in cloud.writes] == [
        (target("00042", 10), target("00041", 90)),
        (target("00042", 100),),
    ]


def test_bringing_in_a_revision_that_has_the_first_share_already_writes_nothing_for_it() -> None:
    of = service(desired=(target("00042", 90), target("00041", 10)), effective=(share("00042", 90), share("00041", 10)))
    made = plan_rollout(PlanFacts(of, Cloud().revisions), full("00041"), deploy_options(steps=(10, 100)))
    assert isinstance(made, Plan)
    cloud = Cloud(of)
    ended(cloud, made, ReleaseState.SUCCEEDED)
    assert [write.targets for write in cloud.writes] == [(target("00041", 100),)]
    unhealthy = Cloud(of)
    unhealthy.verdict = Verdict.UNHEALTHY
    assert "nothing was changed" in ended(unhealthy, made, ReleaseState.FAILED)


def test_probing_a_revision_that_exists_waits_as_long_as_for_a_new_one() -> None:
    slow = Policy(probe=ProbePolicy(min_ready_s=30))
    of = pinned_service(desired=(target("00041", 100), target("00042", 0, "next")))
    of = replace(of, effective=(share("00041", 100), share("00042", 0, "next")))
    made = plan_rollout(
        PlanFacts(of, Cloud().revisions), OLD, deploy_options(strategy=Strategy.BLUE_GREEN, policy=slow)
    )
    assert isinstance(made, Plan)
    without_tag = replace(made, steps=made.steps[1:])
    held = Cloud(of).step(new_rollout(without_tag, NOW))
    assert isinstance(held, Wait)
    assert held.left_s == 28


def test_a_plan_of_one_write_is_a_release_of_one_step() -> None:
    cloud = Cloud()
    assert ended(cloud, plan(), ReleaseState.SUCCEEDED) == "the split serves"
    assert [write.targets for write in cloud.writes] == [(target("00041", 100),)]


def test_tags_that_give_a_url_survive_it_all() -> None:
    tags = (target("00040", 0, "old"), Target(LATEST, 0, "next"))
    of = service(desired=(Target(LATEST, 100), *tags))
    for strategy in Strategy:
        for judged in (Verdict.HEALTHY, Verdict.UNHEALTHY):
            cloud = Cloud(of)
            cloud.verdict = judged
            cloud.run(deployed(of, strategy=strategy))
            assert all(set(tags) <= set(write.targets) for write in cloud.writes)


def test_the_journal_keeps_steps_and_not_the_passing_of_time() -> None:
    cloud, rollout = baking()
    later = cloud.step(rollout).rollout
    assert not is_milestone(rollout, later)
    assert is_milestone(new_rollout(deployed(), NOW), rollout)
    assert release_state(rollout) is ReleaseState.VERIFYING
    assert release_state(new_rollout(deployed(), NOW)) is ReleaseState.RUNNING
    assert with_answer(rollout, Answer.ACCEPTED) is rollout, "no write is under way"


def test_the_plan_names_the_new_revision_only_once_it_is_known() -> None:
    made = deployed()
    assert made.target == CANDIDATE
    assert [line.revision for line in made.steps[1].targets] == [CANDIDATE, OLD]
    assert new_rollout(made, NOW).progress.candidate == ""


def test_all_at_once_ends_well_where_nothing_was_unhealthy() -> None:
    cloud = Cloud()
    cloud.verdict = Verdict.INCONCLUSIVE
    outcome = ended(cloud, deployed(strategy=Strategy.ALL_AT_ONCE), ReleaseState.SUCCEEDED)
    assert "inconclusive" in outcome
    assert isinstance(Observation(None).command, Command)


def test_a_tag_is_probed_only_once_its_url_serves() -> None:
    cloud = Cloud()
    rollout = cloud.until(deployed(strategy=Strategy.BLUE_GREEN), 1)
    cloud.settles = False
    rollout = cloud.until(rollout, 2)
    for _ in range(3):
        decision = cloud.step(rollout)
        assert isinstance(decision, Wait), decision
        rollout = decision.rollout
    cloud.settles = True
    cloud.settle()
    decision = cloud.step(rollout)
    assert isinstance(decision, SendProbe)
    assert decision.url == "https://green---x"


def test_a_tag_that_was_there_before_is_not_taken_for_the_tag_of_the_step() -> None:
    kept = target("00040", 0, "old")
    of = service(desired=(target("00042", 100), kept), effective=(share("00042", 100), share("00040", 0, "old")))
    cloud = Cloud(of)
    rollout = cloud.until(deployed(of, strategy=Strategy.BLUE_GREEN), 1)
    cloud.settles = False
    rollout = cloud.until(rollout, 2)
    assert cloud.writes[-1].targets == (target("00042", 100), kept, Target(NEW, 0, "green"))
    decision = cloud.step(rollout)
    assert isinstance(decision, Wait), "the candidate has no URL yet: a probe would ask another revision"
    cloud.settles = True
    cloud.settle()
    assert isinstance(cloud.step(decision.rollout), SendProbe)
