"""Stories of what all boxes above the main screen share: their place, their keys, and the last line below them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cfconsole.ui.actions.key_bindings import ACTIONS
from tests.ui.running_console import SETTINGS, running_console


@pytest.mark.parametrize("key", ["?", "y", "x", "r", "d"])
@pytest.mark.parametrize("width", [80, 120])
async def test_a_large_box_covers_the_panes_and_ends_with_its_keys(key: str, width: int) -> None:
    async with running_console(size=(width, 40)) as console:
        await console.press(key)
        assert console.lines[1].startswith("┌ ")
        assert console.lines[1].endswith("┐")
        assert all(line[0] + line[-1] == "││" for line in console.lines[2:-3])
        assert "esc back │" in " ".join(console.lines[-4].split())
        assert console.lines[-3] == f"└{'─' * (width - 2)}┘"


async def test_the_last_line_offers_no_keys_that_a_box_keeps_for_itself() -> None:
    async with running_console() as console:
        for key in ("R", "?", "ctrl-p", "T"):
            await console.press(key)
            assert not console.lines[-1].strip()
            await console.press("esc")
            assert console.lines[-1].startswith(" R roll back  ")


async def test_what_a_box_says_was_done_is_in_sight() -> None:
    async with running_console() as console:
        await console.press("d", "c")
        assert "Copied" in console.lines[-2]


async def test_keys_given_otherwise_are_those_at_the_foot() -> None:
    async with running_console(settings=replace(SETTINGS, keys={"copy": "u"})) as console:
        await console.press("d")
        assert "u copy   esc back" in console.lines[-4]


async def test_the_palette_says_in_full_what_its_rows_cut() -> None:
    action = next(action for action in ACTIONS if action.id == "deploy")
    async with running_console() as console:
        await console.press("ctrl-p", "down")
        assert action.description not in console.line_of(" deploy           D ")
        assert console.line_of(action.description)
        await console.type("abort")
        assert console.text.count("no release is under way") == 2


async def test_the_way_back_through_the_trace_is_offered_where_there_is_one() -> None:
    async with running_console() as console:
        await console.press("e", "enter")
        assert "tab" not in console.lines[-4]
