"""What the screen asks to have planned, and how often: once by the key, once of a fresh read, and never by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from msgspec.structs import replace

from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Refusal, Release, ReleaseState
from cfconsole.domain.releases.planning.request import (
    DeployRequest,
    PlanRequest,
    PromoteRequest,
    RestartRequest,
    RollbackRequest,
    ScaleRequest,
    ShiftRequest,
    ToLatestRequest,
    UndoRequest,
)
from cfconsole.session.state.console_state import ConsoleState, LogStatus
from tests.ui.releases import under_way
from tests.ui.running_console import SETTINGS, ConsoleDriver, running_console
from tests.ui.scripted import ScriptedSession, rollback_plan
from tests.ui.shop import NOW, ORDERS, shop

READ_ONLY = "This console is read-only; start it without --read-only to change traffic"


async def _flow(console: ConsoleDriver, states: int = 12) -> None:
    """Logs and numbers arrive, and each state has the footer made anew."""
    for version in range(1, states + 1):
        state = console.session.state
        await console.arrive(replace(state, logs=LogStatus("live", version=state.logs.version + version)))


async def _command(console: ConsoleDriver, text: str) -> None:
    await console.press(":")
    await console.type(text)
    await console.press("enter")


async def _deploy(console: ConsoleDriver) -> None:
    await console.press("D", "enter")
    await console.type("ok-43")
    await console.press("enter", "D")


async def _split(console: ConsoleDriver) -> None:
    await console.press("T", "left", "j", "right", "T")


def _deploys(request: PlanRequest) -> bool:
    return isinstance(request, DeployRequest) and request.options.image.endswith(":ok-43")


CHANGES: dict[str, tuple[Callable[[ConsoleDriver], Awaitable[None]], Callable[[PlanRequest], bool]]] = {
    "deploy": (_deploy, _deploys),
    "split": (_split, lambda one: one == ShiftRequest((("orders-api-00042", 95), ("orders-api-00041", 5)))),
    "promote": (lambda console: _command(console, "promote 00041"), lambda one: one == PromoteRequest("00041")),
    "scale": (lambda console: _command(console, "scale 2 9"), lambda one: one == ScaleRequest(2, 9)),
    "restart": (lambda console: _command(console, "restart"), lambda one: isinstance(one, RestartRequest)),
    "roll back": (lambda console: console.press("R"), lambda one: one == RollbackRequest("orders-api-00042")),
}


@pytest.mark.parametrize("name", CHANGES)
async def test_a_dialog_asks_its_own_changeagain_however_long_the_read_takes(name: str) -> None:
    ask, fits = CHANGES[name]
    session = ScriptedSession(shop())
    session.fresh = asyncio.get_running_loop().create_future()
    async with running_console(session=session) as console:
        await ask(console)
        await _flow(console)
        [(key, request)] = session.asked
        [(fresh_key, fresh_request)] = session.asked_anew
        assert key == fresh_key == ORDERS
        assert fits(fresh_request), fresh_request
        if name != "roll back":
            assert fresh_request is request
        session.fresh.set_result(session.plans.get(request.kind) or rollback_plan())
        await console.settle()


async def test_nothing_is_planned_while_nothing_is_pressed() -> None:
    async with running_console() as console:
        await _flow(console)
        await console.press("j", "k", "tab", "?", "esc", "ctrl-p", "esc")
        await console.wait(2)
        assert console.session.asked == console.session.asked_anew == []


async def test_one_key_is_one_plan_and_one_fresh_read_is_one_more() -> None:
    async with running_console() as console:
        await console.press("R")
        await _flow(console)
        assert console.session.asked == [(ORDERS, RollbackRequest())]
        assert console.session.asked_anew == [(ORDERS, RollbackRequest("orders-api-00042"))]
        console.clock.advance(1)
        await console.press("y")
        await _flow(console)
        assert len(console.session.asked) == len(console.session.asked_anew) == 1


@pytest.mark.parametrize(("key", "change"), [("L", ToLatestRequest()), ("Z", UndoRequest())])
async def test_what_only_a_plan_can_know_is_said_when_the_key_is_pressed(key: str, change: PlanRequest) -> None:
    async with running_console() as console:
        refusal = console.session.plans[change.kind]
        assert isinstance(refusal, Refusal)
        assert _why(console, key) == ""
        await console.press(key)
        assert refusal.sentence in console.lines[-2]
        assert console.session.asked == [(ORDERS, change)]
        assert console.session.asked_anew == []


def _why(console: ConsoleDriver, key: str) -> str:
    action = console.app.main.table.of_key(key)
    assert action
    return action.why_not(console.app.main)


def _without_revisions(state: ConsoleState) -> ConsoleState:
    return replace(state, revisions={})


def _with_release(state: ConsoleState) -> ConsoleState:
    return replace(state, releases=(under_way(),))


@pytest.mark.parametrize("key", ["R", "D", "T", "L", "Z", "X"])
async def test_a_release_under_way_keeps_every_change(key: str) -> None:
    async with running_console(_with_release(shop())) as console:
        await console.press(key)
        assert "A release of orders-api is under way; wait for it to end, or press A to abort it." in console.text
        assert console.session.asked == []


@pytest.mark.parametrize("key", ["R", "D", "T", "L", "X"])
async def test_unread_revisions_keep_what_is_planned_from_them(key: str) -> None:
    async with running_console(_without_revisions(shop())) as console:
        await console.press(key)
        assert "The revisions of orders-api have not been read yet." in console.text
        assert console.session.asked == []


async def test_an_undo_needs_no_revisions_to_be_asked_for() -> None:
    async with running_console(_without_revisions(shop())) as console:
        await console.press("Z")
        assert console.session.asked == [(ORDERS, UndoRequest())]


@pytest.mark.parametrize("key", ["R", "D", "T", "L", "Z"])
async def test_a_console_that_may_only_look_plans_nothing(key: str) -> None:
    async with running_console(settings=replace(SETTINGS, read_only=True)) as console:
        await console.press(key)
        assert READ_ONLY in console.text
        assert console.session.asked == []


@pytest.mark.parametrize("key", ["R", "D", "T", "L", "Z", "X"])
async def test_without_a_service_there_is_nothing_to_change(key: str) -> None:
    async with running_console(replace(shop(), services={}, revisions={})) as console:
        await console.press(key)
        assert "No service is selected." in console.text
        assert console.session.asked == []


async def test_a_deletion_keeps_nobody() -> None:
    deletion = Release("r-2", replace(rollback_plan(), kind=ReleaseKind.DELETE), "me", NOW, ReleaseState.RUNNING)
    async with running_console(replace(shop(), releases=(deletion,))) as console:
        assert [_why(console, key) for key in "RDTLZ"] == [""] * 5
