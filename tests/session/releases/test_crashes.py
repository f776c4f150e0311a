"""The death of a process at every boundary of every strategy: the next process ends in a correct state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from cfconsole.domain.fleet.traffic import LATEST, Target
from cfconsole.domain.releases.model import Approval, Plan, Refusal, RefusalReason, Release, ReleaseState
from cfconsole.domain.releases.planning.facts import PlanFacts
from cfconsole.domain.releases.planning.scale import plan_scale
from cfconsole.domain.releases.planning.traffic_plans import plan_rollback, plan_undo
from cfconsole.domain.releases.rollout.values import Command
from cfconsole.domain.releases.steps import GuardPolicy, Policy, ProbePolicy, Strategy
from cfconsole.domain.source.function_builds import BuildState
from cfconsole.session.releases.record import new_release
from cfconsole.session.releases.release_runner import headless_runner
from tests.session.releases.mortal_process import FastClock, MortalProcess
from tests.session.releases.rollouts import NEW, OLD, BusyCloud, deploy_plan, serving_split
from tests.session.releases.single_writes import ACTOR
from tests.session.releases.source_builds import OPTIONS, BuildingCloud, creation_plan, source_plan, upload
from tests.session.scripted import Killed
from tests.session.shop import ORDERS, revision_name

OLDER = revision_name(ORDERS, 41)
POLICY = Policy(GuardPolicy(min_requests=4), ProbePolicy(min_ready_s=0, pause_s=0, in_a_row=1, attempts=2))
HISTORY_S = 400


class World(NamedTuple):
    """What survives the death of a process."""

    fake: BusyCloud
    clock: FastClock
    file: Path


class Case(NamedTuple):
    """A release, the split after a success, and whether the new revision is healthy."""

    plan: Callable[[BusyCloud], Plan]
    good: dict[str, int]
    before: dict[str, int]
    holds: bool = True
    builds: bool = False
    """Whether it is built from source, and a bad one does not build."""
    most: int | None = None
    """The most instances of the service when it went well."""


def deploys(strategy: Strategy) -> Callable[[BusyCloud], Plan]:
    return lambda fake: deploy_plan(fake, strategy, steps=(50, 100), bake_s=4, policy=POLICY)


def as_plan(plan: Plan | Refusal) -> Plan:
    assert isinstance(plan, Plan), plan
    return plan


def rollback(fake: BusyCloud) -> Plan:
    return as_plan(plan_rollback(PlanFacts(fake.services[ORDERS], fake.revisions[ORDERS])))


def undo(fake: BusyCloud) -> Plan:
    done = Release("r-before", rollback(fake), ACTOR, fake.clock.now(), ReleaseState.SUCCEEDED)
    fake.services[ORDERS] = replace(fake.services[ORDERS], desired=done.plan.after)
    fake.serve_desired(ORDERS)
    history = (replace(done, generation_after=fake.services[ORDERS].generation),)
    return as_plan(plan_undo(PlanFacts(fake.services[ORDERS], fake.revisions[ORDERS], history)))


def scale(fake: BusyCloud) -> Plan:
    return as_plan(plan_scale(PlanFacts(fake.services[ORDERS], fake.revisions[ORDERS]), maximum=9))


def from_source(strategy: Strategy) -> Callable[[BusyCloud], Plan]:
    return lambda fake: source_plan(fake, replace(OPTIONS, strategy=strategy, steps=(50, 100), policy=POLICY))


def creation(fake: BusyCloud) -> Plan:
    assert isinstance(fake, BuildingCloud)
    fake.remove()
    return creation_plan()


CASES = {
    "all-at-once": Case(deploys(Strategy.ALL_AT_ONCE), {NEW: 100}, {OLD: 100}),
    "all-at-once, bad": Case(deploys(Strategy.ALL_AT_ONCE), {NEW: 100}, {OLD: 100}, holds=False),
    "blue-green": Case(deploys(Strategy.BLUE_GREEN), {NEW: 100}, {OLD: 100}),
    "blue-green, bad": Case(deploys(Strategy.BLUE_GREEN), {NEW: 100}, {OLD: 100}, holds=False),
    "canary": Case(deploys(Strategy.CANARY), {NEW: 100}, {OLD: 100}),
    "canary, bad": Case(deploys(Strategy.CANARY), {NEW: 100}, {OLD: 100}, holds=False),
    "rollback": Case(rollback, {OLDER: 100}, {OLD: 100}),
    "undo": Case(undo, {OLD: 100}, {OLDER: 100}),
    "source, all-at-once": Case(from_source(Strategy.ALL_AT_ONCE), {NEW: 100}, {OLD: 100}, builds=True),
    "source, canary": Case(from_source(Strategy.CANARY), {NEW: 100}, {OLD: 100}, builds=True),
    "source, bad": Case(from_source(Strategy.CANARY), {NEW: 100}, {OLD: 100}, holds=False, builds=True),
    "scale": Case(scale, {OLD: 100}, {OLD: 100}, most=9),
}


def world(case: Case, file: Path) -> World:
    """A world with some minutes of requests, so the log can be compared with Monitoring."""
    clock = FastClock()
    fake = BuildingCloud(clock) if case.builds else BusyCloud(clock)
    fake.error_rates = {} if case.holds else {NEW: 1.0}
    if isinstance(fake, BuildingCloud) and not case.holds:
        fake.build_error = BuildState(True, error="The build failed.", error_lines=("SyntaxError",))
    fake.per_second = 0.2
    for _ in range(HISTORY_S // 5):
        clock.pass_time(5)
        fake.pass_by(5)
    fake.per_second = 5
    clock.passed = fake.pass_by
    return World(fake, clock, file)


async def run_release(at: World, case: Case, process: MortalProcess) -> Release:
    """Carries out a release in a process that may die."""
    cloud, journal = process.ports
    approval = Approval(case.plan(at.fake), "confirm", at.clock.now())
    release = new_release(approval, ACTOR, at.clock.now())
    if approval.plan.build:
        release = await upload(cloud, journal, at.clock, approval.plan)
    return await headless_runner(cloud, journal, at.clock).run(release, "confirm")


async def die_at(case: Case, file: Path, boundary: int) -> tuple[World, str] | None:
    """The world after the death at a boundary, and that boundary; `None` if the release ended before."""
    at = world(case, file)
    process = MortalProcess(at.fake, at.file, boundary)
    try:
        await run_release(at, case, process)
    except Killed:
        at.fake.settle()
        at.clock.pass_time(5)
        return at, f"{boundary}: {process.died_at}"
    finally:
        process.journal.die()
    return None


async def recover(at: World, command: Command) -> Release | Refusal | None:
    """Recovers the release in another process; `None` if the journal has none."""
    process = MortalProcess(at.fake, at.file)
    cloud, journal = process.ports
    try:
        releases = await journal.releases()
        if not releases:
            return None
        (release,) = releases
        found = await headless_runner(cloud, journal, at.clock).resume(release.id, command)
        await process.journal.verify_chain()
        (recorded,) = await journal.releases()
        assert recorded.ended_at, recorded
        return recorded if isinstance(found, Release) else found
    finally:
        process.journal.die()


def split_of(fake: BusyCloud) -> dict[str, int]:
    service = fake.services[ORDERS]
    assert sum(line.percent for line in service.desired) == 100
    return serving_split(fake)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory if possible: thousands of records have to reach the disk."""
    memory = Path("/dev/shm")
    if not memory.is_dir():
        yield tmp_path
        return
    with TemporaryDirectory(dir=memory) as made:
        yield Path(made)


