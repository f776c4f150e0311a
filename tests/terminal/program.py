"""The real program in a pseudo-terminal: its screen is read as a person would, and it is waited for, never slept for."""

from __future__ import annotations

import fcntl
import os
import pty
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

PATIENCE_S = 30.0
COLUMNS_ROWS = (120, 40)


class Program:
    """`python -m cfconsole WORDS…` with a terminal of its own."""

    def __init__(
        self,
        *words: str,
        home: Path,
        size: tuple[int, int] = COLUMNS_ROWS,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.columns, self.rows = size
        self.screen = TerminalScreen(self.columns, self.rows, answer=self._answer)
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", self.rows, self.columns, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cfconsole", *words],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=clean_environment(home) | dict(environment or {}),
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        self.bytes_read = 0

    def __enter__(self) -> Program:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.hang_up()

    def hang_up(self) -> None:
        """Closes the terminal, as a dropped line does."""
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def press(self, *keys: str) -> None:
        """Types; a key is its bytes."""
        for key in keys:
            os.write(self._master, key.encode())

    def text(self) -> str:
        return self.screen.text()

    def shows(self, *texts: str, within: float = PATIENCE_S) -> str:
        """Waits until the screen holds every text, and gives the screen. Fails with the screen where it does not."""
        self.until(lambda: all(text in self.text() for text in texts), f"the screen to show {texts}", within)
        return self.text()

    def shows_no(self, text: str, within: float = PATIENCE_S) -> str:
        self.until(lambda: text not in self.text(), f"the screen to lose {text!r}", within)
        return self.text()

    def until(self, true: Callable[[], bool], what: str, within: float = PATIENCE_S) -> None:
        """Reads the terminal until `true` holds."""
        deadline = time.monotonic() + within
        while not true():
            if not self._read(min(0.1, max(0.0, deadline - time.monotonic()))) and time.monotonic() >= deadline:
                raise AssertionError(f"waited {within} s for {what}; the screen was:\n{self.text()}")

    def exit_code(self, within: float = PATIENCE_S) -> int:
        """Waits for the end of the program and reads its last words."""
        self.until(lambda: self.process.poll() is not None, "the program to end", within)
        while self._read(0.0):
            continue
        return int(self.process.returncode)

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def resize(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self.screen.resize(rows, columns)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process.send_signal(signal.SIGWINCH)

    def _read(self, wait_s: float) -> bool:
        if self._master < 0 or not select.select([self._master], [], [], wait_s)[0]:
            return False
        try:
            data = os.read(self._master, 65_536)
        except OSError:
            # Linux says so when the last process has closed its side.
            return False
        self.bytes_read += len(data)
        self.screen.feed(data)
        return bool(data)

    def _answer(self, data: str) -> None:
        os.write(self._master, data.encode())


def clean_environment(home: Path) -> dict[str, str]:
    """This environment without credentials, projects and emulators, with every XDG place under `home`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CFCONSOLE_", "GOOGLE_", "CLOUDSDK_", "XDG_", "COV_", "PYTEST_"))
    }
    places = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "STATE", "CACHE", "DATA")}
    return kept | places | {"HOME": str(home), "TERM": "xterm-256color", "COLORTERM": "", "LANG": "C.UTF-8"}
