"""The pseudo-terminal of the driver's tests: it reads output, can answer queries, and waits for screen contents."""

from __future__ import annotations

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
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import pyte

ROOT = Path(__file__).parents[2]
PATIENCE_S = 20.0
_QUESTION = b"\x1b[6n"


class DrivenTerminal:
    """`driven_app` in a terminal of its own; `answers` sets whether the terminal reports its cursor position."""

    def __init__(self, *habits: str, answers: bool = True) -> None:
        self.raw = b""
        self.reports: list[str] = []
        self._answers = answers
        self._screen = pyte.Screen(80, 24)
        self._stream = pyte.ByteStream(self._screen)
        self._master, self._slave = pty.openpty()
        self._set_size(80, 24)
        self.modes_before = self.modes()
        self._pipe, writer = os.pipe()
        os.set_blocking(writer, False)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.terminal.driven_app", str(writer), *habits],
            stdin=self._slave, stdout=self._slave, stderr=self._slave, cwd=ROOT, pass_fds=[writer],
            env=os.environ | {"TERM": "xterm-256color", "COLUMNS": "", "LINES": ""},
        )  # fmt: skip
        os.close(writer)

    def __enter__(self) -> DrivenTerminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.hang_up()
        os.close(self._pipe)

    def modes(self) -> list[Any]:
        """The settings of the line discipline."""
        return termios.tcgetattr(self._slave)

    def hang_up(self) -> None:
        for descriptor in {self._master, self._slave} - {-1}:
            os.close(descriptor)
        self._master = self._slave = -1

    def press(self, data: bytes) -> None:
        os.write(self._master, data)

    def resize(self, width: int, height: int) -> None:
        self._screen = pyte.Screen(width, height)
        self._stream = pyte.ByteStream(self._screen)
        self._set_size(width, height)
        self.process.send_signal(signal.SIGWINCH)

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display)

    def shows(self, text: str) -> None:
        self.until(lambda: text in self.text(), f"{text!r} on the screen")

    def until(self, true: Callable[[], bool], what: str, *, draining: bool = True) -> None:
        """Reads the terminal (if `drain`) and the reports until `true` holds."""
        deadline = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < deadline, f"waited in vain for {what}:\n{self.text()}\n{self.reports[-3:]}"
            self.read(0.05, draining=draining)

    def ends(self) -> int:
        """Waits for the end of the app and reads its remaining output."""
        self.until(lambda: self.process.poll() is not None, "the end of the app")
        while self.read(0.0):
            continue
        return int(self.process.returncode)

    def read(self, wait_s: float, *, draining: bool = True) -> bool:
        """Reads what is available, waiting at most `seconds`. Returns whether the app sent anything."""
        descriptors = [self._pipe] + [self._master] * (draining and self._master >= 0)
        ready = select.select(descriptors, [], [], wait_s)[0]
        data = b""
        if self._pipe in ready:
            self.reports += os.read(self._pipe, 65536).decode().split("\n")
        if self._master in ready:
            data = os.read(self._master, 65536)
            self._take(data)
        return bool(data)

    def _take(self, data: bytes) -> None:
        self.raw += data
        for piece in re.split(b"(\x1b\\[6n)", data):
            if piece == _QUESTION and self._answers:
                row, column = self._screen.cursor.y + 1, min(self._screen.cursor.x + 1, self._screen.columns)
                os.write(self._master, f"\x1b[{row};{column}R".encode())
            elif piece != _QUESTION:
                self._stream.feed(piece)

    def _set_size(self, width: int, height: int) -> None:
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