def files(folder: Path) -> Callable[[int], Path]:
    return lambda number: folder / str(number) / "journal.sqlite"


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("command", [Command.CONTINUE, Command.ABORT])
async def test_death_at_every_boundary_ends_in_a_correct_state(name: str, command: Command, folder: Path) -> None:
    case, boundary, file = CASES[name], 1, files(folder)
    while (left := await die_at(case, file(boundary), boundary)) is not None:
        at, died = left
        found = await recover(at, command)
        at.fake.settle()
        check(case, at, command, found, died)
        boundary += 1
    assert boundary > (30 if case.good == {NEW: 100} else 10), boundary


def check(case: Case, at: World, command: Command, found: Release | Refusal | None, died: str) -> None:
    message = f"{died}: {found.outcome if isinstance(found, Release) else found}"
    split = split_of(at.fake)
    assert len(at.fake.revisions[ORDERS]) <= 4, f"never two new revisions: {message}"
    went_well = split == case.good and at.fake.services[ORDERS].max_instances == case.most
    taken_back = split == case.before and at.fake.services[ORDERS].max_instances is None
    twice = [one for one, next_one in pairwise(at.fake.writes) if one.targets == next_one.targets]
    assert not twice, f"never the same write again: {message}"
    if found is None:
        assert taken_back, message
    elif isinstance(found, Refusal):
        # It had ended already; its record tells how.
        assert found.reason is RefusalReason.ALREADY_DONE, message
        assert went_well if case.holds else taken_back, message
    elif command is Command.ABORT or not case.holds:
        assert taken_back, message
        assert found.state in (ReleaseState.ABORTED, ReleaseState.ROLLED_BACK), message
    else:
        assert found.state is ReleaseState.SUCCEEDED, message
        assert went_well, message


