"""Releases in steps as the screen sees them: started here, commanded, carried out elsewhere, left and resumed."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cfconsole.domain.errors import ErrorKind, JournalError
from cfconsole.domain.releases.model import Approval, Refusal, RefusalReason, Release, ReleaseEvent, ReleaseState
from cfconsole.domain.releases.planning.request import (
    DeleteRevisionRequest,
    DeployRequest,
    PlanRequest,
    PromoteRequest,
    RestartRequest,
    RollbackRequest,
    ScaleRequest,
    ShiftRequest,
    ToLatestRequest,
)
from cfconsole.domain.releases.rollout.progress import CommandRecord, ReleaseProgress
from cfconsole.domain.releases.rollout.recovery import Recovery, RecoveryOption
from cfconsole.domain.releases.rollout.runner_job import RunnerJob
from cfconsole.domain.releases.rollout.values import Command
from cfconsole.domain.releases.steps import Strategy
from cfconsole.domain.releases.team import team_release
from cfconsole.session.console.console_session import ConsoleSession
from cfconsole.session.settings import SessionSettings
from tests.session.manual_clock import ManualClock
from tests.session.open_session import SETTINGS
from tests.session.release_console import (
    QUICK,
    approve,
    as_plan,
    find_release,
    leave_canary,
    open_release_console,
    open_with_canary,
)
from tests.session.releases.rollouts import NEW, OLD, BusyCloud, deploy_plan, percents, serving_split
from tests.session.scripted import MemoryCache, MemoryJournal, error
from tests.session.shop import CATALOG, ORDERS


@pytest.fixture
def fake() -> BusyCloud:
    return BusyCloud(ManualClock())


async def test_a_canary_is_shown_with_its_step_its_countdown_and_its_verdict(fake: BusyCloud) -> None:
    async with open_release_console(fake) as at:
        release_id = at.canary()
        await at.until(
            lambda: release_id in at.session.state.progress and at.session.state.progress[release_id].left_s > 0
        )
        progress = at.session.state.progress[release_id]
        assert (progress.step, progress.steps, progress.label) == (2, 4, "canary 5 %")
        assert 50 < progress.left_s <= 60
        await at.until(
            lambda: (progress := at.session.state.progress[release_id]).judgement is not None and progress.step == 3
        )
        judgement = at.session.state.progress[release_id].judgement
        assert judgement
        assert "requests" in judgement.sentence
        assert (await at.closed(release_id)).state is ReleaseState.SUCCEEDED
        assert release_id not in at.session.state.progress
        assert [one.state for one in fake.published] == ["running", "succeeded"]


async def test_an_abort_puts_back_what_served_before(fake: BusyCloud) -> None:
    async with open_with_canary(fake) as (at, release_id):
        at.changes.command(release_id, Command.ABORT)
        assert (await at.closed(release_id, 5)).state is ReleaseState.ABORTED
        assert serving_split(fake) == {OLD: 100}
        assert [record.command for record in at.journal.commands_by_id[release_id]] == [Command.ABORT]
        at.changes.command(release_id, Command.ABORT)
        await at.clock.advance(2)
        assert len(at.journal.commands_by_id[release_id]) == 1, "it is over"


async def test_a_command_that_the_journal_can_not_take_is_carried_out_here_all_the_same(fake: BusyCloud) -> None:
    async with open_with_canary(fake) as (at, release_id):
        at.journal.fail["add_command"] = JournalError("The disk is full")
        at.changes.command(release_id, Command.ABORT)
        assert (await at.closed(release_id, 5)).state is ReleaseState.ABORTED


async def test_promoting_early_goes_straight_to_everything(fake: BusyCloud) -> None:
    async with open_with_canary(fake) as (at, release_id):
        at.changes.command(release_id, Command.PROMOTE)
        await at.until(lambda: serving_split(fake) == {NEW: 100}, 5)
        assert [percents(write.targets).get(NEW) for write in fake.writes] == [None, 5, None]
        assert at.found(release_id).open, "the last step is watched like any other"


async def test_two_services_are_released_at_once_and_one_service_only_once(fake: BusyCloud) -> None:
    async with open_release_console(fake) as at:
        first = at.canary()
        image = replace(QUICK, image="europe-docker.pkg.dev/shop/catalog:next", strategy=Strategy.ALL_AT_ONCE, bake_s=0)
        second = at.release(DeployRequest(image), CATALOG)
        assert (await at.closed(second)).state is ReleaseState.SUCCEEDED
        assert at.found(first).open
        refusal = at.changes.plan(ORDERS, DeployRequest(QUICK))
        assert isinstance(refusal, Refusal)
        assert refusal.reason is RefusalReason.BUSY


EVERY_REQUEST: tuple[PlanRequest, ...] = (
    RollbackRequest(),
    DeployRequest(replace(QUICK, env=(("TOKEN", "secret"),))),
    ShiftRequest((("00041", 10),)),
    PromoteRequest("00041"),
    ScaleRequest(maximum=7),
    RestartRequest("2026-03-14T12:03:41Z"),
    DeleteRevisionRequest("00040"),
)


@pytest.mark.parametrize("change", EVERY_REQUEST, ids=lambda one: type(one).__name__)
async def test_every_request_is_planned_and_planned_again_of_a_fresh_read(fake: BusyCloud, change: PlanRequest) -> None:
    async with open_release_console(fake) as at:
        plan = as_plan(at.changes.plan(ORDERS, change))
        assert plan.kind is change.kind
        for _ in range(8):
            at.changes.plan(ORDERS, ToLatestRequest())
        assert await at.changes.replan(ORDERS, change) == plan
        assert "secret" not in repr(plan)


async def test_a_fresh_read_may_say_that_there_is_nothing_left_to_do(fake: BusyCloud) -> None:
    async with open_release_console(fake) as at:
        as_plan(at.changes.plan(ORDERS, ScaleRequest(maximum=7)))
        fake.change(replace(fake.services[ORDERS], max_instances=7))
        again = await at.changes.replan(ORDERS, ScaleRequest(maximum=7))
        assert isinstance(again, Refusal)
        assert again.reason is RefusalReason.ALREADY_DONE


async def test_a_closing_console_leaves_a_canary_to_be_resumed(fake: BusyCloud) -> None:
    journal = MemoryJournal()
    left = await leave_canary(fake, journal)
    assert (left.state, left.ended_at) == (ReleaseState.INTERRUPTED, None)
    writes = len(fake.writes)
    async with open_release_console(fake, journal) as at:
        recovery = await at.changes.recovery(left.id)
        assert isinstance(recovery, Recovery)
        assert isinstance(recovery.resume, RecoveryOption)
        assert len(fake.writes) == writes, "looking writes nothing"
        assert await at.changes.recover(left.id, Command.CONTINUE) is None
        await at.until(lambda: at.found(left.id).ended_at is not None)
        assert at.found(left.id).state is ReleaseState.SUCCEEDED
        refusal = await at.changes.recover(left.id, Command.ABORT)
        assert refusal
        assert refusal.reason is RefusalReason.NOT_FOUND
        assert await at.changes.recovery(left.id) == refusal


@pytest.mark.parametrize(("chosen", "serves"), [(Command.ABORT, {OLD: 100}), (Command.NONE, {NEW: 5, OLD: 95})])
async def test_a_left_release_is_restored_or_ended_as_it_is(
    fake: BusyCloud, chosen: Command, serves: dict[str, int]
) -> None:
    journal = MemoryJournal()
    left = await leave_canary(fake, journal)
    async with open_release_console(fake, journal) as at:
        assert await at.changes.recover(left.id, chosen) is None
        await at.until(lambda: at.found(left.id).ended_at is not None)
        assert serving_split(fake) == serves
        assert journal.recorded[left.id].ended_at


@pytest.mark.parametrize("chosen", [Command.CONTINUE, Command.ABORT, Command.NONE])
async def test_what_another_process_claimed_meanwhile_is_left_to_it(fake: BusyCloud, chosen: Command) -> None:
    journal = MemoryJournal()
    left = await leave_canary(fake, journal)
    async with open_release_console(fake, journal) as at:
        at.found(left.id)
        journal.claims.add(left.id)
        refusal = await at.changes.recover(left.id, chosen)
        assert refusal
        assert refusal.reason is RefusalReason.BUSY
        journal.fail["claim"] = JournalError("The disk is full.")
        refusal = await at.changes.recover(left.id, chosen)
        assert refusal
        assert (refusal.reason, refusal.sentence) == (RefusalReason.JOURNAL, "The disk is full.")


async def test_a_release_that_another_change_superseded_writes_nothing(fake: BusyCloud) -> None:
    journal = MemoryJournal()
    left = await leave_canary(fake, journal)
    fake.change(fake.services[ORDERS])
    writes = len(fake.writes)
    async with open_release_console(fake, journal) as at:
        await at.changes.recover(left.id, Command.ABORT)
        await at.until(lambda: journal.recorded[left.id].ended_at is not None, 5)
    assert journal.recorded[left.id].state is ReleaseState.SUPERSEDED
    assert len(fake.writes) == writes


class Runners:
    """Starts nothing and records its calls."""

    def __init__(self, journal: MemoryJournal) -> None:
        self.journal = journal
        self.jobs: list[RunnerJob] = []
        self.watched: set[str] = set()
        self.refuses = False

    async def launch(self, job: RunnerJob) -> None:
        if self.refuses:
            raise error(ErrorKind.INTERNAL, "no process could be started")
        self.jobs.append(job)
        await self.journal.begin(job.release)

    def watch(self, release_id: str) -> None:
        self.watched.add(release_id)

    def unwatch(self, release_id: str) -> None:
        self.watched.discard(release_id)


def with_runners(fake: BusyCloud, runners: Runners, settings: SessionSettings = SETTINGS) -> ConsoleSession:
    return ConsoleSession(fake.connect, runners.journal, MemoryCache(), fake.manual, settings, runners=runners)


async def ready(session: ConsoleSession, fake: BusyCloud) -> None:
    session.start()
    session.select([ORDERS])
    await fake.manual.advance(3)


async def test_a_release_in_steps_is_handed_to_a_runner_and_followed_by_the_journal(fake: BusyCloud) -> None:
    journal = MemoryJournal()
    runners = Runners(journal)
    async with with_runners(fake, runners) as session:
        await ready(session, fake)
        request = DeployRequest(replace(QUICK, env=(("TOKEN", "secret"),)))
        release_id = session.changes.release(approve(session, session.changes.plan(ORDERS, request)), request)
        await fake.manual.advance(6)
        (job,) = runners.jobs
        assert (job.release.id, job.values, job.how) == (release_id, (("TOKEN", "secret"),), "confirm")
        assert runners.watched == {release_id}
        now = fake.manual.now()
        await journal.append(release_id, ReleaseEvent(now, ReleaseState.VERIFYING, "canary 5 %"))
        progress = ReleaseProgress(now, 2, 4, "canary 5 %", "1 min left", 60.0)
        await journal.show_progress(release_id, progress)
        await fake.manual.advance(2)
        assert find_release(session, release_id).state is ReleaseState.VERIFYING
        assert session.state.progress == {release_id: progress}
        session.changes.command(release_id, Command.ABORT)
        await fake.manual.advance(0)
        assert await journal.commands(release_id) == (
            CommandRecord(Command.ABORT, "me@shop.example", fake.manual.now()),
        )
        journal.claims.clear()
        await fake.manual.advance(2)
        assert find_release(session, release_id).state is ReleaseState.INTERRUPTED, "its process is gone"
        assert session.state.progress == {}
        assert runners.watched == set()
        assert await session.changes.recover(release_id, Command.ABORT) is None
        assert (runners.jobs[-1].release.id, runners.jobs[-1].command) == (release_id, Command.ABORT)
        assert fake.writes == []


async def test_a_runner_that_does_not_start_is_reported_and_changes_nothing(fake: BusyCloud) -> None:
    runners = Runners(MemoryJournal())
    runners.refuses = True
    async with with_runners(fake, runners) as session:
        await ready(session, fake)
        request = DeployRequest(QUICK)
        release_id = session.changes.release(approve(session, session.changes.plan(ORDERS, request)), request)
        await fake.manual.advance(0)
        release = find_release(session, release_id)
        assert (release.state, release.outcome) == (
            ReleaseState.FAILED,
            "nothing was changed: no process could be started",
        )


async def test_with_a_full_disk_a_rollback_continues_only_if_confirmed(fake: BusyCloud) -> None:
    async with open_release_console(fake) as at:
        at.journal.fail["begin"] = JournalError("The disk is full")
        refused = at.release(RollbackRequest())
        assert (await at.closed(refused, 90)).outcome == "nothing was changed: The disk is full"
        assert fake.writes == []
        release_id = at.release(RollbackRequest(), unrecorded=True)
        assert (await at.closed(release_id, 90)).state is ReleaseState.SUCCEEDED
        assert at.found(release_id).outcome.endswith("The journal is incomplete: The disk is full")
        assert at.session.state.unrecorded == {refused: False, release_id: True}
        assert len(fake.writes) == 1
        assert at.journal.recorded == {}


async def test_what_ends_before_its_write_is_no_question_of_the_journal(fake: BusyCloud) -> None:
    async with open_release_console(fake) as at:
        at.journal.fail["begin"] = JournalError("The disk is full")
        fake.fail["get_service"] = error(ErrorKind.DENIED)
        release_id = at.release(RollbackRequest())
        assert (await at.closed(release_id, 90)).state is ReleaseState.FAILED
        assert at.session.state.unrecorded == {}


async def test_with_a_full_disk_a_deploy_is_refused_even_if_confirmed(fake: BusyCloud) -> None:
    async with open_release_console(fake) as at:
        at.journal.fail["begin"] = JournalError("The disk is full")
        approval = Approval(deploy_plan(fake), "confirm", at.clock.now())
        release_id = at.changes.release(approval, DeployRequest(QUICK), unrecorded=True)
        assert (await at.closed(release_id, 90)).outcome == "nothing was changed: The disk is full"
        assert fake.writes == []


async def test_a_read_only_console_sends_no_commands(fake: BusyCloud) -> None:
    journal = MemoryJournal()
    left = await leave_canary(fake, journal)
    async with open_release_console(fake, journal, replace(SETTINGS, read_only=True)) as at:
        refusal = await at.changes.recover(left.id, Command.NONE)
        assert refusal
        assert refusal.reason is RefusalReason.READ_ONLY
        at.changes.command(left.id, Command.ABORT)
        assert "read-only" in at.session.state.progress[left.id].sentence
        assert journal.commands_by_id == {}


async def test_the_releases_of_the_team_are_there_and_stay_while_they_can_not_be_read(fake: BusyCloud) -> None:
    theirs = Release("r-theirs", deploy_plan(fake), "her@shop.example", fake.clock.now(), ReleaseState.SUCCEEDED)
    fake.published.append(team_release(theirs, fake.clock.now()))
    async with open_release_console(fake) as at:
        assert fake.calls["history_read"] == 0, "what is on the first screen is read first"
        await at.until(lambda: bool(at.session.state.team), 10)
        assert [(one.id, one.actor) for one in at.session.state.team] == [("r-theirs", "her@shop.example")]
        fake.fail["history_read"] = error(ErrorKind.DENIED)
        at.session.refresh()
        await at.clock.advance(2)
        assert len(at.session.state.team) == 1
        assert not any(status.error for status in at.session.state.feeds.values()), "nothing else depends on it"
