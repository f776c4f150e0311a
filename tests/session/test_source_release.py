"""A function is built from source without traffic; whatever goes wrong, traffic is as it was, or its state is said."""

from __future__ import annotations

import asyncio

import pytest

from cfconsole.domain.errors import ErrorKind
from cfconsole.domain.function_deploys import BuildState
from cfconsole.domain.plan_facts import PlanFacts
from cfconsole.domain.releases import Approval, Plan, Refusal, RefusalReason, Release, ReleaseState
from cfconsole.domain.rollout import begin
from cfconsole.domain.source_planning import plan_creation
from cfconsole.domain.traffic import LATEST, Share, Target, follows_latest
from cfconsole.session.approvals import carried_over
from cfconsole.session.ports import JournalError
from cfconsole.session.releasing import new_release
from cfconsole.session.rollouts import Onlookers, roll
from cfconsole.session.source_deploy import BuildOrder, approve_rest, build_source
from tests.session.building import NEW, OLD, SOURCE, WISH, BuildingCloud, approved, order, ports, stages
from tests.session.manual_clock import ManualClock
from tests.session.releases import ACTOR
from tests.session.scripted import MemoryJournal, error
from tests.session.shop import ORDERS

LINES = ('  File "main.py", line 1', "SyntaxError: invalid syntax")
BUILD_FAILED = BuildState(True, stages("in progress", "not started"), "The build failed.", LINES, "build")
START_FAILED = BuildState(True, stages("complete", "in progress"), "It did not start.", ("boom",), "service")


async def ended(fake: BuildingCloud, task: asyncio.Task[Release]) -> Release:
    clock = fake.clock
    assert isinstance(clock, ManualClock)
    while not task.done():
        await clock.advance(1)
    return await task


async def built(fake: BuildingCloud, journal: MemoryJournal, of: BuildOrder | None = None) -> Release:
    work = build_source(of or order(fake), ports(fake, journal), actor=ACTOR)
    return await ended(fake, asyncio.create_task(work))


def sentences(release: Release) -> list[str]:
    return [event.sentence for event in release.events]


async def test_the_split_is_pinned_before_the_deploy_and_the_new_revision_gets_no_traffic() -> None:
    fake, journal = BuildingCloud(), MemoryJournal()

    release = await built(fake, journal)

    assert (release.state, release.candidate) == (ReleaseState.SUCCEEDED, NEW)
    assert release.outcome == "00043 was built and gets no traffic yet"
    assert fake.split_at_deploy == fake.split == {OLD: 100}
    assert not follows_latest(fake.services[ORDERS].desired)
    ((deploy, create),) = fake.function_deploys
    assert (deploy.key.name, deploy.serves_latest, create) == ("orders-fn", False, False)
    assert fake.uploads == [SOURCE.archive]
    assert sentences(release) == [
        "approved by confirm",
        f"uploading {SOURCE.summary}",
        "pinning the split to 00042 100 %",
        f"deploying {SOURCE.summary} to function orders-fn",
        "the deploy was accepted",
        "build: in progress; its log: https://build/log",
        "build: complete",
        "service: in progress",
        "service: complete",
        "00043 was built and gets no traffic yet",
    ]
    assert journal.kept[release.id] == release
    assert journal.order.index("begin") == 0


async def test_what_was_built_takes_its_traffic_as_it_was_approved_and_ends_on_latest_again() -> None:
    fake, journal = BuildingCloud(), MemoryJournal()
    of = order(fake)
    release = await built(fake, journal, of)

    rest = await approve_rest(of.approval, release, WISH, ports(fake, journal))

    assert isinstance(rest, Approval), rest
    assert [step.label for step in rest.plan.steps] == ["canary 10 %", "canary 100 %"]
    assert rest.how == "confirm"
    task = asyncio.create_task(
        roll(fake.cloud, journal, fake.clock, new_release(rest, ACTOR, fake.clock.now()), Onlookers())
    )
    done = await ended(fake, task)
    assert done.state is ReleaseState.SUCCEEDED, done.outcome
    assert "PINNED" not in done.outcome
    assert [write.targets[0] for write in fake.writes] == [Target(OLD, 100), Target(NEW, 10), Target(LATEST, 100)]
    assert fake.split == {NEW: 100}