@pytest.mark.parametrize("name", CASES)
async def test_a_change_of_others_after_the_death_is_left_as_it_is(name: str, folder: Path) -> None:
    case, boundary, file = CASES[name], 1, files(folder)
    while (left := await die_at(case, file(boundary), boundary)) is not None:
        at, died = left
        theirs = replace(at.fake.services[ORDERS], min_instances=3)
        if case.builds:
            # A build moves the generation as often as it likes; what it never moves is the split.
            theirs = replace(theirs, desired=(Target(OLDER, 100),))
        at.fake.change(theirs)
        writes = len(at.fake.writes)
        command = Command.ABORT if boundary % 2 else Command.CONTINUE
        found = await recover(at, command)
        assert len(at.fake.writes) == writes, f"{died}: {found}"
        if isinstance(found, Release):
            # Whether a revision is ours can't be known while there is none: then the outcome says so.
            expected = (ReleaseState.SUPERSEDED, ReleaseState.UNKNOWN)
            assert found.state in expected, f"{died}: {found.outcome}"
        boundary += 1


async def recovery_died(at: World, command: Command, boundary: int) -> bool:
    """Whether the process that recovers the release dies at that boundary, too."""
    process = MortalProcess(at.fake, at.file, boundary)
    cloud, journal = process.ports
    try:
        (release,) = await process.journal.releases()
        await headless_runner(cloud, journal, at.clock).resume(release.id, command)
    except Killed:
        at.fake.settle()
        at.clock.pass_time(5)
        return True
    finally:
        process.journal.die()
    return False


@pytest.mark.parametrize("command", [Command.CONTINUE, Command.ABORT])
@pytest.mark.parametrize(("name", "first"), [("canary", 20), ("canary", 45), ("source, canary", 43)])
async def test_death_at_every_boundary_of_a_recovery_is_recovered_as_well(
    name: str, first: int, command: Command, folder: Path
) -> None:
    case, boundary, file = CASES[name], 1, files(folder)
    while True:
        left = await die_at(case, file(boundary), first)
        assert left
        at, died = left
        if not await recovery_died(at, command, boundary):
            break
        found = await recover(at, command)
        if isinstance(found, Refusal):
            # The one that died had ended it.
            assert split_of(at.fake) == (case.good if command is Command.CONTINUE else case.before), (
                f"{died}, {boundary}"
            )
        else:
            check(case, at, command, found, f"{died}, {boundary}")
        boundary += 1
    assert boundary > 10, boundary


@pytest.mark.parametrize("command", [Command.CONTINUE, Command.ABORT])
async def test_death_at_every_boundary_of_a_creation_leaves_one_function_or_none(
    command: Command, folder: Path
) -> None:
    case = Case(creation, {NEW: 100}, {}, builds=True)
    boundary, file, made = 1, files(folder), 0
    while (left := await die_at(case, file(boundary), boundary)) is not None:
        at, died = left
        found = await recover(at, command)
        at.fake.settle()
        message = f"{died}: {found.outcome if isinstance(found, Release) else found}"
        assert len(at.fake.revisions[ORDERS]) <= 1, message
        if isinstance(found, Release):
            done = ReleaseState.SUCCEEDED if command is Command.CONTINUE else ReleaseState.ABORTED
            assert found.state is done, message
        if ORDERS in at.fake.services:
            made += 1
            assert serving_split(at.fake) == case.good, message
            assert [target.revision for target in at.fake.services[ORDERS].desired] == [LATEST], message
        else:
            assert not isinstance(found, Release) or command is Command.ABORT, message
        boundary += 1
    assert boundary > 20, boundary
    assert made, "some died after the deploy was sent"
