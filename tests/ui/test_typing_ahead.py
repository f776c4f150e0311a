"""Keys that come faster than screens change: each is for the screen that stands on top when its turn comes."""

from __future__ import annotations

import random

import pytest
from textual import events

from cfconsole.ui.action import textual_key
from tests.ui.running_console import ConsoleDriver, running_console


def screens(console: ConsoleDriver) -> list[str]:
    return [type(screen).__name__ for screen in console.app.screen_stack]


async def test_a_key_held_down_closes_one_screen_and_nothing_below_it() -> None:
    async with running_console() as console:
        await console.press("?")
        await console.type("???")
        assert screens(console) == ["MainScreen"]


async def test_a_key_typed_ahead_goes_to_the_screen_that_the_one_before_it_opened() -> None:
    async with running_console() as console:
        await console.type("?r")
        assert screens(console) == ["MainScreen", "HelpScreen"]


async def test_a_key_typed_after_a_screen_was_left_goes_to_the_one_below() -> None:
    async with running_console() as console:
        first = console.app.main.services.cursor
        await console.press("?")
        await console.type("?j")
        assert screens(console) == ["MainScreen"]
        assert console.app.main.services.cursor != first


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_is_hammered_in_escape_leads_back(seed: int) -> None:
    keys = random.Random(seed).choices("?rdyRTxa?r?jk", k=40)
    async with running_console() as console:
        for key in keys:
            console.app.post_message(events.Key(textual_key(key), key))
        await console.pilot.pause()
        await console.press(*["esc"] * 8)
        assert screens(console) == ["MainScreen"]
