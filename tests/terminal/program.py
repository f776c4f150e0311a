"""The real program in a pseudo-terminal. Tests wait for contents of its screen and never sleep."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from tests.terminal.screen import TerminalScreen

PATIENCE_S = 60.0
COLUMNS_ROWS = (120, 40)
# Sizes in the environment would override that of the terminal.
FOREIGN = ("CFCONSOLE_", "GOOGLE_", "CLOUDSDK_", "XDG_", "COV_", "PYTEST_", "TEXTUAL", "NO_COLOR", "COLUMNS", "LINES")
_SEQUENCE = re.compile(r"\x1b(?:\[[?0-9;]*[a-zA-Z]|\][^\x07]*\x07)")
LEFT_CLEAN = (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?7h", b"\x1b[?1000l", b"\x1b[?1003l", b"\x1b[?1006l", b"\x1b[?2004l")
"""Alternate screen left, cursor shown, lines wrap, no mouse, no bracketed paste."""


class Program:
    """`python -m cfconsole WORDS…` in a terminal of its own; processes it started under `home` end with the block."""

    def __init__(
        self,
        *words: str,
        home: Path,
        size: tuple[int, int] = COLUMNS_ROWS,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.screen = TerminalScreen(*size, answer=self._answer)
        self._home = home
        self._master, self._slave = pty.openpty()
        self._set_size(*size)
        self._modes_before = termios.tcgetattr(self._slave)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cfconsole", *words],
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            env=clean_environment(home) | dict(environment or {}),
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )

    def __enter__(self) -> Program:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.hang_up()
        for pid in leftover_processes(self._home):
            os.kill(pid, signal.SIGKILL)

    def hang_up(self) -> None:
        """Closes the terminal, like a lost connection."""
        for descriptor in {self._master, self._slave} - {-1}:
            os.close(descriptor)
        self._master = self._slave = -1

    def press(self, *keys: str) -> None:
        """Types these bytes."""
        for key in keys:
            os.write(self._master, key.encode())

    def insist(self, key: str, done: Callable[[], bool]) -> None:
        """Presses a key until it has an effect, because a dialog ignores keys in its first half second.

        Each press waits a second, because an extra one would go to the screen below the dialog.
        """
        for _ in range(10):
            self.press(key)
            with contextlib.suppress(AssertionError):
                return self.until(done, f"an answer to {key!r}", within=2.0)
        raise AssertionError(f"{key!r} has no effect; the screen was:\n{self.text()}")

    def text(self) -> str:
        return self.screen.text()

    def shows(self, *texts: str, within: float = PATIENCE_S) -> str:
        """Waits until the screen contains every text, and returns the screen. Fails with the screen on a timeout."""
        self.until(lambda: all(text in self.text() for text in texts), f"the screen to show {texts}", within)
        return self.text()

    def shows_no(self, text: str, within: float = PATIENCE_S) -> str:
        self.until(lambda: text not in self.text(), f"the screen to lose {text!r}", within)
        return self.text()

    def until(self, true: Callable[[], bool], what: str, within: float = PATIENCE_S) -> None:
        """Reads the terminal until `true` holds."""
        deadline = time.monotonic() + within
        while not true():
            if time.monotonic() >= deadline:
                raise AssertionError(f"waited {within} s for {what}; the screen was:\n{self.text()}")
            self._read(0.1)

    def exit_code(self, within: float = PATIENCE_S) -> int:
        """Waits for the end of the program and reads its remaining output."""
        self.until(lambda: self.process.poll() is not None, "the program to end", within)
        while self._read(0.0):
            continue
        return int(self.process.returncode)

    def ended_clean(self, within: float = PATIENCE_S) -> int:
        """Checks that the terminal is restored and no process is left; returns the exit code."""
        code = self.exit_code(within)
        raw = bytes(self.screen.raw)
        assert b"Traceback" not in raw, raw.decode(errors="replace")
        if b"\x1b[?1049h" in raw:
            entered = raw.rindex(b"\x1b[?1049h")
            missing = [sequence for sequence in LEFT_CLEAN if raw.rfind(sequence) < entered]
            assert not missing, f"the terminal was left without {missing}"
        assert termios.tcgetattr(self._slave) == self._modes_before
        assert leftover_processes(self._home) == []
        return code

    def last_words(self) -> str:
        """The text the program wrote after leaving the alternate screen."""
        return _SEQUENCE.sub("", bytes(self.screen.raw).rpartition(b"\x1b[?1049l")[2].decode(errors="replace"))

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def resize(self, columns: int, rows: int) -> None:
        self.screen.resize(rows, columns)
        self._set_size(columns, rows)
        self.process.send_signal(signal.SIGWINCH)

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _read(self, wait_s: float) -> bool:
        if not select.select([self._master], [], [], wait_s)[0]:
            return False
        data = os.read(self._master, 65_536)
        self.screen.feed(data)
        return bool(data)

    def _answer(self, data: str) -> None:
        os.write(self._master, data.encode())


def clean_environment(home: Path) -> dict[str, str]:
    """This environment without credentials, projects and emulators, with all XDG folders under `home`."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    places = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "STATE", "CACHE", "DATA")}
    return inherited | places | {"HOME": str(home), "TERM": "xterm-256color", "COLORTERM": "", "LANG": "C.UTF-8"}


def leftover_processes(home: Path) -> list[int]:
    """The processes with `home` on their command line, such as the emulator of a demo."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    rows = (line.split(maxsplit=2) for line in listed.splitlines() if str(home) in line)
    return [int(pid) for pid, state, _ in rows if not state.startswith("Z")]
