"""The dialog of a plan: what it shows, what confirms it, and everything that must not."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from cfconsole.domain.fleet.traffic import Target
from cfconsole.domain.releases.kinds import GuardLevel, ReleaseKind
from cfconsole.domain.releases.model import Refusal, RefusalReason
from tests.ui.running_console import ConsoleDriver, running_console
from tests.ui.scripted import ScriptedSession, rollback_plan
from tests.ui.shop import shop

_YES = "yes, do it"


async def _opened(desk: ConsoleDriver) -> None:
    await desk.press("R")
    desk.clock.advance(1)


async def test_shows_the_whole_change_and_its_undo() -> None:
    async with running_console() as desk:
        await _opened(desk)
        assert "shop-prod/us-central1/orders-api" in desk.text
        assert "100 % ██████████  →    0 %" in desk.line_of("00042     100 %")
        assert "→  100 % ██████████" in desk.line_of("00041       0 %")
        assert "served 100 % immediately before" in desk.text
        assert "Z puts back 00042 100 %" in desk.text
        assert "stays pinned to 00041" in desk.text


async def test_y_has_the_shown_plan_released() -> None:
    async with running_console() as desk:
        await _opened(desk)
        await desk.press("y")
        assert [approval.plan for approval in desk.session.released] == [rollback_plan()]
        assert _YES not in desk.text


@pytest.mark.parametrize("key", ["enter", "R", "Y", "space", "tab"])
async def test_no_other_key_confirms(key: str) -> None:
    async with running_console() as desk:
        await _opened(desk)
        await desk.press(key)
        assert _YES in desk.text
        assert desk.session.released == []


@pytest.mark.parametrize("key", ["esc", "n", "q"])
async def test_can_be_cancelled(key: str) -> None:
    async with running_console() as desk:
        await _opened(desk)
        await desk.press(key)
        assert desk.session.released == []
        assert "Nothing was changed." in desk.text


async def test_drops_keys_typed_ahead() -> None:
    async with running_console() as desk:
        await desk.press("R", "y")
        assert desk.session.approved == []
        desk.clock.advance(0.51)
        await desk.press("y")
        assert len(desk.session.released) == 1


async def test_cannot_be_confirmed_before_the_fresh_read() -> None:
    session = ScriptedSession(shop())
    session.fresh = asyncio.get_running_loop().create_future()
    async with running_console(session=session) as desk:
        await _opened(desk)
        assert "reading fresh data…" in desk.text
        await desk.press("y")
        assert session.approved == []
        session.fresh.set_result(rollback_plan())
        await desk.settle()
        await desk.press("y")
        assert len(session.released) == 1


async def test_shows_what_the_fresh_read_changed_and_waits_again() -> None:
    session = ScriptedSession(shop())
    session.fresh = asyncio.get_running_loop().create_future()
    fresh = replace(rollback_plan(), target="orders-api-00040", after=(Target("orders-api-00040", 100),))
    async with running_console(session=session) as desk:
        await _opened(desk)
        session.fresh.set_result(fresh)
        await desk.settle()
        assert "target is now 00040, not 00041" in desk.text
        await desk.press("y")
        assert session.approved == []
        desk.clock.advance(1)
        await desk.press("y")
        assert [approval.plan for approval in session.released] == [fresh]


async def test_a_refusal_of_the_fresh_read_ends_it() -> None:
    session = ScriptedSession(shop())
    session.fresh = asyncio.get_running_loop().create_future()
    async with running_console(session=session) as desk:
        await _opened(desk)
        session.fresh.set_result(Refusal(RefusalReason.ALREADY_DONE, "Already rolled back by ops@shop."))
        await desk.settle()
        assert "Already rolled back by ops@shop." in desk.text
        await desk.press("y")
        assert session.approved == []
        await desk.press("esc")
        assert "Roll back" not in desk.text


async def test_a_guarded_context_wants_the_name() -> None:
    session = ScriptedSession(shop())
    session.level = GuardLevel.TYPE_NAME
    async with running_console(session=session) as desk:
        await _opened(desk)
        assert "Type orders-api to do it" in desk.text
        await desk.type("y")
        await desk.press("ctrl-u")
        await desk.type("orders-ap")
        await desk.press("enter")
        assert session.approved == []
        await desk.type("i")
        assert session.approved == [(rollback_plan(), "orders-api")]
        assert len(session.released) == 1


async def test_a_failed_revision_has_to_be_named_itself() -> None:
    session = ScriptedSession(shop())
    session.plans[ReleaseKind.ROLLBACK] = replace(rollback_plan(), must_name="orders-api-00041")
    async with running_console(session=session) as desk:
        await _opened(desk)
        await desk.type("orders-api-00041")
        assert [typed for _, typed in session.approved] == ["orders-api-00041"]


async def test_a_refused_approval_is_said_and_releases_nothing() -> None:
    session = ScriptedSession(shop())
    session.refuse_approval = Refusal(RefusalReason.READ_ONLY, "This context is read-only.")
    async with running_console(session=session) as desk:
        await _opened(desk)
        await desk.press("y")
        assert "This context is read-only." in desk.text
        assert session.released == []


async def test_without_a_guard_the_fresh_plan_goes_ahead() -> None:
    session = ScriptedSession(shop())
    session.level = GuardLevel.NONE
    async with running_console(session=session) as desk:
        await desk.press("R")
        assert len(session.released) == 1


async def test_a_refusal_is_a_calm_sentence() -> None:
    async with running_console() as desk:
        await desk.press("Z")
        assert "Nothing to undo: no release of orders-api." in desk.lines[-2]
        await desk.wait(9)
        assert "Nothing to undo" not in desk.text


async def test_eight_widgets_at_most() -> None:
    async with running_console() as desk:
        await _opened(desk)
        assert len(list(desk.app.screen.walk_children())) <= 8
