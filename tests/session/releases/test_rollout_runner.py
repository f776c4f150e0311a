"""Releases in steps that succeed, and those whose new revision fails."""

from __future__ import annotations

import asyncio
import itertools
import re
from datetime import timedelta

import pytest

from cfconsole.domain.errors import ErrorKind
from cfconsole.domain.releases.model import Refusal, RefusalReason, Release, ReleaseState
from cfconsole.domain.releases.rollout.progress import CommandRecord, ReleaseProgress
from cfconsole.domain.releases.rollout.values import Command
from cfconsole.domain.releases.steps import CREATE_MASK, TRAFFIC_MASK, Strategy
from cfconsole.session.releases.operator_commands import OperatorCommands
from cfconsole.session.releases.recovery import leave_as_is
from cfconsole.session.releases.release_runner import headless_runner
from cfconsole.session.releases.rollout_runner import SHOW_OTHERS_EVERY_S
from tests.session.manual_clock import ManualClock
from tests.session.releases.rollouts import NEW, OLD, BusyCloud, RunningRelease, deploy_plan, serving_split
from tests.session.scripted import MemoryJournal, error


@pytest.fixture
def fake() -> BusyCloud:
    return BusyCloud(ManualClock())


async def test_a_healthy_canary_goes_all_the_way_step_by_step(fake: BusyCloud) -> None:
    under_way = RunningRelease(fake)
    release = await under_way.run()
    assert release.state is ReleaseState.SUCCEEDED, release.outcome
    assert under_way.splits == [{OLD: 100}, {NEW: 5, OLD: 95}, {NEW: 50, OLD: 50}, {"": 100}]
    assert serving_split(fake) == {NEW: 100}
    assert release.candidate == NEW
    assert release.generation_after == fake.services[release.plan.service].generation
    assert fake.calls["validate"] == 1
    assert [write.mask for write in fake.writes] == [CREATE_MASK, *[TRAFFIC_MASK] * 3]


async def test_what_a_step_rested_on_is_kept_with_the_next_one(fake: BusyCloud) -> None:
    journal = MemoryJournal()
    release = await RunningRelease(fake, journal).run()
    sentences = [event.sentence for event in journal.recorded[release.id].events]
    (first,) = [sentence for sentence in sentences if sentence.endswith("; writing canary 50 %")]
    (second,) = [sentence for sentence in sentences if sentence.endswith("; writing canary 100 %")]
    for step, sentence in ("canary 5 %", first), ("canary 50 %", second), ("canary 100 %", sentences[-1]):
        assert re.search(
            rf"(^|; ){step}: healthy: 5xx 0\.0 % of \d+ requests.*; from (the request log|Monitoring), \d+ s old",
            sentence,
        ), sentence


async def test_the_verdict_that_failed_a_step_is_kept_with_the_name_of_the_step(fake: BusyCloud) -> None:
    journal = MemoryJournal()
    fake.per_second, fake.error_rates = 100.0, {NEW: 0.4}
    release = await RunningRelease(fake, journal).run()
    assert release.outcome.startswith("canary 5 %: unhealthy: 5xx 40.0 % of"), release.outcome
    sentences = [event.sentence for event in journal.recorded[release.id].events]
    assert [one for one in sentences if one.startswith("restoring the previous split: canary 5 %: unhealthy: ")]


async def test_stopping_leaves_a_release_to_be_resumed_and_writes_nothing_more(fake: BusyCloud) -> None:
    journal = MemoryJournal()
    under_way = RunningRelease(fake, journal)
    await under_way.until(lambda: NEW in serving_split(fake))
    under_way.stop()
    release = await under_way.run(5)
    assert release.state is ReleaseState.INTERRUPTED
    assert "stopped by a signal" in release.events[-1].sentence
    assert release.events[-1].progress
    assert journal.claims == set()
    assert len(fake.writes) == 2
    assert [one.state for one in fake.published] == ["running", "interrupted"]


async def test_values_of_variables_reach_the_api_and_no_record(fake: BusyCloud) -> None:
    journal = MemoryJournal()
    plan = deploy_plan(fake, Strategy.ALL_AT_ONCE, env=(("TOKEN", "hunter2"),), bake_s=0)
    release = await RunningRelease(fake, journal, plan, (("TOKEN", "hunter2"),)).run()
    assert release.state is ReleaseState.SUCCEEDED, release.outcome
    assert [write.values for write in fake.writes] == [(("TOKEN", "hunter2"),)]
    assert "hunter2" not in repr((journal.recorded, fake.published))


async def test_an_abort_that_comes_while_a_release_is_resumed_counts(fake: BusyCloud) -> None:
    journal = MemoryJournal()
    under_way = RunningRelease(fake, journal)
    await under_way.until(lambda: NEW in serving_split(fake))
    await journal.add_command(under_way.id, CommandRecord(Command.CONTINUE, "before", fake.clock.now()))
    under_way.stop()
    await under_way.run(5)
    await fake.manual.advance(1)
    await journal.add_command(under_way.id, CommandRecord(Command.ABORT, "meanwhile", fake.clock.now()))
    task = asyncio.create_task(headless_runner(fake.cloud, journal, fake.clock).resume(under_way.id, Command.CONTINUE))
    while not task.done():
        await fake.manual.advance(1)
    release = await task
    assert isinstance(release, Release)
    assert release.state is ReleaseState.ABORTED
    assert serving_split(fake) == {OLD: 100}


