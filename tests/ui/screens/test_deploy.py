"""Stories of the deploy dialog: from the key to an approved plan, without a write before that."""

from __future__ import annotations

from msgspec.structs import replace

from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Release, ReleaseState
from cfconsole.domain.releases.planning.deploy_options import DeployOptions
from cfconsole.domain.releases.steps import Strategy
from tests.ui.plans import deploy_plan
from tests.ui.running_console import SETTINGS, ConsoleDriver, running_console
from tests.ui.scripted import ScriptedSession
from tests.ui.shop import BILLING, NOW, ORDERS, shop


async def _image(console: ConsoleDriver, tag: str) -> None:
    await console.press("D", "enter")
    await console.type(tag)
    await console.press("enter")


async def test_from_the_key_to_a_release() -> None:
    async with running_console() as console:
        await _image(console, "ok-43")
        await console.press("j", "right", "right", "D")
        assert "1 create without traffic" in console.text
        assert "image: orders-api@000000000000 → orders-api:ok-43" in console.text
        assert console.session.approved == []
        console.clock.advance(1)
        await console.press("y")
        [approval] = console.session.released
        assert (approval.plan.kind, approval.plan.strategy) == (ReleaseKind.DEPLOY, Strategy.CANARY)
        assert "a new revision, made from" not in console.text


async def test_values_go_to_the_session_and_stand_in_no_plan() -> None:
    async with running_console() as console:
        await console.press("D", "k", "k", "enter")
        await console.type("API_KEY=hunter2")
        await console.press("enter", "j", "enter")
        assert "env API_KEY: - → set" in console.text
        assert "hunter2" not in console.text
        console.clock.advance(1)
        await console.press("y")
        assert console.session.values == (("API_KEY", "hunter2"),)
        assert "hunter2" not in repr(console.session.released)


async def test_leaving_the_plan_comes_back_to_the_form_and_leaving_that_changes_nothing() -> None:
    async with running_console() as console:
        await _image(console, "ok-43")
        await console.press("D", "esc")
        assert "orders-api:ok-43" in console.line_of("image  ")
        await console.press("esc")
        assert "Nothing was changed." in console.text
        assert console.session.released == []


async def test_a_refusal_stands_in_the_dialog() -> None:
    async with running_console() as console:
        await console.press("D", "D")
        assert "00042 already matches these options" in console.text
        await console.press("j")
        assert "00042 already matches these options" not in console.text


async def test_what_cannot_be_read_stands_in_the_dialog() -> None:
    async with running_console() as console:
        await console.press("D", "j", "j", "enter", "ctrl-u")
        await console.type("soon")
        await console.press("enter", "D")
        assert "'soon' is not a duration" in console.text


async def test_starts_with_what_the_configuration_says() -> None:
    asked: list[str] = []

    def options(name: str) -> DeployOptions:
        asked.append(name)
        return DeployOptions(strategy=Strategy.CANARY, steps=(10, 100), bake_s=90)

    settings = replace(SETTINGS, deploy_options=options)
    async with running_console(settings=settings) as console:
        await console.press("D")
        assert "canary" in console.line_of("strategy  ")
        assert "10, 100" in console.line_of("steps")
        assert "1m30s" in console.line_of("bake")
    assert asked == ["orders-api"]


async def test_a_release_under_way_and_unread_revisions_are_in_the_way() -> None:
    session = ScriptedSession(shop())
    async with running_console(session=session) as console:
        session.begin(Release("r-1", deploy_plan(), "me", NOW, ReleaseState.RUNNING))
        await console.settle()
        await console.press("D")
        assert "A release of orders-api is under way" in console.text
    state = shop()
    async with running_console(replace(state, revisions={BILLING: state.revisions[BILLING]})) as console:
        await console.press("D")
        assert f"The revisions of {ORDERS.name} have not been read yet." in console.text


async def test_all_fields_can_be_reached_at_80_by_24() -> None:
    session = ScriptedSession(shop())
    async with running_console(size=(80, 24), session=session) as console:
        await console.press("D", "k")
        assert "▸  show the plan" in console.text
        assert "esc cancel" in console.text
        await console.press("j")
        assert "▸ image" in console.text
        assert len(list(console.app.screen.walk_children())) <= 8
