"""A function is deployed from source on the screen: packed, planned, approved, built, and brought in by itself."""

from __future__ import annotations

from cfconsole.domain.releases import Approval, GuardLevel, Plan, Refusal, Release, ReleaseKind, ReleaseState
from cfconsole.domain.sources import PackedSource, SourceOrder, SourceTrouble
from cfconsole.domain.traffic import LATEST, Target
from cfconsole.session.console import ConsoleSession
from tests.session.building import NEW, OLD, SOURCE, WISH, BuildingCloud
from tests.session.opening import SETTINGS, Opened, opened
from tests.session.shop import ORDERS

FREE = SETTINGS._replace(guards={ReleaseKind.DEPLOY: GuardLevel.NONE})


class Folders:
    """`SourcesPort`: every directory holds the same source."""

    def __init__(self) -> None:
        self.orders: list[SourceOrder] = []

    async def pack(self, order: SourceOrder) -> PackedSource | SourceTrouble:
        self.orders.append(order)
        return SOURCE._replace(directory=order.directory, digest=order.directory)


def approved(session: ConsoleSession, plan: Plan | Refusal) -> Approval:
    assert isinstance(plan, Plan), plan
    approval = session.changes.approve(plan)
    assert isinstance(approval, Approval), approval
    return approval


async def packed(session: ConsoleSession, directory: str = "/srv/orders") -> PackedSource:
    source = await session.changes.pack(ORDERS, directory)
    assert isinstance(source, PackedSource)
    return source


async def planned(on: Opened) -> Plan:
    on.session.select([ORDERS])
    await on.clock.advance(0)
    plan = on.session.changes.plan_source(ORDERS, WISH, await packed(on.session))
    assert isinstance(plan, Plan), plan
    fresh = await on.session.changes.replan(plan)
    assert isinstance(fresh, Plan), fresh
    return fresh


async def until(on: Opened, count: int) -> tuple[Release, ...]:
    """The releases, newest first, once so many ended."""
    for _ in range(200):
        await on.clock.advance(1)
        if sum(release.ended_at is not None for release in on.session.state.releases) >= count:
            break
    return on.session.state.releases


async def test_what_was_built_is_brought_in_without_being_asked_again() -> None:
    fake = BuildingCloud()
    async with opened(FREE, fake=fake, sources=Folders()) as on:
        first = on.session.changes.release(approved(on.session, await planned(on)))

        rest, build = await until(on, 2)

        assert (build.id, build.state, build.candidate) == (first, ReleaseState.SUCCEEDED, NEW)
        assert (rest.state, rest.plan.target) == (ReleaseState.SUCCEEDED, NEW)
        assert fake.split_at_deploy == {OLD: 100}
        assert fake.services[ORDERS].desired[0] == Target(LATEST, 100)
        assert not on.session.jobs


async def test_the_source_is_checked_for_what_the_function_runs_on() -> None:
    folders = Folders()
    async with opened(fake=BuildingCloud(), sources=folders) as on:
        await on.session.changes.pack(ORDERS, "/srv/orders", run_tests=False)
        assert folders.orders == [SourceOrder("/srv/orders", "python312", "handle", False)]

    async with opened(fake=BuildingCloud()) as on:
        refused = await on.session.changes.pack(ORDERS, "/srv/orders")
        assert isinstance(refused, SourceTrouble)
        assert "builds nothing from source" in refused.sentence


async def test_a_service_that_moves_during_the_build_is_left_and_said() -> None:
    fake = BuildingCloud()
    *under_way, done = fake.builds
    fake.builds = under_way[:2]
    async with opened(FREE, fake=fake, sources=Folders()) as on:
        on.session.changes.release(approved(on.session, await planned(on)))
        while not fake.calls["build"]:
            await on.clock.advance(1)
        fake.change(fake.services[ORDERS]._replace(desired=(Target(OLD, 100, "mine"), Target(NEW, 0, "x"))), by="eve@x")
        fake.builds = [done]

        refused, build = await until(on, 2)

        assert build.state is ReleaseState.SUCCEEDED
        assert (refused.state, refused.events) == (ReleaseState.FAILED, ())
        assert "was changed" in refused.outcome
        assert len(fake.writes) == 1, "the pin alone"


async def test_a_plan_of_another_source_does_not_hold_any_more() -> None:
    async with opened(FREE, fake=BuildingCloud(), sources=Folders()) as on:
        plan = await planned(on)
        on.session.changes.plan_source(ORDERS, WISH, await packed(on.session, "/srv/other"))

        again = await on.session.changes.replan(plan)

        assert isinstance(again, Refusal)
        assert "another source was made ready" in again.sentence


async def test_a_console_that_closes_leaves_the_build_to_the_cloud() -> None:
    fake = BuildingCloud()
    fake.builds = fake.builds[:2]
    async with opened(FREE, fake=fake, sources=Folders()) as on:
        release_id = on.session.changes.release(approved(on.session, await planned(on)))
        while not fake.calls["build"]:
            await on.clock.advance(1)
    kept = on.journal.kept[release_id]
    assert kept.state is ReleaseState.INTERRUPTED
    assert kept.events[-1].sentence == (
        "interrupted: its console was closed; a build that was begun goes on in the cloud, "
        "and the split stays pinned to 00042 100 %"
    )
    assert release_id not in on.journal.carriers


async def test_a_console_that_closes_during_the_upload_begins_no_build() -> None:
    fake = BuildingCloud()
    fake.upload_s = 5
    async with opened(FREE, fake=fake, sources=Folders()) as on:
        release_id = on.session.changes.release(approved(on.session, await planned(on)))
    kept = on.journal.kept[release_id]
    assert (kept.state, kept.outcome) == (ReleaseState.FAILED, "nothing was changed: its console was closed")
    assert (fake.writes, fake.function_deploys) == ([], [])


async def test_two_builds_of_one_service_do_not_fight() -> None:
    fake = BuildingCloud()
    async with opened(FREE, fake=fake, sources=Folders()) as on:
        approval = approved(on.session, await planned(on))
        on.session.changes.release(approval)
        again = on.session.changes.plan_source(ORDERS, WISH, await packed(on.session))
        assert isinstance(again, Refusal)
        assert "under way" in again.sentence
        await until(on, 2)
        assert fake.calls["upload"] == 1
