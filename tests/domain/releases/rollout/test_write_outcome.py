"""What became of the writes of a release in steps: applied, refused, lost, or written over by somebody else."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cfconsole.domain.releases.model import ReleaseState, Verdict
from cfconsole.domain.releases.rollout.machine import new_rollout, next_decision, with_answer
from cfconsole.domain.releases.rollout.values import Command, Finish, Wait, WriteKind
from cfconsole.domain.releases.steps import Answer, Phase, Strategy
from tests.builders import NOW, full, pinned_service, target
from tests.domain.releases.rollout.rollouts import Cloud, baking, deployed, ended

OLD = full("00042")


def test_an_operation_that_failed_without_a_change_has_changed_nothing() -> None:
    cloud = Cloud()
    cloud.lands = lambda decision: False
    rollout = cloud.until(deployed(), 1)
    seen = replace(cloud.see(rollout), operation_error="no such image")
    found = next_decision(rollout, seen, cloud.now)
    assert isinstance(found, Finish)
    assert found.state is ReleaseState.FAILED
    assert found.outcome == "nothing was changed: create without traffic could not be written: no such image"


@pytest.mark.parametrize("writes", [0, 1, 2, 3])
def test_somebody_elses_change_ends_it_without_a_write(writes: int) -> None:
    cloud = Cloud()
    rollout = cloud.step(cloud.until(deployed(), writes)).rollout if writes else new_rollout(deployed(), NOW)
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
    cloud.service = replace(cloud.service, updated_by="")
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
    rollout = cloud.step(new_rollout(deployed(), NOW)).rollout
    assert rollout.progress.write
    conflict = with_answer(rollout, Answer.CONFLICT)
    assert isinstance(found := next_decision(conflict, cloud.see(conflict), cloud.now), Finish)
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
    waits = [one for one in cloud.decisions if isinstance(one, Wait) and "checking what became" in one.sentence]
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
    assert "does not show the change" in ended(silent, deployed(), ReleaseState.UNKNOWN)


def test_a_refused_write_restores_and_a_refused_restore_is_said_plainly() -> None:
    cloud = Cloud()
    cloud.answer = lambda decision: Answer.REFUSED if decision.kind is WriteKind.PROMOTE else Answer.ACCEPTED
    outcome = ended(cloud, deployed(), ReleaseState.ROLLED_BACK)
    assert "canary 100 % could not be written: no luck" in outcome
    assert cloud.split == {OLD: 100}
    lost = Cloud()
    lost.answer = lambda decision: Answer.REFUSED if len(lost.writes) > 1 else Answer.ACCEPTED
    outcome = ended(lost, deployed(), ReleaseState.UNKNOWN)
    assert "the previous split could not be restored: no luck Roll back by hand" in outcome


def test_a_service_that_cannot_be_read_is_not_written() -> None:
    cloud, rollout = baking()
    cloud.readable, cloud.verdict, cloud.command = False, Verdict.UNHEALTHY, Command.ABORT
    held = cloud.step(rollout)
    assert isinstance(held, Wait)
    assert "waiting until the service can be read again" in held.sentence
    assert "traffic stays as the last step left it" in ended(cloud, rollout, ReleaseState.UNKNOWN)
    assert len(cloud.writes) == 2


def test_an_answer_from_the_past_is_no_change() -> None:
    cloud = Cloud()
    before = cloud.service
    rollout = cloud.step(cloud.until(deployed(), 2)).rollout
    now, cloud.service = cloud.service, before
    assert isinstance(cloud.step(rollout), Wait)
    cloud.service = now
    ended(cloud, rollout, ReleaseState.SUCCEEDED)


def test_an_answer_from_just_before_the_last_write_is_no_change() -> None:
    cloud, rollout = baking()
    now, before = cloud.service, replace(cloud.service, generation=cloud.service.generation - 1)
    cloud.service = replace(before, desired=(target("00042", 100),))
    held = cloud.step(rollout)
    assert isinstance(held, Wait)
    cloud.service = now
    ended(cloud, held.rollout, ReleaseState.SUCCEEDED)


def test_another_split_of_the_same_generation_is_not_ours() -> None:
    cloud = Cloud()
    cloud.lands = lambda decision: False
    rollout = cloud.until(deployed(), 1)
    cloud.service = replace(cloud.service, desired=(target("00040", 100),))
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


def test_a_release_that_cannot_be_read_waits_as_long_as_somebody_watches_it() -> None:
    cloud, rollout = baking()
    cloud.readable, cloud.attended = False, True
    for _ in range(1200):
        held = cloud.step(rollout)
        assert isinstance(held, Wait)
        rollout = held.rollout
    assert rollout.progress.unread_s == 2400 > rollout.policy.guard.max_wait_s
    cloud.attended = False
    end = cloud.step(rollout)
    assert isinstance(end, Finish)
    assert end.state is ReleaseState.UNKNOWN


def test_a_revision_that_the_api_has_not_named_yet_is_waited_for() -> None:
    cloud = Cloud()
    rollout = cloud.until(deployed(), 1)
    named, made = cloud.service, cloud.revisions
    cloud.service, cloud.revisions = replace(named, latest_created=OLD, latest_ready=OLD), made[1:]
    held = cloud.step(rollout)
    assert isinstance(held, Wait)
    assert held.rollout.progress.candidate == "", "the revision that served before is not the new one"
    cloud.service, cloud.revisions = named, made
    ended(cloud, held.rollout, ReleaseState.SUCCEEDED)
