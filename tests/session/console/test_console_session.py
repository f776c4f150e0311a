"""The console session as the screen uses it."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.releases.kinds import GuardLevel, ReleaseKind
from cfconsole.domain.releases.model import Approval, Plan, Refusal, RefusalReason, ReleaseState
from cfconsole.domain.releases.planning.request import PlanRequest, RollbackRequest, ToLatestRequest
from cfconsole.domain.releases.rollout.values import Command
from cfconsole.session.state.console_state import ConsoleState, Feed
from tests import builders
from tests.session.open_session import SETTINGS, OpenSession, open_session
from tests.session.releases.single_writes import BAD, GOOD
from tests.session.scripted import FakeCloud, MemoryJournal, error
from tests.session.shop import BILLING, ORDERS

R, L = RollbackRequest(), ToLatestRequest()


async def approve(it: OpenSession, request: PlanRequest = R, typed: str = "") -> Approval:
    it.session.select([ORDERS, BILLING])
    await it.clock.advance(1)
    plan = it.session.changes.plan(BILLING if request == L else ORDERS, request)
    assert isinstance(plan, Plan), plan
    approval = it.session.changes.approve(plan, typed=typed)
    assert isinstance(approval, Approval), approval
    return approval


async def test_a_rollback_is_planned_from_what_is_on_screen() -> None:
    async with open_session() as it:
        approval = await approve(it)
        assert (approval.plan.bad, approval.plan.target) == (BAD, GOOD)


async def test_a_release_is_a_job_until_its_write_is_answered() -> None:
    async with open_session() as it:
        approval = await approve(it)
        name = it.session.changes.release(approval, R)
        assert it.session.pending_work == 1
        await it.session.wait_until_idle()
        assert len(it.fake.writes) == 1
        assert it.session.state.releases[0].id == name
        assert it.session.state.releases[0].open


async def test_without_pending_work_the_session_is_idle() -> None:
    async with open_session() as it, asyncio.timeout(5):
        await it.session.wait_until_idle()
        assert it.session.pending_work == 0


async def test_one_release_at_a_time_for_a_service() -> None:
    async with open_session() as it:
        approval = await approve(it)
        it.session.changes.release(approval, R)
        refusal = it.session.changes.approve(approval.plan)
        assert isinstance(refusal, Refusal)
        assert refusal.reason is RefusalReason.BUSY
        second = it.session.changes.release(approval, R)
        assert next(r for r in it.session.state.releases if r.id == second).state is ReleaseState.FAILED
        await it.session.wait_until_idle()
        assert len(it.fake.writes) == 1


async def test_two_services_release_at_once() -> None:
    async with open_session() as it:
        one = await approve(it)
        other = await approve(it, L)
        it.session.changes.release(one, R)
        it.session.changes.release(other, L)
        await it.clock.advance(120)
        assert [release.state for release in it.session.state.releases] == [ReleaseState.SUCCEEDED] * 2


async def test_closing_waits_for_a_release_under_way() -> None:
    journal = MemoryJournal()
    async with open_session(journal=journal) as it:
        it.fake.effective_after_polls = 5
        it.session.changes.release(await approve(it), R)
    assert journal.states() == [ReleaseState.SUCCEEDED]


async def test_a_guarded_context_wants_the_name_typed() -> None:
    settings = replace(SETTINGS, guards={ReleaseKind.ROLLBACK: GuardLevel.TYPE_NAME})
    async with open_session(settings) as it:
        it.session.select([ORDERS])
        await it.clock.advance(1)
        plan = it.session.changes.plan(ORDERS, R)
        assert isinstance(plan, Plan)
        refusal = it.session.changes.approve(plan, typed="orders")
        assert isinstance(refusal, Refusal)
        assert refusal.reason is RefusalReason.NOT_APPROVED
        assert isinstance(it.session.changes.approve(plan, typed="orders-api"), Approval)
        named = it.session.changes.approve(replace(plan, must_name=GOOD), typed="orders-api")
        assert isinstance(named, Refusal)
        assert named.reason is RefusalReason.MUST_NAME
        assert isinstance(it.session.changes.approve(replace(plan, must_name=GOOD), typed=GOOD), Approval)


async def test_a_read_only_console_approves_nothing() -> None:
    async with open_session(replace(SETTINGS, read_only=True)) as it:
        it.session.select([ORDERS])
        await it.clock.advance(1)
        plan = it.session.changes.plan(ORDERS, R)
        assert isinstance(plan, Plan)
        refusal = it.session.changes.approve(plan)
        assert isinstance(refusal, Refusal)
        assert refusal.reason is RefusalReason.READ_ONLY


async def test_a_fresh_read_plans_anew() -> None:
    async with open_session() as it:
        approval = await approve(it)
        it.fake.change(it.fake.services[ORDERS])
        plan = await it.session.changes.replan(ORDERS, R)
        assert isinstance(plan, Plan)
        assert plan.generation == approval.plan.generation + 1
        assert "named" not in plan.why
        it.fake.fail["get_service"] = error(ErrorKind.UNAVAILABLE)
        refusal = await it.session.changes.replan(ORDERS, R)
        assert isinstance(refusal, Refusal)
        assert refusal.reason is RefusalReason.UNREADABLE


async def test_expired_credentials_stop_all_reads_until_refreshed() -> None:
    async with open_session() as it:
        for method in ("list_services", "metrics", "alerts"):
            it.fake.fail[method] = error(ErrorKind.CREDENTIALS)
        await it.clock.advance(15)
        before = it.fake.calls.total()
        await it.clock.advance(120)
        assert it.fake.calls.total() == before
        failed = it.session.state.feeds[Feed.SERVICES].error
        assert failed is not None
        assert failed.kind is ErrorKind.CREDENTIALS
        it.fake.fail.clear()
        it.session.refresh()
        await it.clock.advance(0)
        assert it.session.state.feeds[Feed.SERVICES].error is None


async def test_a_cloud_that_can_not_be_opened_is_tried_again() -> None:
    fake = FakeCloud()
    fake.fail_next["connect"] = [error(ErrorKind.UNAVAILABLE)]
    async with open_session(fake=fake) as it:
        assert it.session.state.feeds[Feed.SERVICES].error is not None
        with pytest.raises(CloudError):
            await it.session.describe(ORDERS)
        await it.clock.advance(3)
        assert ORDERS in it.session.state.services


async def test_listeners_get_each_state_until_they_leave() -> None:
    async with open_session(started=False) as it:
        seen: list[ConsoleState] = []
        leave = it.session.subscribe(seen.append)
        it.session.select([ORDERS])
        leave()
        it.session.select([BILLING])
        assert [state.selected for state in seen] == [(ORDERS,)]


async def test_a_service_is_described_as_text() -> None:
    async with open_session() as it:
        assert await it.session.describe(ORDERS) == f"name: {ORDERS.path}\n"


async def test_before_there_is_a_connection_nothing_is_recovered_or_deleted() -> None:
    async with open_session(started=False) as it:
        changes = it.session.changes
        for refusal in (
            await changes.recovery("r-1"),
            await changes.recover("r-1", Command.CONTINUE),
            await changes.delete_revision(Approval(builders.plan(), "confirm", it.clock.now())),
        ):
            assert isinstance(refusal, Refusal)
            assert refusal.reason is RefusalReason.UNREADABLE
            assert "not connected yet" in refusal.sentence
