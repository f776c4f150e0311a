"""A console without a project asks for one, and switches projects and regions, in a real terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.terminal.emulator_process import EmulatorProcess
from tests.terminal.program import Program

pytestmark = pytest.mark.timeout(240)
"""Generous, because real processes are slow on a busy machine."""


def test_from_no_project_to_one_and_on_to_a_region_of_it(tmp_path: Path) -> None:
    with EmulatorProcess() as emulator, Program(home=tmp_path, environment=emulator.environment) as console:
        console.shows("No project selected.", "Switch to", "Type a project name.")
        console.press(*"shop-prod", "\r")
        console.shows("Services 16", "shop-prod · all regions", "live")
        console.until(lambda: "Switch to" not in console.text(), "the choice to be gone")
        console.press("p")
        console.shows("Switch to", "europe-west1   ")
        console.press(*"europe-west1", "\r")
        console.shows("shop-prod · europe-west1", "Services 7")
        console.press("q")
        assert console.ended_clean() == 0


def test_choosing_nothing_ends_with_how_to_set_a_project(tmp_path: Path) -> None:
    with EmulatorProcess() as emulator, Program(home=tmp_path, environment=emulator.environment) as console:
        console.shows("Switch to")
        console.press("\x1b")
        assert console.ended_clean() == 2
        assert "Use --project" in console.last_words()
