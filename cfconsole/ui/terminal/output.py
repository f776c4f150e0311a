"""The thread that writes to the terminal: callers never wait, even if the terminal is stuck or gone."""

from __future__ import annotations

import os
import select
import threading
from collections import deque
from collections.abc import Callable
from typing import Final

# Bytes written at once to a descriptor that may block: a writable pipe always takes this many.
_SAFE_CHUNK: Final = 512


class TerminalOutput:
    """Writes bytes in order from its own thread.

    `on_written` is called in that thread whenever the system has taken everything, `on_gone` once when the terminal
    hangs up.
    """

    def __init__(self, descriptor: int, on_written: Callable[[], None], on_gone: Callable[[], None]) -> None:
        self._descriptor, self._patient = _open_for_writing(descriptor)
        self._on_written = on_written
        self._on_gone = on_gone
        self._queue: deque[bytes] = deque()
        self._unwritten = 0
        self._lock = threading.Lock()
        self._wake_reader, self._wake_writer = os.pipe()
        self._stopping = False
        self._abandoned = False
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="terminal-output", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    @property
    def unwritten(self) -> int:
        """The bytes that the system has not taken yet."""
        return self._unwritten

    def send(self, data: bytes) -> None:
        """Queues bytes and returns at once; after `abandon` they are dropped."""
        with self._lock:
            if self._abandoned or self._stopping:
                return
            self._queue.append(data)
            self._unwritten += len(data)
            # The thread is awake while other bytes are queued.
            if len(self._queue) == 1:
                self._wake()

    def abandon(self) -> None:
        """Drops everything not yet written, and all that follows."""
        with self._lock:
            self._abandoned = True
            self._queue.clear()
            self._unwritten = 0
            self._wake()

    def stop(self, patience: float) -> bool:
        """Waits up to `patience` seconds for queued bytes, then ends the thread. Returns whether it has ended."""
        with self._lock:
            self._stopping = True
            self._wake()
        self._thread.join(patience)
        if self._thread.is_alive():
            self.abandon()
            self._thread.join(patience)
        return not self._thread.is_alive()

    def _wake(self) -> None:
        """Call with the lock held: the thread closes its pipe under the same lock."""
        if not self._ended:
            os.write(self._wake_writer, b"!")

    def _run(self) -> None:
        try:
            while self._wait_for_work():
                self._write_next()
        finally:
            with self._lock:
                self._ended = self._abandoned = True
                for descriptor in (self._descriptor, self._wake_reader, self._wake_writer):
                    os.close(descriptor)

    def _wait_for_work(self) -> bool:
        """Waits for something to write; `False` once the thread should end."""
        while not self._queue:
            if self._stopping or self._abandoned:
                return False
            self._poll(0)
        return True

    def _poll(self, interest: int) -> bool:
        """Sleeps until this thread is woken or the terminal is ready or gone. Returns whether it is ready."""
        poll = select.poll()
        poll.register(self._wake_reader, select.POLLIN)
        if not self._abandoned:
            poll.register(self._descriptor, interest)
        ready = dict(poll.poll())
        if self._wake_reader in ready:
            os.read(self._wake_reader, 4096)
        events = ready.get(self._descriptor, 0)
        if events & (select.POLLHUP | select.POLLERR | select.POLLNVAL):
            self._lose()
            return False
        return bool(events)

    def _write_next(self) -> None:
        with self._lock:
            data = self._queue.popleft() if self._queue else b""
        rest = memoryview(data)
        while rest and not self._abandoned:
            if self._poll(select.POLLOUT):
                rest = rest[self._write_some(rest) :]
        with self._lock:
            self._unwritten = sum(map(len, self._queue))
        if not self._queue and not self._abandoned:
            self._on_written()

    def _write_some(self, data: memoryview) -> int:
        try:
            return os.write(self._descriptor, data if self._patient else data[:_SAFE_CHUNK])
        except BlockingIOError:
            return 0
        except OSError:
            self._lose()
            return 0

    def _lose(self) -> None:
        if not self._abandoned:
            self.abandon()
            self._on_gone()


def _open_for_writing(descriptor: int) -> tuple[int, bool]:
    """A new descriptor for the same terminal, and whether a write to a full one fails instead of blocking.

    The terminal is opened again because the given descriptor is shared with the shell, which must not become
    non-blocking.
    """
    try:
        name = os.ttyname(descriptor)
        return os.open(name, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK), True
    except OSError:
        return os.dup(descriptor), False