async def test_a_split_by_name_needs_no_pin_and_stays_by_name() -> None:
    fake, journal = BuildingCloud(), MemoryJournal()
    named = (Target(OLD, 100), Target(OLD, 0, "stable"))
    fake.services[ORDERS] = fake.services[ORDERS]._replace(desired=named, effective=(Share(OLD, 100),))
    of = order(fake)

    release = await built(fake, journal, of)

    assert release.state is ReleaseState.SUCCEEDED
    assert fake.writes == []
    rest = await approve_rest(of.approval, release, WISH, ports(fake, journal))
    assert isinstance(rest, Approval)
    assert rest.plan.steps[-1].targets == (Target(NEW, 100), Target(OLD, 0, "stable"))


@pytest.mark.parametrize("failed", [BUILD_FAILED, START_FAILED])
async def test_a_build_that_fails_leaves_traffic_as_it_was_and_says_what_it_said(failed: BuildState) -> None:
    fake, journal = BuildingCloud(), MemoryJournal()
    fake.ready = False
    fake.builds = [failed]
    before = fake.services[ORDERS].desired

    release = await built(fake, journal)

    assert release.state is ReleaseState.FAILED
    assert release.outcome == f"{failed.error.rstrip('.')}; traffic is as it was"
    assert [f"  {line}" for line in failed.error_lines] == [one for one in sentences(release) if one[:2] == "  "]
    assert fake.services[ORDERS].desired == before
    assert fake.split == {OLD: 100}
    assert release.candidate == (NEW if failed is START_FAILED else "")


async def test_latest_beside_a_revision_that_failed_is_taken_although_the_operation_fails() -> None:
    fake, journal = BuildingCloud(), MemoryJournal()
    fake.ready = False
    fake.builds = [START_FAILED]
    fake.trouble_after_build = "Revision 00043 is not ready.\nboom"

    release = await built(fake, journal)

    assert release.outcome == "It did not start; traffic is as it was"
    assert follows_latest(fake.services[ORDERS].desired)


async def test_latest_is_not_put_back_where_it_would_serve_something_else() -> None:
    fake, journal = BuildingCloud(), MemoryJournal()
    fake.builds = [START_FAILED]

    release = await built(fake, journal)

    assert release.outcome == ("It did not start; the split stays pinned to 00042 100 %: 00043 would serve at once")
    assert fake.split == {OLD: 100}


async def test_a_split_that_somebody_moved_during_the_build_is_left_alone() -> None:
    fake, journal = BuildingCloud(), MemoryJournal()
    of = order(fake)
    release = await built(fake, journal, of)
    fake.change(fake.services[ORDERS]._replace(desired=(Target(NEW, 100),)), by="eve@shop.example")

    rest = await approve_rest(of.approval, release, WISH, ports(fake, journal))

    assert isinstance(rest, Refusal)
    assert rest.reason is RefusalReason.CHANGED
    assert "changed by eve@shop.example during the build" in rest.sentence


async def test_steps_that_were_not_approved_are_not_carried_over() -> None:
    fake, journal = BuildingCloud(), MemoryJournal()
    of = order(fake)
    release = await built(fake, journal, of)

    rest = await approve_rest(of.approval, release, WISH._replace(steps=(50, 100)), ports(fake, journal))

    assert isinstance(rest, Refusal)
    assert "not those that were approved" in rest.sentence
    other = approved(fake, WISH).plan._replace(service=ORDERS._replace(name="other"))
    assert isinstance(carried_over(of.approval, other, fake.clock.now()), Refusal)


