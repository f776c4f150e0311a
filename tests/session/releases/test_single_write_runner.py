"""How an approved plan is carried out, and what its outcome says if it is not."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from cfconsole.domain.errors import ErrorKind
from cfconsole.domain.fleet.services import Service
from cfconsole.domain.fleet.traffic import Share, Target
from cfconsole.domain.releases.model import Plan, Release, ReleaseState
from cfconsole.domain.releases.planning.request import UndoRequest
from cfconsole.domain.releases.planning.scale import plan_scale
from cfconsole.domain.releases.planning.traffic_plans import PlanFacts
from cfconsole.domain.releases.rollout.values import Command
from cfconsole.domain.releases.steps import SCALING_MASK, Scaling
from cfconsole.domain.releases.writes import WRITE_TRIES
from cfconsole.session.ports import JournalError
from cfconsole.session.releases.release_runner import headless_runner
from cfconsole.session.releases.single_write_outcome import follow_change
from tests.session.manual_clock import ManualClock
from tests.session.releases.single_writes import ACTOR, BAD, GOOD, approval_of, carry_out, plan_of, requests
from tests.session.scripted import FakeCloud, Killed, MemoryJournal, Write, error
from tests.session.shop import ORDERS

SUCCEEDED, FAILED, SUPERSEDED = ReleaseState.SUCCEEDED, ReleaseState.FAILED, ReleaseState.SUPERSEDED


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def fake(clock: ManualClock) -> FakeCloud:
    return FakeCloud(clock)


@pytest.fixture
def journal() -> MemoryJournal:
    return MemoryJournal()


async def test_a_rollback_moves_all_traffic_and_is_verified(
    fake: FakeCloud, journal: MemoryJournal, clock: ManualClock
) -> None:
    fake.log = requests(clock, BAD, 100, errors=12, after_s=-20) + requests(clock, GOOD, 60, after_s=5)
    release = await carry_out(fake, journal, approval_of(fake))
    assert release.state is SUCCEEDED
    assert "healthy" in release.outcome
    assert release.generation_after == 8
    assert [event.sentence for event in release.events][:3] == [
        "approved by confirm",
        "writing traffic (generation 7)",
        "the write was accepted",
    ]
    assert not [event for event in release.events if "checking the service" in event.sentence], "its answer came"
    assert [write.targets for write in fake.writes] == [(Target(GOOD, 100),)]
    assert fake.services[ORDERS].effective == (Share(GOOD, 100),)
    assert journal.states() == [SUCCEEDED]


async def test_the_end_of_a_single_write_is_published_to_the_team(fake: FakeCloud, journal: MemoryJournal) -> None:
    await carry_out(fake, journal, approval_of(fake))
    assert [(one.state, one.actor) for one in fake.published] == [("succeeded", ACTOR)]


async def test_a_target_that_fails_as_well_is_no_success(
    fake: FakeCloud, journal: MemoryJournal, clock: ManualClock
) -> None:
    fake.log = requests(clock, BAD, 100, errors=12, after_s=-20) + requests(clock, GOOD, 100, errors=15, after_s=5)
    release = await carry_out(fake, journal, approval_of(fake))
    assert release.state is FAILED
    assert "unhealthy" in release.outcome
    assert release.generation_after == 8


async def test_too_few_requests_are_reported_and_still_a_success(fake: FakeCloud, journal: MemoryJournal) -> None:
    release = await carry_out(fake, journal, approval_of(fake))
    assert release.state is SUCCEEDED
    assert release.outcome == "traffic moved; inconclusive: 5xx - → - of 0 requests, too few to judge"


async def test_the_intent_is_kept_before_the_write(fake: FakeCloud, journal: MemoryJournal) -> None:
    fake.fail["write"] = Killed()
    with pytest.raises(Killed):
        await carry_out(fake, journal, approval_of(fake))
    (interrupted,) = await journal.releases()
    assert journal.order[0] == "begin"
    assert interrupted.state is ReleaseState.RUNNING
    assert interrupted.plan.undo == (Target(BAD, 100),)
    assert fake.writes == []


async def test_without_a_record_nothing_is_written(fake: FakeCloud, journal: MemoryJournal) -> None:
    journal.fail["begin"] = JournalError("The disk is full")
    release = await carry_out(fake, journal, approval_of(fake))
    assert release.state is FAILED
    assert "nothing was changed: The disk is full" in release.outcome
    assert fake.calls["write"] == 0


async def test_a_journal_that_fails_after_the_write_does_not_stop_the_release(
    fake: FakeCloud, journal: MemoryJournal
) -> None:
    journal.fail["append verifying"] = JournalError("The disk is full")
    release = await carry_out(fake, journal, approval_of(fake))
    assert release.state is SUCCEEDED
    assert "The journal is incomplete: The disk is full" in release.outcome


async def test_a_change_of_others_is_not_overwritten(fake: FakeCloud, journal: MemoryJournal) -> None:
    approval = approval_of(fake)
    fake.change(replace(fake.services[ORDERS], desired=(Target("orders-api-00040", 100),)))
    release = await carry_out(fake, journal, approval)
    assert release.state is SUPERSEDED
    assert "somebody@shop.example" in release.outcome
    assert fake.calls["write"] == 0
    assert journal.states() == [SUPERSEDED]


async def test_the_fresh_etag_is_used_where_only_the_etag_moved(fake: FakeCloud, journal: MemoryJournal) -> None:
    approval = approval_of(fake)
    fake.services[ORDERS] = replace(fake.services[ORDERS], etag="etag-2")
    release = await carry_out(fake, journal, approval)
    assert release.state is SUCCEEDED
    assert [write.etag for write in fake.writes] == ["etag-2"]


async def test_a_conflict_with_a_new_generation_supersedes(fake: FakeCloud, journal: MemoryJournal) -> None:
    class RacingCloud(FakeCloud):
        def called(self, method: str) -> None:
            if method == "write" and not self.calls[method]:
                self.change(self.services[ORDERS])
            super().called(method)

    racing = RacingCloud(fake.clock)
    release = await carry_out(racing, journal, approval_of(racing))
    assert release.state is SUPERSEDED
    assert racing.writes == []


async def test_a_conflict_on_the_etag_alone_is_tried_again(fake: FakeCloud, journal: MemoryJournal) -> None:
    fake.fail_next["write"] = [error(ErrorKind.CONFLICT)]
    release = await carry_out(fake, journal, approval_of(fake))
    assert release.state is SUCCEEDED
    assert len(fake.writes) == 1
    assert journal.order.count("begin") == 1


async def test_a_lost_answer_of_an_applied_write_is_read_back(fake: FakeCloud, journal: MemoryJournal) -> None:
    fake.lose_answer_of_write = error(ErrorKind.TIMEOUT)
    release = await carry_out(fake, journal, approval_of(fake))
    assert release.state is SUCCEEDED
    assert len(fake.writes) == 1
    assert any("checked: the write was applied" in event.sentence for event in release.events)


async def test_a_lost_write_is_not_sent_again(fake: FakeCloud, journal: MemoryJournal) -> None:
    fake.fail_next["write"] = [error(ErrorKind.UNAVAILABLE)]
    release = await carry_out(fake, journal, approval_of(fake))
    assert release.state is FAILED
    assert "not applied" in release.outcome
    assert fake.calls["write"] == 1
    assert release.generation_after == 0


async def test_a_write_that_cannot_be_read_back_stays_unknown(fake: FakeCloud, journal: MemoryJournal) -> None:
    class CutCloud(FakeCloud):
        def called(self, method: str) -> None:
            if method == "write":
                self.fail["get_service"] = error(ErrorKind.UNAVAILABLE)
            super().called(method)

    cut = CutCloud(fake.clock)
    cut.lose_answer_of_write = error(ErrorKind.TIMEOUT)
    release = await carry_out(cut, journal, approval_of(cut))
    assert release.state is ReleaseState.UNKNOWN
    assert "unknown" in release.outcome


async def test_a_refused_write_changes_nothing(fake: FakeCloud, journal: MemoryJournal) -> None:
    fake.fail["write"] = error(ErrorKind.DENIED, "the permission run.services.update is missing")
    release = await carry_out(fake, journal, approval_of(fake))
    assert release.state is FAILED
    assert "nothing was changed" in release.outcome


async def test_a_failed_operation_is_reported_with_its_reason(fake: FakeCloud, journal: MemoryJournal) -> None:
    fake.operation_error = "Revision is not ready"
    release = await carry_out(fake, journal, approval_of(fake))
    assert release.state is FAILED
    assert "Revision is not ready" in release.outcome


async def test_polls_that_fail_are_no_proof(fake: FakeCloud, journal: MemoryJournal) -> None:
    fake.fail_next["operation"] = [error(ErrorKind.UNAVAILABLE), error(ErrorKind.UNAVAILABLE)]
    release = await carry_out(fake, journal, approval_of(fake))
    assert release.state is SUCCEEDED


async def test_a_rollback_can_be_undone(fake: FakeCloud, journal: MemoryJournal) -> None:
    first = await carry_out(fake, journal, approval_of(fake))
    undo = plan_of(fake, UndoRequest(), history=(first,))
    assert undo.must_name == BAD
    release = await carry_out(fake, journal, approval_of(fake, undo))
    assert release.state is SUCCEEDED
    assert fake.services[ORDERS].effective == (Share(BAD, 100),)


async def test_instances_are_scaled_and_scaled_back(fake: FakeCloud, journal: MemoryJournal) -> None:
    plan = plan_scale(PlanFacts(fake.services[ORDERS], fake.revisions[ORDERS]), minimum=2, maximum=9)
    assert isinstance(plan, Plan)
    release = await carry_out(fake, journal, approval_of(fake, plan))
    assert release.state is SUCCEEDED
    assert release.events[1].sentence == "writing instances (generation 7)"
    (write,) = fake.writes
    assert (write.mask, write.targets, write.scaling) == (SCALING_MASK, (), Scaling(2, 9))
    assert fake.services[ORDERS].max_instances == 9
    undo = plan_of(fake, UndoRequest(), history=(release,))
    assert (await carry_out(fake, journal, approval_of(fake, undo))).state is SUCCEEDED
    assert (fake.services[ORDERS].min_instances, fake.services[ORDERS].max_instances) == (0, None)


async def test_a_scaling_whose_answer_got_lost_is_read_back(fake: FakeCloud, journal: MemoryJournal) -> None:
    plan = plan_scale(PlanFacts(fake.services[ORDERS], fake.revisions[ORDERS]), maximum=9)
    assert isinstance(plan, Plan)
    fake.lose_answer_of_write = error(ErrorKind.TIMEOUT)
    assert (await carry_out(fake, journal, approval_of(fake, plan))).state is SUCCEEDED


async def test_two_rollbacks_at_once_make_one_write_and_one_is_superseded(
    fake: FakeCloud, journal: MemoryJournal
) -> None:
    one, other = approval_of(fake), approval_of(fake)
    first, second = await asyncio.gather(carry_out(fake, journal, one), carry_out(fake, journal, other))
    assert {first.state, second.state} == {SUCCEEDED, SUPERSEDED}
    assert [write.targets for write in fake.writes] == [(Target(GOOD, 100),)]
    assert fake.services[ORDERS].effective == (Share(GOOD, 100),)


async def test_a_release_that_is_refused_before_its_write_is_begun_and_ended_in_the_journal(
    fake: FakeCloud, journal: MemoryJournal
) -> None:
    approval = approval_of(fake)
    fake.change(fake.services[ORDERS])
    await carry_out(fake, journal, approval)
    assert journal.order == ["begin", "finish"]
    assert fake.calls["write"] == 0


async def test_a_write_that_served_before_its_process_died_ends_with_its_generation(
    fake: FakeCloud, journal: MemoryJournal, clock: ManualClock
) -> None:
    fake.fail_next["operation"] = [Killed()]
    with pytest.raises(Killed):
        await carry_out(fake, journal, approval_of(fake))
    fake.settle()
    (left,) = journal.recorded.values()
    await journal.release_claim(left.id)
    release = await headless_runner(fake.cloud, journal, clock).resume(left.id, Command.CONTINUE)
    assert isinstance(release, Release)
    assert (release.state, release.generation_after) == (SUCCEEDED, 8)


async def test_a_conflict_at_every_try_changes_nothing(fake: FakeCloud, journal: MemoryJournal) -> None:
    fake.fail["write"] = error(ErrorKind.CONFLICT)
    release = await carry_out(fake, journal, approval_of(fake))
    assert (release.state, release.outcome) == (FAILED, "nothing was changed: the service changed at every attempt")
    assert fake.calls["write"] == WRITE_TRIES


async def test_a_write_without_an_answer_that_somebody_else_overtook_is_superseded(
    journal: MemoryJournal, clock: ManualClock
) -> None:
    class OvertakenCloud(FakeCloud):
        def called(self, method: str) -> None:
            if method == "write":
                self.change(replace(self.services[ORDERS], desired=(Target("orders-api-00040", 100),)))
            super().called(method)

    fake = OvertakenCloud(clock)
    fake.fail_next["write"] = [error(ErrorKind.TIMEOUT)]
    release = await carry_out(fake, journal, approval_of(fake))
    assert (release.state, release.outcome) == (SUPERSEDED, "somebody else changed the service in the meantime")


async def test_a_mistake_of_our_own_ends_a_single_write(fake: FakeCloud, journal: MemoryJournal) -> None:
    fake.fail["get_service"] = ValueError("a mistake")
    release = await carry_out(fake, journal, approval_of(fake))
    assert release.state is ReleaseState.UNKNOWN
    assert release.outcome.startswith("Internal error (ValueError)")


async def test_requests_that_can_not_be_read_are_said_and_still_a_success(
    fake: FakeCloud, journal: MemoryJournal
) -> None:
    fake.fail["page"] = error(ErrorKind.DENIED, "no reading")
    release = await carry_out(fake, journal, approval_of(fake))
    assert release.state is SUCCEEDED
    assert release.outcome == "traffic moved; the request logs could not be read: no reading"


async def test_what_is_seen_of_the_service_while_it_moves_is_shown(fake: FakeCloud, clock: ManualClock) -> None:
    shown: list[Service] = []
    fake.effective_after_polls = 2
    operation = fake.apply_write(Write(ORDERS, (Target(GOOD, 100),), ""))
    following = asyncio.create_task(
        follow_change(fake.cloud.services, clock, plan_of(fake), operation, 7, shown.append)
    )
    while not following.done():
        await clock.advance(1)
    assert (await following).generation == 8
    assert [service.reconciling for service in shown] == [True, False]


async def test_a_write_without_an_answer_that_lands_late_is_found_and_followed(
    journal: MemoryJournal, clock: ManualClock
) -> None:
    class LateCloud(FakeCloud):
        def called(self, method: str) -> None:
            if method == "get_service" and self.calls["write"] and self.calls[method] == 3:
                self.apply_write(Write(ORDERS, (Target(GOOD, 100),), ""))
                self.settle()
            super().called(method)

    fake = LateCloud(clock)
    fake.fail_next["write"] = [error(ErrorKind.TIMEOUT)]
    assert (await carry_out(fake, journal, approval_of(fake))).state is SUCCEEDED
    assert fake.calls["write"] == 1
