"""The emulator of a demo: it outlives a console that was killed, and the next demo finds it as it was."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.terminal.program import Program, leftover_processes

pytestmark = pytest.mark.timeout(240)
"""Real processes on a busy machine need patience."""

CALM = ("demo", "--scenario", "calm")


def test_the_next_demo_takes_up_the_emulator_of_a_console_that_was_killed(tmp_path: Path) -> None:
    with Program(*CALM, home=tmp_path) as first:
        first.shows("Services 16")
        first.signal(signal.SIGKILL)
        assert first.exit_code() == -signal.SIGKILL
        (emulator,) = leftover_processes(tmp_path)
        with Program(*CALM, home=tmp_path) as next_one:
            next_one.shows("Services 16", "live")
            assert leftover_processes(tmp_path) == [emulator]
            next_one.press("q")
            assert next_one.ended_clean() == 0


def test_another_story_gets_an_emulator_of_its_own(tmp_path: Path) -> None:
    with Program(*CALM, home=tmp_path) as console:
        console.shows("Services 16")
        console.signal(signal.SIGKILL)
        console.exit_code()
        (abandoned,) = leftover_processes(tmp_path)
        with Program("demo", "--scenario", "pinned", home=tmp_path) as other:
            other.shows("Services", "live", "PIN")
            assert len(leftover_processes(tmp_path)) == 2
            other.press("q")
            assert other.exit_code() == 0
            assert leftover_processes(tmp_path) == [abandoned]


def test_two_demos_at_once_do_not_share_a_world(tmp_path: Path) -> None:
    with Program(*CALM, home=tmp_path) as one, Program(*CALM, home=tmp_path) as two:
        one.shows("Services 16")
        two.shows("Services 16")
        assert len(leftover_processes(tmp_path)) == 2
        one.press("q")
        assert one.exit_code() == 0
        assert len(leftover_processes(tmp_path)) == 1
        two.press("q")
        assert two.ended_clean() == 0
