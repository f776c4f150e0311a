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


async def _opened(console: ConsoleDriver) -> None:
    await console.press("R")
    console.clock.advance(1)


async def test_shows_the_whole_change_and_its_undo() -> None:
    async with running_console() as console:
        await _opened(console)
        assert "shop-prod/us-central1/orders-api" in console.text
        assert "100 % ██████████  →    0 %" in console.line_of("00042     100 %")
        assert "→  100 % ██████████" in console.line_of("00041       0 %")
        assert "served 100 % immediately before" in console.text
        assert "Z restores 00042 100 %" in console.text
        assert "stays pinned to 00041" in console.text


async def test_y_has_the_shown_plan_released() -> None:
    async with running_console() as console:
        await _opened(console)
        await console.press("y")
        assert [approval.plan for approval in console.session.released] == [rollback_plan()]
        assert _YES not in console.text


@pytest.mark.parametrize("key", ["enter", "R", "Y", "space", "tab"])
async def test_no_other_key_confirms(key: str) -> None:
    async with running_console() as console:
        await _opened(console)
        await console.press(key)
        assert _YES in console.text
        assert console.session.released == []


@pytest.mark.parametrize("key", ["esc", "n", "q"])
async def test_can_be_cancelled(key: str) -> None:
    async with running_console() as console:
        await _opened(console)
        await console.press(key)
        assert console.session.released == []
        assert "Nothing was changed." in console.text


async def test_drops_keys_typed_ahead() -> None:
    async with running_console() as console:
        await console.press("R", "y")
        assert console.session.approved == []
        console.clock.advance(0.51)
        await console.press("y")
        assert len(console.session.released) == 1


async def test_cannot_be_confirmed_before_the_fresh_read() -> None:
    session = ScriptedSession(shop())
    session.fresh = asyncio.get_running_loop().create_future()
    async with running_console(session=session) as console:
        await _opened(console)
        assert "reading fresh data…" in console.text
        await console.press("y")
        assert session.approved == []
        session.fresh.set_result(rollback_plan())
        await console.settle()
        await console.press("y")
        assert len(session.released) == 1


async def test_shows_what_the_fresh_read_changed_and_waits_again() -> None:
    session = ScriptedSession(shop())
    session.fresh = asyncio.get_running_loop().create_future()
    fresh = replace(rollback_plan(), target="orders-api-00040", after=(Target("orders-api-00040", 100),))
    async with running_console(session=session) as console:
        await _opened(console)
        session.fresh.set_result(fresh)
        await console.settle()
        assert "target is now 00040, not 00041" in console.text
        await console.press("y")
        assert session.approved == []
        console.clock.advance(1)
        await console.press("y")
        assert [approval.plan for approval in session.released] == [fresh]


async def test_a_refusal_of_the_fresh_read_ends_it() -> None:
    session = ScriptedSession(shop())
    session.fresh = asyncio.get_running_loop().create_future()
    async with running_console(session=session) as console:
        await _opened(console)
        session.fresh.set_result(Refusal(RefusalReason.ALREADY_DONE, "Already rolled back by ops@shop."))
        await console.settle()
        assert "Already rolled back by ops@shop." in console.text
        await console.press("y")
        assert session.approved == []
        await console.press("esc")
        assert "Roll back" not in console.text


async def test_a_guarded_context_wants_the_name() -> None:
    session = ScriptedSession(shop())
    session.level = GuardLevel.TYPE_NAME
    async with running_console(session=session) as console:
        await _opened(console)
        assert "Type orders-api to do it" in console.text
        await console.type("y")
        await console.press("ctrl-u")
        await console.type("orders-ap")
        await console.press("enter")
        assert session.approved == []
        await console.type("i")
        assert session.approved == [(rollback_plan(), "orders-api")]
        assert len(session.released) == 1


async def test_a_failed_revision_has_to_be_named_itself() -> None:
    session = ScriptedSession(shop())
    session.plans[ReleaseKind.ROLLBACK] = replace(rollback_plan(), must_name="orders-api-00041")
    async with running_console(session=session) as console:
        await _opened(console)
        await console.type("orders-api-00041")
        assert [typed for _, typed in session.approved] == ["orders-api-00041"]


async def test_a_refused_approval_is_said_and_releases_nothing() -> None:
    session = ScriptedSession(shop())
    session.refuse_approval = Refusal(RefusalReason.READ_ONLY, "This context is read-only.")
    async with running_console(session=session) as console:
        await _opened(console)
        await console.press("y")
        assert "This context is read-only." in console.text
        assert session.released == []


async def test_without_a_guard_the_fresh_plan_goes_ahead() -> None:
    session = ScriptedSession(shop())
    session.level = GuardLevel.NONE
    async with running_console(session=session) as console:
        await console.press("R")
        assert len(session.released) == 1


async def test_a_refusal_is_a_calm_sentence() -> None:
    async with running_console() as console:
        await console.press("Z")
        assert "Nothing to undo: no release of orders-api." in console.lines[-2]
        await console.wait(9)
        assert "Nothing to undo" not in console.text


async def test_eight_widgets_at_most() -> None:
    async with running_console() as console:
        await _opened(console)
        assert len(list(console.app.screen.walk_children())) <= 8