@pytest.mark.parametrize(
    ("command", "splits"),
    [
        (Command.PROMOTE, [{OLD: 100}, {NEW: 5, OLD: 95}, {"": 100}]),
        (Command.CONTINUE, [{OLD: 100}, {NEW: 5, OLD: 95}, {NEW: 50, OLD: 50}]),
    ],
    ids=["promote", "continue"],
)
async def test_what_an_operator_asks_for_while_a_write_settles_is_done_once_it_serves(
    fake: BusyCloud, command: Command, splits: list[dict[str, int]]
) -> None:
    journal = MemoryJournal()
    fake.effective_after_polls = 1000
    under_way = RunningRelease(fake, journal)
    await under_way.until(lambda: len(fake.writes) == 1)
    fake.settle()
    await under_way.until(lambda: len(fake.writes) == 2)
    await journal.add_command(under_way.id, CommandRecord(command, "ops@shop.example", fake.clock.now()))
    await under_way.until(lambda: False, 10)
    assert len(fake.writes) == 2
    fake.settle()
    await under_way.until(lambda: len(fake.writes) == 3, 10)
    assert under_way.splits == splits


async def test_values_of_variables_are_sent_with_the_new_revision_alone(fake: BusyCloud) -> None:
    plan = deploy_plan(fake, env=(("TOKEN", "hunter2"),))
    release = await RunningRelease(fake, MemoryJournal(), plan, (("TOKEN", "hunter2"),)).run()
    assert release.state is ReleaseState.SUCCEEDED, release.outcome
    assert [write.values for write in fake.writes] == [(("TOKEN", "hunter2"),), (), (), ()]


class DatedCloud(BusyCloud):
    """Records how old the last read of the service was at each write."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.read_at = float("-inf")
        self.ages: list[float] = []

    def called(self, method: str) -> None:
        super().called(method)
        if method == "get_service":
            self.read_at = self.clock.monotonic()
        if method == "write":
            self.ages.append(self.clock.monotonic() - self.read_at)


async def test_every_write_rests_on_a_read_made_for_it() -> None:
    dated = DatedCloud(ManualClock())
    await RunningRelease(dated).run()
    assert dated.ages == [0.0] * 4


async def test_a_release_that_was_refused_before_its_first_write_made_no_generation(fake: BusyCloud) -> None:
    fake.fail["validate"] = error(ErrorKind.DENIED, "the permission run.services.update is missing")
    release = await RunningRelease(fake).run()
    assert (release.state, release.generation_after) == (ReleaseState.FAILED, 0)
    assert fake.writes == []


async def test_a_command_from_before_a_release_was_left_does_not_count_again(fake: BusyCloud) -> None:
    journal, now = MemoryJournal(), fake.clock.now()
    commands = OperatorCommands(journal, "r")
    await journal.add_command("r", CommandRecord(Command.CONTINUE, "ops@shop.example", now))
    await commands.begin(now)
    counted = []
    for later in (None, Command.PROMOTE):
        if later:
            await journal.add_command("r", CommandRecord(later, "ops@shop.example", now))
        await commands.read()
        counted.append(commands.current)
    assert counted == [Command.NONE, Command.PROMOTE]


async def test_a_release_that_begins_while_its_process_leaves_writes_nothing(fake: BusyCloud) -> None:
    journal = MemoryJournal()
    under_way = RunningRelease(fake, journal)
    under_way.stop()
    release = await under_way.run(5)
    assert release.state is ReleaseState.INTERRUPTED
    assert journal.recorded[release.id].ended_at is None
    assert journal.claims == set()
    assert fake.writes == []


async def test_a_release_that_is_carried_out_cannot_be_left_as_it_is(fake: BusyCloud) -> None:
    journal = MemoryJournal()
    under_way = RunningRelease(fake, journal)
    await under_way.until(lambda: NEW in serving_split(fake))
    refusal = await leave_as_is(journal, fake.clock, under_way.id)
    assert isinstance(refusal, Refusal)
    assert refusal.reason is RefusalReason.BUSY
    assert (await under_way.run()).state is ReleaseState.SUCCEEDED


class ProgressJournal(MemoryJournal):
    """Keeps all progress that was shown to other processes."""

    def __init__(self) -> None:
        super().__init__()
        self.progress: list[ReleaseProgress] = []

    async def show_progress(self, release_id: str, progress: ReleaseProgress) -> None:
        self.progress.append(progress)


async def test_other_processes_see_each_step_at_once_and_then_what_is_no_two_seconds_old(fake: BusyCloud) -> None:
    journal, often = ProgressJournal(), timedelta(seconds=SHOW_OTHERS_EVERY_S)
    under_way = RunningRelease(fake, journal)
    release = await under_way.run()
    assert release.outcome not in {one.sentence for one in journal.progress}, "the end is in the record"
    for earlier, later in itertools.pairwise(journal.progress):
        assert later.step != earlier.step or later.at - earlier.at >= often
    shown = {id(one) for one in journal.progress}
    observed = [one for one in under_way.progress if one.sentence != release.outcome]
    latest = observed[0]
    for one in observed:
        latest = one if id(one) in shown else latest
        assert latest.step == one.step
        assert one.at - latest.at < often