async def test_an_upload_that_fails_changes_nothing() -> None:
    fake, journal = BuildingCloud(), MemoryJournal()
    fake.fail["upload"] = error(ErrorKind.UNAVAILABLE, "The source was not uploaded.")

    release = await built(fake, journal)

    assert (release.state, release.outcome) == (
        ReleaseState.FAILED,
        "nothing was changed: The source was not uploaded.",
    )
    assert fake.writes == []


async def test_without_a_journal_nothing_is_uploaded() -> None:
    fake, journal = BuildingCloud(), MemoryJournal()
    journal.fail["begin"] = JournalError("The disk is full.")

    release = await built(fake, journal)

    assert (release.state, release.outcome) == (ReleaseState.FAILED, "nothing was changed: The disk is full.")
    assert fake.uploads == []


async def test_a_journal_that_fails_before_the_deploy_ends_it_there() -> None:
    fake, journal = BuildingCloud(), MemoryJournal()
    of = order(fake)
    fail = journal.fail

    class Full(MemoryJournal):
        async def append(self, release_id: str, event: object) -> None:
            if "deploying" in str(event):
                raise JournalError("The disk is full.")

    release = await built(fake, Full(), of)

    assert fail == {}
    assert release.outcome == "nothing was deployed: The disk is full; traffic is as it was"
    assert fake.function_deploys == []
    assert follows_latest(fake.services[ORDERS].desired)


async def test_a_service_that_moved_since_the_plan_is_superseded() -> None:
    fake, journal = BuildingCloud(), MemoryJournal()
    of = order(fake)
    fake.change(fake.services[ORDERS], by="eve@shop.example")

    release = await built(fake, journal, of)

    assert release.state is ReleaseState.SUPERSEDED
    assert fake.uploads == []


async def test_a_function_that_somebody_else_deploys_is_not_waited_for() -> None:
    fake, journal = BuildingCloud(), MemoryJournal()
    fake.fail["deploy_function"] = error(ErrorKind.CONFLICT, "Another deploy is in progress.")

    release = await built(fake, journal)

    assert release.state is ReleaseState.FAILED
    assert release.outcome.endswith("; traffic is as it was")
    assert fake.calls["deploy_function"] == 1


async def test_a_deploy_without_an_answer_that_shows_nowhere_was_not_taken() -> None:
    fake, journal = BuildingCloud(), MemoryJournal()
    fake.fail["deploy_function"] = error(ErrorKind.TIMEOUT, "No answer in time.")

    release = await built(fake, journal)

    assert release.outcome == "nothing was deployed: No answer in time; traffic is as it was"
    assert fake.calls["deploy_function"] == 1, "never sent twice"


async def test_a_deploy_without_an_answer_that_goes_on_leaves_the_pin() -> None:
    fake, journal = BuildingCloud(), MemoryJournal()
    fake.fail["deploy_function"] = error(ErrorKind.TIMEOUT, "No answer in time.")
    of = order(fake)
    function = fake.services[ORDERS].function
    assert function
    fake.services[ORDERS] = fake.services[ORDERS]._replace(function=function._replace(state="DEPLOYING"))

    release = await built(fake, journal, of)

    assert release.state is ReleaseState.UNKNOWN
    assert "so nothing new serves by itself" in release.outcome
    assert not follows_latest(fake.services[ORDERS].desired)


async def test_a_build_that_can_not_be_seen_for_a_moment_is_followed_on() -> None:
    fake, journal = BuildingCloud(), MemoryJournal()
    fake.fail_next["build"] = [error(ErrorKind.UNAVAILABLE), error(ErrorKind.QUOTA)]

    assert (await built(fake, journal)).state is ReleaseState.SUCCEEDED


async def test_a_build_that_stays_out_of_sight_is_unknown_and_pinned() -> None:
    fake, journal = BuildingCloud(), MemoryJournal()
    fake.fail["build"] = error(ErrorKind.DENIED, "You may not look.")

    release = await built(fake, journal)

    assert release.state is ReleaseState.UNKNOWN
    assert release.outcome.startswith("the build could not be looked at any more: You may not look; the split stays")


