"""A program that tails closes its tail session at once, whichever catchable signal ends it."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.terminal.emulator_process import EmulatorProcess
from tests.terminal.program import Program, clean_environment

pytestmark = pytest.mark.timeout(240)
"""Generous, because real processes are slow on a busy machine."""

GIVEN_BACK_WITHIN_S = 5.0
LINE_WITHIN_S = 60.0
ENDED_WITHIN_S = 20.0
SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
FOLLOW = ("logs", "orders-api", "--project", "shop-prod", "--follow")


@pytest.fixture(scope="module")
def emulator() -> Iterator[EmulatorProcess]:
    with EmulatorProcess() as running:
        yield running


def console(emulator: EmulatorProcess, home: Path, *words: str) -> Program:
    return Program(*words, home=home, environment=emulator.environment)


def is_given_back(emulator: EmulatorProcess) -> None:
    """Waits for the server, which notices the end of a stream shortly after the end of the client's process."""
    deadline = time.monotonic() + GIVEN_BACK_WITHIN_S
    while (left := emulator.tail_sessions()) and time.monotonic() < deadline:
        continue
    assert left == 0, f"{left} tail sessions are not given back after {GIVEN_BACK_WITHIN_S} s"


@pytest.mark.parametrize("number", SIGNALS)
def test_the_console(emulator: EmulatorProcess, tmp_path: Path, number: signal.Signals) -> None:
    with console(emulator, tmp_path, "--project", "shop-prod", "--service", "orders-api") as program:
        program.shows("Services 16")
        program.until(lambda: emulator.tail_sessions() == 1, "a tail session")
        program.signal(number)
        assert program.ended_clean() == 0
        is_given_back(emulator)


@pytest.mark.parametrize(("number", "code"), zip(SIGNALS, (143, 129, 130), strict=True))
def test_a_command_that_follows(emulator: EmulatorProcess, tmp_path: Path, number: signal.Signals, code: int) -> None:
    with console(emulator, tmp_path, *FOLLOW) as program:
        program.until(lambda: emulator.tail_sessions() == 1, "a tail session")
        program.signal(number)
        assert program.ended_clean() == code
        is_given_back(emulator)


def test_a_command_whose_terminal_is_closed(emulator: EmulatorProcess, tmp_path: Path) -> None:
    with console(emulator, tmp_path, *FOLLOW) as program:
        program.until(lambda: emulator.tail_sessions() == 1, "a tail session")
        program.hang_up()
        assert program.process.wait(10) in (0, 129)
        is_given_back(emulator)


LINE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (DEFAULT|INFO|WARNING|ERROR) +\d{5}-\w{3} .+")


def moments(process: subprocess.Popen[bytes]) -> Iterator[datetime]:
    """The timestamps of the lines a command prints, until its output ends."""
    assert process.stdout
    begun = b""
    while select.select([process.stdout], [], [], LINE_WITHIN_S)[0]:
        data = os.read(process.stdout.fileno(), 65_536)
        if not data:
            return
        *lines, begun = (begun + data).split(b"\n")
        for line in lines:
            match = LINE.fullmatch(line.decode())
            assert match, line
            yield datetime.fromisoformat(match[1])
    raise AssertionError(f"no line within {LINE_WITHIN_S} s")


def test_a_command_under_nohup_survives_a_hangup(emulator: EmulatorProcess, tmp_path: Path) -> None:
    command = ["nohup", sys.executable, "-m", "cfconsole", *FOLLOW]
    environment = clean_environment(tmp_path) | dict(emulator.environment)
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            logged = moments(process)
            assert next(logged)
            hung_up = datetime.now(UTC)
            process.send_signal(signal.SIGHUP)
            assert next((at for at in logged if at > hung_up), None), "it has ended"
            process.terminate()
            process.communicate(timeout=ENDED_WITHIN_S)
            assert process.returncode == 143
        finally:
            process.kill()
    is_given_back(emulator)
