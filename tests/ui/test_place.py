"""Stories of choosing where to look: contexts, projects, regions."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cfconsole.session.state.console_state import ConsoleState
from cfconsole.ui.place import Place, PlaceChoice
from cfconsole.ui.settings import ScreenSettings
from tests.ui.running_console import SETTINGS, running_console
from tests.ui.scripted import ScriptedSession

PROD = PlaceChoice("prod", "context", Place(context="prod"), "shop-prod, pay-prod · all regions")
STAGING = PlaceChoice(
    "staging", "context", Place(context="staging"), "shop-staging", "It is not marked `emulator = true`."
)
HERE = PlaceChoice("shop-prod", "project", Place(projects=("shop-prod",)), "here")


def _moving(went: list[Place], *, nowhere: bool = False) -> ScreenSettings:
    return replace(SETTINGS, place_choices=lambda: (PROD, STAGING, HERE), open_place=went.append, no_project=nowhere)


async def test_contexts_projects_and_regions_are_offered() -> None:
    went: list[Place] = []
    async with running_console(settings=_moving(went)) as console:
        await console.press("p")
        assert "shop-prod, pay-prod · all regions" in console.line_of(" prod ")
        assert "it is not marked `emulator = true`" in console.line_of(" staging ")
        assert "region" in console.line_of(" us-central1   ")
        await console.press("enter")
        assert went == [PROD.place]
        assert "Switch to" not in console.text


async def test_what_may_not_be_chosen_is_not() -> None:
    went: list[Place] = []
    async with running_console(settings=_moving(went)) as console:
        await console.press("p", "down", "enter")
        assert "Switch to" in console.text
        await console.press("esc")
        assert went == []


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("us-c", Place(regions=("us-central1",))),
        ("all", Place(context="prod")),
        ("all reg", Place(context="prod")),
        ("other-project", Place(projects=("other-project",))),
        ("example.com:shop", None),
        ("example.com:shop-1", Place(projects=("example.com:shop-1",))),
        ("Shop!", None),
    ],
)
async def test_letters_choose_and_a_name_is_a_project(typed: str, place: Place | None) -> None:
    went: list[Place] = []
    async with running_console(settings=_moving(went)) as console:
        await console.press("p")
        await console.type(typed)
        await console.press("enter")
        assert went == ([place] if place else [])


async def test_a_project_that_is_offered_is_not_offered_twice() -> None:
    async with running_console(settings=_moving([])) as console:
        await console.press("p")
        await console.type("shop-prod")
        assert "as typed" not in console.text


async def test_without_any_project_the_choice_comes_first_and_leaving_it_ends_the_console() -> None:
    session = ScriptedSession(ConsoleState())
    session.regions = ()
    async with running_console(session=session, settings=_moving([], nowhere=True)) as console:
        assert "No project selected." in console.text
        assert "esc leave" in console.text
        assert " region " not in console.text
        console.app.simulate_key("escape")
        await console.pilot.pause(0)
        assert console.app._exit


async def test_the_demo_stays_where_it_is() -> None:
    async with running_console(settings=replace(SETTINGS, open_place=None)) as console:
        await console.press("p")
        assert "The demo has only one project" in console.lines[-2]
