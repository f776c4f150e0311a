"""However the console ends, the terminal is restored, no process is left, and no release stays half done."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from cfconsole.domain.releases.model import Release
from cfconsole.store.releases.journal import Journal
from tests.terminal.emulator_process import EmulatorProcess
from tests.terminal.program import Program, leftover_processes

pytestmark = pytest.mark.timeout(240)
"""Generous, because real processes are slow on a busy machine."""

CTRL_C = "\x03"
CALM_DEMO = ("demo", "--scenario", "calm")
ENDINGS = ("q", CTRL_C, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def end(console: Program, how: str | signal.Signals) -> None:
    if isinstance(how, signal.Signals):
        console.signal(how)
    else:
        console.press(how)


def releases(home: Path) -> tuple[Release, ...]:
    """The records in the journal of the emulator's releases."""

    async def read() -> tuple[Release, ...]:
        journal = Journal(home / "state" / "cfconsole" / "journal-emulator.sqlite")
        try:
            return tuple(await journal.releases())
        finally:
            await journal.aclose()

    return asyncio.run(read())


@pytest.mark.parametrize("how", ENDINGS)
def test_the_demo_leaves_nothing_behind(tmp_path: Path, how: str | signal.Signals) -> None:
    with Program(*CALM_DEMO, home=tmp_path) as console:
        console.shows("Services 16")
        assert leftover_processes(tmp_path) != []
        end(console, how)
        assert console.ended_clean() == 0
        assert console.last_words() == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_before_the_first_frame_leaves_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    with Program(*CALM_DEMO, home=tmp_path) as console:
        console.until(lambda: leftover_processes(tmp_path) != [], "the emulator to be started")
        console.signal(number)
        assert console.ended_clean() == 0


def test_a_closed_terminal_ends_the_demo(tmp_path: Path) -> None:
    with Program(*CALM_DEMO, home=tmp_path) as console:
        console.shows("Services 16")
        console.hang_up()
        assert console.process.wait(10) == 0
        assert leftover_processes(tmp_path) == []


@pytest.mark.parametrize("how", [CTRL_C, signal.SIGTERM])
def test_an_end_during_the_dialog_changes_nothing(tmp_path: Path, how: str | signal.Signals) -> None:
    with EmulatorProcess() as emulator, opened(emulator, tmp_path) as console:
        before = emulator.serving("orders-api")
        plan_rollback(console)
        end(console, how)
        assert console.ended_clean() == 0
        assert emulator.serving("orders-api") == before
        assert releases(tmp_path) == ()


@pytest.mark.parametrize("how", ["q", signal.SIGTERM])
def test_an_end_during_a_release_completes_it(tmp_path: Path, how: str | signal.Signals) -> None:
    with EmulatorProcess() as emulator, opened(emulator, tmp_path) as console:
        before = emulator.serving("orders-api")
        plan_rollback(console)
        console.insist("y", lambda: "y yes, do it" not in console.text())
        end(console, how)
        assert console.ended_clean() == 0
        (release,) = releases(tmp_path)
        assert not release.open
        assert emulator.serving("orders-api") != before
        assert emulator.serving("orders-api") == {release.plan.target: 100}


def opened(emulator: EmulatorProcess, home: Path) -> Program:
    words = ("--project", "shop-prod", "--service", "orders-api")
    return Program(*words, home=home, environment=emulator.environment)


def plan_rollback(console: Program) -> None:
    console.shows("orders-api · us-central1", "00040", "0.0%")
    console.press("R")
    console.shows("Roll back", "y yes, do it")
