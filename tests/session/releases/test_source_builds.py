"""A function deployed from source on the screen: packed, planned, approved, built and released in steps."""

from __future__ import annotations

from msgspec.structs import replace

from cfconsole.domain.fleet.traffic import LATEST, Target
from cfconsole.domain.releases.kinds import GuardLevel, ReleaseKind
from cfconsole.domain.releases.model import Approval, Plan, Refusal, Release, ReleaseState
from cfconsole.domain.releases.planning.request import SourceRequest
from cfconsole.domain.releases.rollout.values import Command
from cfconsole.domain.source.packages import PackedSource, SourceRefusal, SourceSpec
from cfconsole.session.console.console_session import ConsoleSession
from tests.session.open_session import SETTINGS, OpenSession, open_session
from tests.session.releases.source_builds import NEW, OLD, OPTIONS, SOURCE, BuildingCloud
from tests.session.shop import ORDERS

FREE = replace(SETTINGS, guards={ReleaseKind.DEPLOY: GuardLevel.NONE})


class Folders:
    """A `SourcesPort` in which every directory holds the same source."""

    def __init__(self) -> None:
        self.orders: list[SourceSpec] = []

    async def pack(self, order: SourceSpec) -> PackedSource | SourceRefusal:
        self.orders.append(order)
        return replace(SOURCE, directory=order.directory, digest=order.directory)


def approve(session: ConsoleSession, plan: Plan | Refusal) -> Approval:
    assert isinstance(plan, Plan), plan
    approval = session.changes.approve(plan)
    assert isinstance(approval, Approval), approval
    return approval


async def pack(session: ConsoleSession, directory: str = "/srv/orders") -> PackedSource:
    source = await session.changes.pack(ORDERS, directory)
    assert isinstance(source, PackedSource)
    return source


async def source_request(on: OpenSession, directory: str = "/srv/orders") -> SourceRequest:
    """The request that the form of a function makes."""
    on.session.select([ORDERS])
    await on.clock.advance(0)
    return SourceRequest(OPTIONS, await pack(on.session, directory))


async def start_release(on: OpenSession) -> str:
    """Starts a release from source, planned again from a fresh read and approved. Returns its id."""
    request = await source_request(on)
    assert isinstance(on.session.changes.plan(ORDERS, request), Plan)
    fresh = await on.session.changes.replan(ORDERS, request)
    return on.session.changes.release(approve(on.session, fresh), request)


async def until(on: OpenSession, count: int) -> tuple[Release, ...]:
    """The releases, newest first, once so many have ended."""
    for _ in range(200):
        await on.clock.advance(1)
        if sum(release.ended_at is not None for release in on.session.state.releases) >= count:
            break
    return on.session.state.releases


async def test_a_build_and_what_follows_it_are_one_release() -> None:
    fake = BuildingCloud()
    async with open_session(FREE, fake=fake, sources=Folders()) as on:
        release_id = await start_release(on)

        (release,) = await until(on, 1)

        assert (release.id, release.state, release.candidate) == (release_id, ReleaseState.SUCCEEDED, NEW)
        assert release.events[0].sentence.startswith("uploaded /srv/orders, ")
        assert fake.split_at_deploy == {OLD: 100}
        assert fake.services[ORDERS].desired[0] == Target(LATEST, 100)
        assert not on.session.pending_work


async def test_the_upload_is_shown_and_counts_as_pending_work() -> None:
    fake = BuildingCloud()
    fake.upload_s = 5
    async with open_session(FREE, fake=fake, sources=Folders()) as on:
        await start_release(on)
        await on.clock.advance(1)

        (release,) = on.session.state.releases
        assert (release.state, on.session.pending_work) == (ReleaseState.PLANNED, 1)
        assert release.events[-1].sentence.startswith("uploading /srv/orders, ")
        await until(on, 1)


async def test_the_source_is_checked_for_what_the_function_runs_on() -> None:
    folders = Folders()
    async with open_session(fake=BuildingCloud(), sources=folders) as on:
        await on.session.changes.pack(ORDERS, "/srv/orders", run_tests=False)
        assert folders.orders == [SourceSpec("/srv/orders", "python312", "handle", False)]

    async with open_session(fake=BuildingCloud()) as on:
        refused = await on.session.changes.pack(ORDERS, "/srv/orders")
        assert isinstance(refused, SourceRefusal)
        assert "can't build from source" in refused.sentence


async def test_a_request_keeps_its_own_source_whatever_is_packed_meanwhile() -> None:
    async with open_session(FREE, fake=BuildingCloud(), sources=Folders()) as on:
        request = await source_request(on)
        other = await source_request(on, "/srv/other")
        assert isinstance(on.session.changes.plan(ORDERS, other), Plan)

        again = await on.session.changes.replan(ORDERS, request)

        assert isinstance(again, Plan)
        assert again.why.startswith("built from /srv/orders,")
        on.session.changes.release(approve(on.session, again), request)
        (release,) = await until(on, 1)
        assert release.events[0].sentence.startswith("uploaded /srv/orders, ")


async def test_a_console_that_closes_leaves_the_build_to_be_resumed() -> None:
    fake = BuildingCloud()
    fake.hangs = True
    async with open_session(FREE, fake=fake, sources=Folders()) as on:
        release_id = await start_release(on)
        while not fake.calls["build"]:
            await on.clock.advance(1)
    recorded = on.journal.recorded[release_id]
    assert recorded.state is ReleaseState.INTERRUPTED
    assert recorded.events[-1].sentence == "interrupted: its console was closed; it can be resumed"
    assert release_id not in on.journal.claims


async def test_an_abort_while_it_is_built_ends_it_at_once() -> None:
    fake = BuildingCloud()
    fake.hangs = True
    async with open_session(FREE, fake=fake, sources=Folders()) as on:
        release_id = await start_release(on)
        while not fake.calls["build"]:
            await on.clock.advance(1)

        on.session.changes.command(release_id, Command.ABORT)
        (release,) = await until(on, 1)

        assert release.state is ReleaseState.ABORTED
        assert "can't stop one" in release.outcome
        assert fake.split == {OLD: 100}


async def test_a_console_that_closes_during_the_upload_begins_no_build() -> None:
    fake = BuildingCloud()
    fake.upload_s = 5
    async with open_session(FREE, fake=fake, sources=Folders()) as on:
        release_id = await start_release(on)
    recorded = on.journal.recorded[release_id]
    assert (recorded.state, recorded.outcome) == (ReleaseState.FAILED, "nothing was changed: its console was closed")
    assert (fake.writes, fake.function_deploys) == ([], [])


async def test_two_builds_of_one_service_do_not_fight() -> None:
    fake = BuildingCloud()
    async with open_session(FREE, fake=fake, sources=Folders()) as on:
        await start_release(on)
        again = on.session.changes.plan(ORDERS, await source_request(on))
        assert isinstance(again, Refusal)
        assert "in progress" in again.sentence
        await until(on, 1)
        assert fake.calls["upload"] == 1
