"""The driver under a real Textual app in a pseudo-terminal."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.terminal.driven_terminal import DrivenTerminal

LEFT_CLEAN = (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?7h", b"\x1b[?1000l", b"\x1b[?1003l", b"\x1b[?1006l", b"\x1b[?2004l")


def ticks(terminal: DrivenTerminal) -> int:
    return terminal.reports.count("tick")


def assert_left_clean(terminal: DrivenTerminal) -> None:
    for sequence in LEFT_CLEAN:
        assert terminal.raw.rindex(sequence) > terminal.raw.rindex(b"\x1b[?1049h")
    after = terminal.raw[terminal.raw.rindex(b"\x1b[?1049l") :]
    assert b"\x1b[6n" not in after
    assert b"keys" not in after
    assert b"^[" not in terminal.raw, "an answer of the terminal was echoed"
    assert terminal.modes() == terminal.modes_before


@pytest.mark.parametrize("answers", [True, False])
def test_app_shows_takes_keys_and_leaves_the_terminal_clean(answers: bool) -> None:
    with DrivenTerminal(answers=answers) as terminal:
        terminal.shows("ready")
        terminal.press(b"ab")
        terminal.shows("keys: a b")
        terminal.press(b"q")
        assert terminal.ends() == 0
        assert_left_clean(terminal)


def test_termination_leaves_the_terminal_clean() -> None:
    with DrivenTerminal("flood") as terminal:
        terminal.shows("bbbbbb")
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.ends() == 0
        assert_left_clean(terminal)


def test_answers_about_the_cursor_never_reach_the_app() -> None:
    with DrivenTerminal() as terminal:
        terminal.shows("ready")
        terminal.press(b"\x1b[1;2R\x1b[9;9Rx")
        terminal.shows("keys: x")
        assert b"\x1b[6n" in terminal.raw


def test_a_screen_that_does_not_change_sends_nothing() -> None:
    with DrivenTerminal("repaint") as terminal:
        terminal.shows("size: 80x24")
        terminal.shows("ready")
        before = ticks(terminal)
        terminal.until(lambda: ticks(terminal) >= before + 2, "the start to settle")
        sent, before = len(terminal.raw), ticks(terminal)
        terminal.until(lambda: ticks(terminal) >= before + 10, "ten more repaints")
        assert len(terminal.raw) == sent


def test_another_size_is_drawn_anew() -> None:
    with DrivenTerminal() as terminal:
        terminal.shows("size: 80x24")
        terminal.resize(60, 20)
        terminal.shows("size: 60x20")
        terminal.shows("ready")


@pytest.mark.parametrize("answers", [True, False])
def test_a_terminal_that_stops_draining_does_not_stop_the_loop(answers: bool) -> None:
    with DrivenTerminal("flood", answers=answers) as terminal:
        terminal.shows("bbbbbb")
        before = ticks(terminal)
        terminal.until(lambda: ticks(terminal) >= before + 40, "the loop to go on", draining=False)
        terminal.press(b"z")
        terminal.shows("keys: z")


def test_the_app_ends_although_the_terminal_is_stuck() -> None:
    with DrivenTerminal("flood", answers=False) as terminal:
        terminal.shows("bbbbbb")
        before = ticks(terminal)
        terminal.until(lambda: ticks(terminal) >= before + 10, "the terminal to fill", draining=False)
        requested_at = time.monotonic()
        terminal.process.send_signal(signal.SIGTERM)
        terminal.until(lambda: terminal.process.poll() is not None, "the end", draining=False)
        assert time.monotonic() - requested_at < 8
        assert terminal.process.returncode == 0


def test_a_hangup_silences_and_ends_the_app() -> None:
    with DrivenTerminal("flood") as terminal:
        terminal.shows("bbbbbb")
        terminal.hang_up()
        assert terminal.ends() == 0
        null = os.stat(os.devnull).st_rdev
        terminal.until(lambda: any(line.startswith("end") for line in terminal.reports), "the last report")
        assert f"end {null} {null} {null}" in terminal.reports
