"""However a program that tails ends, by whatever signal it can catch, its tail session is given back at once."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.emulating import EmulatorProcess
from tests.terminal.program import Program, clean_environment

pytestmark = pytest.mark.timeout(240)
"""Real processes on a busy machine need patience."""

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
FOLLOW = ("logs", "orders-api", "--project", "shop-prod", "--follow")


@pytest.fixture(scope="module")
def emulator() -> Iterator[EmulatorProcess]:
    with EmulatorProcess() as running:
        yield running


def console(emulator: EmulatorProcess, home: Path, *words: str) -> Program:
    return Program(*words, home=home, environment=emulator.environment)


def is_given_back(emulator: EmulatorProcess, program: Program) -> None:
    """The server knows of the end of a stream a moment after the client's process is gone."""
    program.until(lambda: emulator.tail_sessions() == 0, "the tail session to be given back", within=5.0)


@pytest.mark.parametrize("number", SIGNALS)
def test_the_console(emulator: EmulatorProcess, tmp_path: Path, number: signal.Signals) -> None:
    with console(emulator, tmp_path, "--project", "shop-prod", "--service", "orders-api") as program:
        program.shows("Services 16")
        program.until(lambda: emulator.tail_sessions() == 1, "a tail session")
        program.signal(number)
        assert program.ended_clean() == 0
        is_given_back(emulator, program)


@pytest.mark.parametrize(("number", "code"), zip(SIGNALS, (143, 129, 130), strict=True))
def test_a_command_that_follows(emulator: EmulatorProcess, tmp_path: Path, number: signal.Signals, code: int) -> None:
    with console(emulator, tmp_path, *FOLLOW) as program:
        program.until(lambda: emulator.tail_sessions() == 1, "a tail session")
        program.signal(number)
        assert program.ended_clean() == code
        is_given_back(emulator, program)


def test_a_command_whose_terminal_is_closed(emulator: EmulatorProcess, tmp_path: Path) -> None:
    with console(emulator, tmp_path, *FOLLOW) as program:
        program.until(lambda: emulator.tail_sessions() == 1, "a tail session")
        program.hang_up()
        assert program.process.wait(10) in (0, 129)
        while emulator.tail_sessions():
            continue


def test_who_asks_for_it_goes_on_when_the_terminal_hangs_up(emulator: EmulatorProcess, tmp_path: Path) -> None:
    command = ["nohup", sys.executable, "-m", "cfconsole", *FOLLOW]
    environment = clean_environment(tmp_path) | dict(emulator.environment)
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout
        process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        process.stdout.readline()
        assert process.poll() is None
        process.terminate()
        while process.stdout.read(65_536):
            continue
        assert process.wait() == 143
