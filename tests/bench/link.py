"""A program behind a pseudo-terminal and a line of a given speed: what it writes is counted, what it asks is answered."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

LINE_BUFFER = 64 * 1024
"""What an SSH connection takes before it stops the program: a socket buffer's worth."""
_ASKED = re.compile(rb"\x1b\[6n")
_TICKS = os.sysconf("SC_CLK_TCK")


class Link:
    """Runs `command`; `rate` is the line's speed in bytes per second, `None` for as fast as it can be read."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], size: tuple[int, int], rate: float | None = None
    ) -> None:
        columns, rows = size
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            list(command), stdin=slave, stdout=slave, stderr=slave, env=dict(environment), start_new_session=True
        )
        os.close(slave)
        self.rate = rate
        self.delivered = bytearray()
        """What has reached the far end since the last `forget`."""
        self.total = 0
        self._on_the_line = bytearray()
        self._credit_at = time.monotonic()

    def __enter__(self) -> Link:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.rate = None
            deadline = time.monotonic() + 5
            while self.process.poll() is None and time.monotonic() < deadline:
                self.run(0.05)
            self.process.kill()
        self.process.wait()
        os.close(self._master)

    def press(self, key: str) -> None:
        os.write(self._master, key.encode())

    def forget(self) -> None:
        self.delivered.clear()

    def run(self, seconds: float) -> None:
        """Lets the line carry what it can for a while."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._step(min(left, 0.02))

    def until(self, text: bytes, within: float = 60.0) -> float:
        """Runs until `text` has been delivered; the seconds that took."""
        begun = time.monotonic()
        while text not in self.delivered:
            if time.monotonic() - begun > within:
                raise TimeoutError(f"{text!r} was not delivered within {within} s: …{bytes(self.delivered[-2000:])!r}")
            self._step(0.005)
        return time.monotonic() - begun

    def cpu(self) -> float:
        """CPU seconds of the program so far, its own threads included, its children not."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory(self) -> float:
        """Resident memory in MB."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def _step(self, wait: float) -> None:
        room = LINE_BUFFER - len(self._on_the_line)
        if room > 0 and select.select([self._master], [], [], wait)[0]:
            try:
                data = os.read(self._master, room)
            except OSError:
                data = b""
            self.total += len(data)
            self._on_the_line += data
        elif room <= 0:
            time.sleep(wait)
        self._deliver()

    def _deliver(self) -> None:
        now = time.monotonic()
        count = len(self._on_the_line)
        if self.rate is not None:
            count = min(count, int((now - self._credit_at) * self.rate))
            self._credit_at += count / self.rate if self._on_the_line else now - self._credit_at
        arrived = bytes(self._on_the_line[:count])
        del self._on_the_line[:count]
        before = len(self.delivered)
        self.delivered += arrived
        for _ in _ASKED.finditer(self.delivered, max(0, before - 3)):
            os.write(self._master, b"\x1b[1;1R")