async def test_a_build_that_never_ends_is_given_up_after_half_an_hour() -> None:
    fake, journal = BuildingCloud(), MemoryJournal()
    fake.builds = fake.builds[:1]

    release = await built(fake, journal)

    assert release.outcome.startswith("the build is not done after 30 minutes; the split stays pinned")


async def test_an_interrupted_build_is_left_pinned_and_to_whoever_looks_next() -> None:
    fake, journal = BuildingCloud(), MemoryJournal()
    fake.builds = fake.builds[:2]
    task = asyncio.create_task(build_source(order(fake), ports(fake, journal), actor=ACTOR))
    clock = fake.clock
    assert isinstance(clock, ManualClock)
    while not fake.calls["build"]:
        await clock.advance(1)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    (kept,) = journal.kept.values()
    assert kept.state is ReleaseState.INTERRUPTED
    assert sentences(kept)[-1] == (
        "interrupted; a build that was begun goes on in the cloud, and the split stays pinned to 00042 100 %"
    )
    assert journal.carriers == set()
    assert begin(kept.plan, clock.now()).step.targets == (Target(OLD, 100),), "the journal can be read for recovery"


async def test_a_function_that_is_not_there_is_created_and_serves() -> None:
    fake, journal = BuildingCloud(), MemoryJournal()
    fake.remove()
    plan = plan_creation(ORDERS, SOURCE)
    of = BuildOrder(Approval(plan, "--yes", fake.clock.now()), SOURCE, "orders-api", "python312", "handle", True)
    fake.builds = [BuildState(False), BuildState(True, revision=NEW)]

    release = await built(fake, journal, of)

    assert (release.state, release.outcome) == (
        ReleaseState.SUCCEEDED,
        "00043 was built and serves as soon as it is ready",
    )
    ((deploy, create),) = fake.function_deploys
    assert (deploy.runtime, deploy.entry_point, deploy.serves_latest, create) == ("python312", "handle", None, True)
    assert fake.writes == []
    assert await approve_rest(of.approval, release, WISH, ports(fake, journal)) is None


async def test_a_function_whose_creation_failed_before_is_gone_on_with_but_nobody_elses() -> None:
    fake, journal = BuildingCloud(), MemoryJournal()
    service = fake.services.pop(ORDERS)
    approval = Approval(plan_creation(ORDERS, SOURCE), "--yes", fake.clock.now())
    of = BuildOrder(approval, SOURCE, "orders-api", "python312", "f", True)
    there = error(ErrorKind.CONFLICT, "It is there.")
    there.code = "ALREADY_EXISTS"
    fake.fail_next["deploy_function"] = [there]
    fake.builds = [BUILD_FAILED]

    release = await built(fake, journal, of)

    assert [create for _, create in fake.function_deploys] == [False]
    assert (release.state, release.outcome) == (ReleaseState.FAILED, "The build failed")

    fake.fail_next["deploy_function"] = [there]
    fake.at_deploy = lambda: fake.services.update({ORDERS: service})
    other = await built(fake, journal, of)
    assert (other.state, other.outcome) == (ReleaseState.FAILED, "nothing was deployed: It is there")
    assert len(fake.function_deploys) == 1

    assert (await built(fake, journal, of)).state is ReleaseState.SUPERSEDED


async def test_the_plan_says_what_happens_to_the_split() -> None:
    fake = BuildingCloud()
    plan = approved(fake).plan

    assert isinstance(plan, Plan)
    assert plan.steps[0].label == "build without traffic"
    assert f"built from {SOURCE.summary}" == plan.why
    assert plan.warnings[0] == "a .env is uploaded"
    assert any("the split is pinned to 00042 100 %" in warning for warning in plan.warnings)
    assert PlanFacts(fake.services[ORDERS], fake.revisions[ORDERS]).short(NEW) == "00043"
