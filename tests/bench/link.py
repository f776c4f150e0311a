"""A program in a pseudo-terminal behind a line of a given speed; output is recorded, terminal queries are answered."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import pyte

LINE_BUFFER = 64 * 1024
"""The bytes an SSH connection buffers before it blocks the program: a socket buffer."""
_STEP_S = 0.002
_QUESTION = b"\x1b[6n"
_TICKS = os.sysconf("SC_CLK_TCK")


class Delivery(NamedTuple):
    """Bytes that reached the far end, with the time (monotonic seconds)."""

    at: float
    data: bytes


class ResourceUse(NamedTuple):
    """The resources a program used during a period."""

    seconds: float
    bytes_per_s: float
    cores: float


class Link:
    """Runs `command`; `rate` is the line's speed in bytes per second, None for unlimited.

    A thread transfers the bytes. With `watched` the far end has a screen; otherwise only the bytes are recorded.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        size: tuple[int, int],
        *,
        rate: float | None = None,
        watched: bool = False,
    ) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.rate = rate
        self.deliveries: list[Delivery] = []
        self.screen = pyte.Screen(*size)
        self.total = 0
        self._feed = pyte.ByteStream(self.screen).feed if watched else _ignore
        self._line = bytearray()
        self._credit_at = time.monotonic()
        self._tail = b""
        self._arrived = threading.Condition()
        self._closing = False
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            list(command), stdin=slave, stdout=slave, stderr=slave, env=dict(environment), start_new_session=True
        )
        os.close(slave)
        self._thread = threading.Thread(target=self._carry, name="line", daemon=True)
        self._thread.start()

    def __enter__(self) -> Link:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.rate = None
        self.process.terminate()
        try:
            self.process.wait(8)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._closing = True
        self._thread.join()
        os.close(self._master)

    def press(self, keys: str) -> float:
        """Types the keys and returns the time."""
        now = time.monotonic()
        os.write(self._master, keys.encode())
        return now

    def until_text(self, *texts: str, within: float = 60.0) -> float:
        """Waits until all texts were delivered, each in one piece; returns the seconds since the start."""
        patterns, seen = [text.encode() for text in texts], bytearray()
        read = 0

        def there() -> bool:
            nonlocal read
            for delivery in self.deliveries[read:]:
                seen.extend(delivery.data)
            read = len(self.deliveries)
            return all(text in seen for text in patterns)

        return self.until(there, str(texts), within) - self.started

    def first_shown(self, text: str) -> float:
        """When the screen first showed the text, computed from the recording, in seconds since the start."""
        screen = pyte.Screen(self.screen.columns, self.screen.lines)
        stream = pyte.ByteStream(screen)
        for delivery in self.deliveries:
            stream.feed(delivery.data)
            if any(text in row for row in screen.display):
                return delivery.at - self.started
        raise LookupError(f"{text!r} never appeared; the screen at the end:\n" + "\n".join(screen.display))

    def watch(self) -> None:
        """Adds a screen to the far end, which also shows what was delivered before."""
        with self._arrived:
            feed = pyte.ByteStream(self.screen).feed
            for delivery in self.deliveries:
                feed(delivery.data)
            self._feed = feed

    def until_shown(self, text: str, within: float = 60.0) -> float:
        """Waits until the screen shows the text; returns the time (monotonic seconds)."""
        return self.until(lambda: any(text in row for row in self.screen.display), text, within)

    def until(self, true: Callable[[], bool], what: str, within: float = 60.0) -> float:
        """Waits until `true` holds, checked after each delivery; returns the time of that delivery."""
        with self._arrived:
            if not self._arrived.wait_for(true, within):
                contents = "\n".join(self.screen.display).strip() or repr(
                    b"".join(d.data for d in self.deliveries[-20:])
                )
                raise TimeoutError(f"waited {within} s for {what}; the far end has:\n{contents}")
            return self.deliveries[-1].at if self.deliveries else self.started

    def use(self, seconds: float) -> ResourceUse:
        """Lets the program run for `seconds`; returns its output and resources, without its children."""
        begun, written, spent = time.monotonic(), self.total, self.cpu()
        time.sleep(seconds)
        took = time.monotonic() - begun
        return ResourceUse(took, (self.total - written) / took, (self.cpu() - spent) / took)

    def cpu(self) -> float:
        """The CPU seconds of the program so far, with its threads."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory(self) -> float:
        """The resident memory in MB."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def _carry(self) -> None:
        while not self._closing:
            room = LINE_BUFFER - len(self._line)
            if room <= 0 or self._line:
                time.sleep(_STEP_S)
            if room > 0 and select.select([self._master], [], [], 0 if self._line else 0.05)[0]:
                self._take(room)
            self._deliver()

    def _take(self, room: int) -> None:
        try:
            data = os.read(self._master, room)
        except OSError:
            # Linux raises this when the program has closed its side.
            time.sleep(_STEP_S)
            return
        if not self._line:
            self._credit_at = time.monotonic()
        self.total += len(data)
        self._line += data

    def _deliver(self) -> None:
        """Delivers what the line could transfer by now, and answers the queries in it."""
        now = time.monotonic()
        count = len(self._line)
        if self.rate is not None:
            count = min(count, int((now - self._credit_at) * self.rate))
            self._credit_at += count / self.rate
        if not count:
            return
        data = bytes(self._line[:count])
        del self._line[:count]
        with self._arrived:
            self._feed(data)
            self.deliveries.append(Delivery(time.monotonic(), data))
            self._arrived.notify_all()
        joined = self._tail + data
        for _ in re.findall(re.escape(_QUESTION), joined):
            os.write(self._master, b"\x1b[1;1R")
        self._tail = b"" if joined.endswith(_QUESTION) else joined[-3:]


def _ignore(data: bytes) -> None:
    """The far end without a screen."""
