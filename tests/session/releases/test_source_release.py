"""A function deployed from source in one release: after any error, traffic is as before or the outcome says not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.fleet.traffic import LATEST, Share, Target, follows_latest
from cfconsole.domain.releases.model import Approval, Plan, Release, ReleaseState
from cfconsole.domain.releases.rollout.progress import CommandRecord
from cfconsole.domain.releases.rollout.recovery import RecoveryOption
from cfconsole.domain.releases.rollout.values import Command
from cfconsole.domain.releases.stats import release_stats
from cfconsole.domain.releases.steps import OnDisconnect
from cfconsole.domain.source.function_builds import BuildState
from cfconsole.session.ports import JournalError
from cfconsole.session.releases.record import new_release
from cfconsole.session.releases.recovery import read_recovery
from cfconsole.session.releases.release_runner import STOPPED, headless_runner
from cfconsole.session.releases.step_writer import get_service_or_none
from tests.session.releases.single_writes import ACTOR
from tests.session.releases.source_builds import (
    NEW,
    OLD,
    OPTIONS,
    SOURCE,
    BuildingCloud,
    creation_plan,
    source_plan,
    stages,
    upload,
)
from tests.session.scripted import MemoryJournal, error
from tests.session.shop import ORDERS

LINES = ('  File "main.py", line 1', "SyntaxError: invalid syntax")
BUILD_FAILED = BuildState(True, stages("in progress", "not started"), "The build failed.", LINES, "build")
START_FAILED = BuildState(True, stages("complete", "in progress"), "It did not start.", ("boom",), "service")


class SourceRelease:
    """A release from source under way."""

    def __init__(
        self,
        fake: BuildingCloud,
        journal: MemoryJournal | None = None,
        plan: Plan | None = None,
        values: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.fake = fake
        self.journal = journal or MemoryJournal()
        self.runner = headless_runner(fake.cloud, self.journal, fake.clock)
        self.task = asyncio.create_task(self._carried_out(plan or source_plan(fake), values))

    async def _carried_out(self, plan: Plan, values: tuple[tuple[str, str], ...]) -> Release:
        fake, journal = self.fake, self.journal
        release = await upload(fake.cloud, journal, fake.clock, plan)
        if release.ended_at:
            return release
        return await self.runner.run(release, "confirm", values)

    def stop(self) -> None:
        """Stops its process."""
        self.runner.leave(STOPPED)

    async def until(self, reached: Callable[[], bool]) -> None:
        for _ in range(4000):
            if self.task.done() or reached():
                return
            await self.fake.manual.advance(1)
        raise AssertionError("it neither ends nor gets there")

    async def ended(self) -> Release:
        await self.until(lambda: False)
        return await self.task

    async def command(self, command: Command) -> None:
        (release_id,) = self.journal.recorded
        await self.journal.add_command(release_id, CommandRecord(command, ACTOR, self.fake.clock.now()))


def sentences(release: Release) -> list[str]:
    return [event.sentence for event in release.events]


async def test_the_split_is_pinned_before_the_deploy_and_the_release_ends_on_latest_again() -> None:
    fake = BuildingCloud()

    release = await SourceRelease(fake).ended()

    assert (release.state, release.candidate) == (ReleaseState.SUCCEEDED, NEW), release.outcome
    assert "PINNED" not in release.outcome
    assert fake.split_at_deploy == {OLD: 100}
    assert fake.split == {NEW: 100}
    assert [write.targets[0] for write in fake.writes] == [Target(OLD, 100), Target(NEW, 10), Target(LATEST, 100)]
    ((deploy, create),) = fake.function_deploys
    assert (deploy.key.name, deploy.serves_latest, create) == ("orders-fn", False, False)
    assert (deploy.env, deploy.limits) == ((), ())
    assert fake.uploads == [SOURCE.archive]


async def test_its_stages_and_its_steps_are_one_record_and_count_once() -> None:
    fake = BuildingCloud()
    deploy = SourceRelease(fake)

    release = await deploy.ended()

    lines = [one for one in sentences(release) if not one.endswith(": accepted")]
    assert lines == [
        f"uploaded {SOURCE.summary}",
        "approved by confirm",
        "writing pin the split",
        "deploying the source to function orders-fn",
        "build in progress; its log: https://build/log",
        "build complete, service in progress",
        "writing canary 10 %",
        "writing canary 100 %",
        "00043 serves all traffic",
    ]
    (recorded,) = deploy.journal.recorded.values()
    assert recorded == release
    assert {one.id for one in fake.published} == {release.id}
    assert release_stats([recorded]).deployment.releases == release_stats([recorded]).success_rate.releases == 1


async def test_a_split_by_name_needs_no_pin_and_stays_by_name() -> None:
    fake = BuildingCloud()
    named = (Target(OLD, 100), Target(OLD, 0, "stable"))
    fake.services[ORDERS] = replace(fake.services[ORDERS], desired=named, effective=(Share(OLD, 100),))

    release = await SourceRelease(fake).ended()

    assert release.state is ReleaseState.SUCCEEDED, release.outcome
    assert [write.targets[0] for write in fake.writes] == [Target(NEW, 10), Target(NEW, 100)]
    assert Target(OLD, 0, "stable") in fake.services[ORDERS].desired


async def test_variables_and_limits_go_with_the_deploy_and_their_values_into_no_record() -> None:
    fake = BuildingCloud()
    plan = source_plan(fake, replace(OPTIONS, env=(("TOKEN", "s3cret"), ("OLD", None)), limits=(("memory", "1Gi"),)))
    deploying = SourceRelease(fake, plan=plan, values=(("TOKEN", "s3cret"),))

    release = await deploying.ended()

    assert release.state is ReleaseState.SUCCEEDED, release.outcome
    ((deploy, _),) = fake.function_deploys
    assert (deploy.env, deploy.limits) == ((("TOKEN", "s3cret"), ("OLD", None)), (("memory", "1Gi"),))
    assert "s3cret" not in str(deploying.journal.recorded)


async def test_a_build_that_makes_nothing_puts_latest_back_and_says_what_it_said() -> None:
    fake = BuildingCloud()
    fake.build_error, fake.makes_revision = BUILD_FAILED, False

    release = await SourceRelease(fake).ended()

    assert (release.state, release.outcome) == (ReleaseState.ROLLED_BACK, "The build failed; traffic is as before")
    assert [f"  {line}" for line in LINES] == [one for one in sentences(release) if one[:2] == "  "]
    assert follows_latest(fake.services[ORDERS].desired)
    assert (fake.split, release.candidate) == ({OLD: 100}, "")


async def test_a_revision_that_does_not_start_is_named_and_the_split_stays_by_name() -> None:
    fake = BuildingCloud()
    fake.build_error = START_FAILED

    release = await SourceRelease(fake).ended()

    assert (release.state, release.candidate) == (ReleaseState.ROLLED_BACK, NEW)
    assert release.outcome == "It did not start; traffic is as before, PINNED: the next deploy gets none automatically"
    assert fake.services[ORDERS].desired == (Target(OLD, 100),), "LATEST might serve what failed"


async def test_a_split_that_others_changed_during_the_build_is_left_alone() -> None:
    fake = BuildingCloud()
    fake.hangs = True
    deploy = SourceRelease(fake)
    await deploy.until(lambda: fake.calls["build"] > 0)
    fake.change(replace(fake.services[ORDERS], desired=(Target(OLD, 100, "mine"),)), by="eve@shop.example")

    release = await deploy.ended()

    assert release.state is ReleaseState.SUPERSEDED
    assert "changed by eve@shop.example" in release.outcome
    assert len(fake.writes) == 1, "the pin alone"


async def test_another_revision_that_was_made_during_the_build_is_left_alone() -> None:
    fake = BuildingCloud()
    fake.hangs = True
    deploy = SourceRelease(fake)
    await deploy.until(lambda: fake.calls["build"] > 0)
    fake.finish_build()
    fake.hangs = False
    fake.change(replace(fake.services[ORDERS], latest_created="orders-api-00044"), by="eve@shop.example")

    release = await deploy.ended()

    assert release.state is ReleaseState.SUPERSEDED
    assert fake.split == {OLD: 100}


async def test_an_abort_during_the_build_ends_at_once_and_what_it_makes_gets_no_traffic() -> None:
    fake = BuildingCloud()
    fake.hangs = True
    deploy = SourceRelease(fake)
    await deploy.until(lambda: fake.calls["build"] > 0)

    await deploy.command(Command.ABORT)
    release = await deploy.ended()
    fake.settle()

    assert (release.state, release.outcome) == (
        ReleaseState.ABORTED,
        "aborted by the operator; the build continues, because Cloud Functions can't stop one; "
        "its revision gets no traffic: the split stays pinned to 00042 100 %; "
        "send all traffic to latest to unpin it",
    )
    assert fake.services[ORDERS].latest_created == NEW
    assert fake.split == {OLD: 100}
    assert len(fake.writes) == 1, "the pin alone"


async def test_an_abort_of_a_function_that_serves_nothing_yet_says_that_it_will_serve() -> None:
    fake = BuildingCloud()
    fake.hangs = True
    fake.remove()
    deploy = SourceRelease(fake, plan=creation_plan())
    await deploy.until(lambda: fake.calls["build"] > 0)

    await deploy.command(Command.ABORT)

    assert (await deploy.ended()).outcome.endswith("serves as soon as it is ready, because nothing served before")


async def test_an_upload_that_fails_changes_nothing_and_is_recorded() -> None:
    fake = BuildingCloud()
    fake.fail["upload"] = error(ErrorKind.UNAVAILABLE, "The source was not uploaded.")
    deploy = SourceRelease(fake)

    release = await deploy.ended()

    assert (release.state, release.outcome) == (
        ReleaseState.FAILED,
        "nothing was changed: The source was not uploaded.",
    )
    assert (fake.writes, deploy.journal.states()) == ([], [ReleaseState.FAILED])


async def test_without_a_journal_nothing_is_written() -> None:
    fake, journal = BuildingCloud(), MemoryJournal()
    journal.fail["begin"] = JournalError("The disk is full.")

    release = await SourceRelease(fake, journal).ended()

    assert (release.state, release.outcome) == (ReleaseState.FAILED, "nothing was changed: The disk is full.")
    assert (fake.writes, fake.function_deploys) == ([], [])


async def test_a_service_that_moved_since_the_plan_is_superseded() -> None:
    fake = BuildingCloud()
    plan = source_plan(fake)
    fake.change(fake.services[ORDERS], by="eve@shop.example")

    release = await SourceRelease(fake, plan=plan).ended()

    assert release.state is ReleaseState.SUPERSEDED
    assert (fake.writes, fake.function_deploys) == ([], [])


async def test_a_function_that_somebody_else_deploys_is_not_waited_for() -> None:
    fake = BuildingCloud()
    fake.fail["deploy_function"] = error(ErrorKind.CONFLICT, "Another deploy is in progress.")

    release = await SourceRelease(fake).ended()

    assert release.outcome == "the deploy was rejected: Another deploy is in progress; traffic is as before"
    assert fake.calls["deploy_function"] == 1
    assert follows_latest(fake.services[ORDERS].desired)


async def test_a_deploy_without_an_answer_that_shows_nowhere_was_not_taken() -> None:
    fake = BuildingCloud()
    fake.fail["deploy_function"] = error(ErrorKind.TIMEOUT, "No answer in time.")

    release = await SourceRelease(fake).ended()

    assert release.outcome == "the deploy was not accepted: No answer in time; traffic is as before"
    assert fake.calls["deploy_function"] == 1, "never sent twice"


async def test_a_deploy_without_an_answer_that_was_taken_is_followed_by_its_function() -> None:
    fake = BuildingCloud()
    fake.lose_answer_of_deploy = error(ErrorKind.TIMEOUT, "No answer in time.")

    release = await SourceRelease(fake).ended()

    assert release.state is ReleaseState.SUCCEEDED, release.outcome
    assert fake.calls["deploy_function"] == 1, "never sent twice"
    assert fake.calls["build"] == 0, "nobody knows its operation"
    assert fake.split == {NEW: 100}


async def test_a_build_that_can_not_be_seen_for_a_moment_is_followed_on() -> None:
    fake = BuildingCloud()
    fake.fail_next["build"] = [error(ErrorKind.UNAVAILABLE), error(ErrorKind.QUOTA)]

    assert (await SourceRelease(fake).ended()).state is ReleaseState.SUCCEEDED


async def test_a_build_that_stays_out_of_sight_is_unknown_and_pinned() -> None:
    fake = BuildingCloud()
    fake.fail["build"] = error(ErrorKind.DENIED, "You may not look.")

    release = await SourceRelease(fake).ended()

    assert release.state is ReleaseState.UNKNOWN
    assert release.outcome.startswith("the build is not done after 30 minutes: You may not look; the split stays")


async def test_an_interrupted_build_is_left_pinned_and_can_be_resumed() -> None:
    fake = BuildingCloud()
    fake.hangs = True
    deploy = SourceRelease(fake)
    await deploy.until(lambda: fake.calls["build"] > 0)

    deploy.stop()
    release = await deploy.ended()

    assert release.state is ReleaseState.INTERRUPTED
    assert sentences(release)[-1] == "interrupted: stopped by a signal; it can be resumed"
    assert deploy.journal.claims == set()
    assert fake.split == {OLD: 100}


async def test_a_function_that_is_not_there_is_created_and_serves() -> None:
    fake = BuildingCloud()
    fake.remove()

    release = await SourceRelease(fake, plan=creation_plan()).ended()

    assert (release.state, release.outcome) == (ReleaseState.SUCCEEDED, "00043 serves all traffic")
    ((deploy, create),) = fake.function_deploys
    assert (deploy.runtime, deploy.entry_point, deploy.serves_latest, create) == ("python312", "handle", None, True)
    assert fake.writes == []


async def test_where_nothing_serves_the_build_serves_whatever_the_split_is() -> None:
    fake = BuildingCloud()
    fake.services[ORDERS] = replace(fake.services[ORDERS], effective=())

    release = await SourceRelease(fake).ended()

    assert release.state is ReleaseState.SUCCEEDED, release.outcome
    assert [deploy.serves_latest for deploy, _ in fake.function_deploys] == [True]
    assert fake.split == {NEW: 100}


async def test_a_function_whose_creation_failed_before_is_continued_but_none_of_others() -> None:
    fake = BuildingCloud()
    service = fake.services[ORDERS]
    fake.remove()
    there = error(ErrorKind.CONFLICT, "It is there.")
    there.code = "ALREADY_EXISTS"
    fake.fail_next["deploy_function"] = [there]
    fake.build_error, fake.makes_revision = BUILD_FAILED, False

    release = await SourceRelease(fake, plan=creation_plan()).ended()

    assert [create for _, create in fake.function_deploys] == [False]
    assert (release.state, release.outcome) == (ReleaseState.FAILED, "nothing was changed: The build failed")

    fake.fail_next["deploy_function"] = [there]
    fake.at_deploy = lambda: fake.services.update({ORDERS: service})
    other = await SourceRelease(fake, plan=creation_plan()).ended()
    assert other.state is ReleaseState.SUPERSEDED
    assert len(fake.function_deploys) == 1


async def test_a_service_is_called_absent_only_where_that_is_known() -> None:
    fake = BuildingCloud()
    fake.fail_next["get_service"] = [error(ErrorKind.UNAVAILABLE, "no network"), error(ErrorKind.NOT_FOUND)]
    with pytest.raises(CloudError, match="no network"):
        await get_service_or_none(fake.cloud.services, ORDERS)
    assert await get_service_or_none(fake.cloud.services, ORDERS) is None
    assert await get_service_or_none(fake.cloud.services, ORDERS)


async def test_a_creation_left_half_way_can_be_resumed_by_whoever_asks() -> None:
    fake = BuildingCloud()
    fake.remove()
    plan = replace(creation_plan(), policy=replace(OPTIONS.policy, on_disconnect=OnDisconnect.RESTORE))
    release = new_release(Approval(plan, "confirm", fake.clock.now()), ACTOR, fake.clock.now())

    recovery = await read_recovery(fake.cloud, fake.clock, release)

    assert isinstance(recovery.resume, RecoveryOption)
    assert recovery.resume.end is None
