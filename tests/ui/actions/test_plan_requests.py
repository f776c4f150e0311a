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
from tests.ui.going import under_way
from tests.ui.running_console import SETTINGS, ConsoleDriver, running_console
from tests.ui.scripted import ScriptedSession, rollback_plan
from tests.ui.shop import NOW, ORDERS, shop

READ_ONLY = "This console is read-only; start it without --read-only to change traffic"


async def _flow(desk: ConsoleDriver, states: int = 12) -> None:
    """Logs and numbers arrive, and each state has the footer made anew."""
    for version in range(1, states + 1):
        state = desk.session.state
        await desk.arrive(replace(state, logs=LogStatus("live", version=state.logs.version + version)))


async def _command(desk: ConsoleDriver, text: str) -> None:
    await desk.press(":")
    await desk.type(text)
    await desk.press("enter")


async def _deploy(desk: ConsoleDriver) -> None:
    await desk.press("D", "enter")
    await desk.type("ok-43")
    await desk.press("enter", "D")


async def _split(desk: ConsoleDriver) -> None:
    await desk.press("T", "left", "j", "right", "T")


def _deploys(request: PlanRequest) -> bool:
    return isinstance(request, DeployRequest) and request.options.image.endswith(":ok-43")


CHANGES: dict[str, tuple[Callable[[ConsoleDriver], Awaitable[None]], Callable[[PlanRequest], bool]]] = {
    "deploy": (_deploy, _deploys),
    "split": (_split, lambda one: one == ShiftRequest((("orders-api-00042", 95), ("orders-api-00041", 5)))),
    "promote": (lambda desk: _command(desk, "promote 00041"), lambda one: one == PromoteRequest("00041")),
    "scale": (lambda desk: _command(desk, "scale 2 9"), lambda one: one == ScaleRequest(2, 9)),
    "restart": (lambda desk: _command(desk, "restart"), lambda one: isinstance(one, RestartRequest)),
    "roll back": (lambda desk: desk.press("R"), lambda one: one == RollbackRequest("orders-api-00042")),
}


@pytest.mark.parametrize("name", CHANGES)
async def test_a_dialog_asks_its_own_changeagain_however_long_the_read_takes(name: str) -> None:
    ask, fits = CHANGES[name]
    session = ScriptedSession(shop())
    session.fresh = asyncio.get_running_loop().create_future()
    async with running_console(session=session) as desk:
        await ask(desk)
        await _flow(desk)
        [(key, request)] = session.asked
        [(fresh_key, fresh_request)] = session.asked_anew
        assert key == fresh_key == ORDERS
        assert fits(fresh_request), fresh_request
        if name != "roll back":
            assert fresh_request is request
        session.fresh.set_result(session.plans.get(request.kind) or rollback_plan())
        await desk.settle()


async def test_nothing_is_planned_while_nothing_is_pressed() -> None:
    async with running_console() as desk:
        await _flow(desk)
        await desk.press("j", "k", "tab", "?", "esc", "ctrl-p", "esc")
        await desk.wait(2)
        assert desk.session.asked == desk.session.asked_anew == []


async def test_one_key_is_one_plan_and_one_fresh_read_is_one_more() -> None:
    async with running_console() as desk:
        await desk.press("R")
        await _flow(desk)
        assert desk.session.asked == [(ORDERS, RollbackRequest())]
        assert desk.session.asked_anew == [(ORDERS, RollbackRequest("orders-api-00042"))]
        desk.clock.advance(1)
        await desk.press("y")
        await _flow(desk)
        assert len(desk.session.asked) == len(desk.session.asked_anew) == 1


@pytest.mark.parametrize(("key", "change"), [("L", ToLatestRequest()), ("Z", UndoRequest())])
async def test_what_only_a_plan_can_know_is_said_when_the_key_is_pressed(key: str, change: PlanRequest) -> None:
    async with running_console() as desk:
        refusal = desk.session.plans[change.kind]
        assert isinstance(refusal, Refusal)
        assert _why(desk, key) == ""
        await desk.press(key)
        assert refusal.sentence in desk.lines[-2]
        assert desk.session.asked == [(ORDERS, change)]
        assert desk.session.asked_anew == []


def _why(desk: ConsoleDriver, key: str) -> str:
    action = desk.app.main.table.of_key(key)
    assert action
    return action.why_not(desk.app.main)


def _without_revisions(state: ConsoleState) -> ConsoleState:
    return replace(state, revisions={})


def _with_release(state: ConsoleState) -> ConsoleState:
    return replace(state, releases=(under_way(),))


@pytest.mark.parametrize("key", ["R", "D", "T", "L", "Z", "X"])
async def test_a_release_under_way_keeps_every_change(key: str) -> None:
    async with running_console(_with_release(shop())) as desk:
        await desk.press(key)
        assert "A release of orders-api is under way; wait until it ends, or abort it with A." in desk.text
        assert desk.session.asked == []


@pytest.mark.parametrize("key", ["R", "D", "T", "L", "X"])
async def test_unread_revisions_keep_what_is_planned_from_them(key: str) -> None:
    async with running_console(_without_revisions(shop())) as desk:
        await desk.press(key)
        assert "The revisions of orders-api are not read yet." in desk.text
        assert desk.session.asked == []


async def test_an_undo_needs_no_revisions_to_be_asked_for() -> None:
    async with running_console(_without_revisions(shop())) as desk:
        await desk.press("Z")
        assert desk.session.asked == [(ORDERS, UndoRequest())]


@pytest.mark.parametrize("key", ["R", "D", "T", "L", "Z"])
async def test_a_console_that_may_only_look_plans_nothing(key: str) -> None:
    async with running_console(settings=replace(SETTINGS, read_only=True)) as desk:
        await desk.press(key)
        assert READ_ONLY in desk.text
        assert desk.session.asked == []


@pytest.mark.parametrize("key", ["R", "D", "T", "L", "Z", "X"])
async def test_without_a_service_there_is_nothing_to_change(key: str) -> None:
    async with running_console(replace(shop(), services={}, revisions={})) as desk:
        await desk.press(key)
        assert "No service is selected." in desk.text
        assert desk.session.asked == []


async def test_a_deletion_keeps_nobody() -> None:
    deletion = Release("r-2", replace(rollback_plan(), kind=ReleaseKind.DELETE), "me", NOW, ReleaseState.RUNNING)
    async with running_console(replace(shop(), releases=(deletion,))) as desk:
        assert [_why(desk, key) for key in "RDTLZ"] == [""] * 5
