"""The Textual driver: keeps the screen as cells and sends differences in a thread, at the pace of the terminal."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from textual import events
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from cfconsole.ui.terminal.frame_parser import FrameParser
from cfconsole.ui.terminal.output import TerminalOutput
from cfconsole.ui.terminal.pace import Pace
from cfconsole.ui.terminal.painter import CellPlace, Painter

if TYPE_CHECKING:
    from textual.app import App

_STDERR: Final = 2
_ENTER: Final = "\x1b[?1049h"
_LEAVE: Final = "\x1b[?1049l"
# The terminal answers with its cursor position once it has drawn everything before.
_QUESTION: Final = "\x1b[6n"
# Seconds after a key in which small frames count as its answer.
_ANSWERED_WITHIN: Final = 0.15
# Seconds to wait for the last answers before input ends, and for the last bytes before the program continues.
_LAST_ANSWERS: Final = 0.3
_LAST_BYTES: Final = 1.0


class CellDriver(LinuxDriver):
    """Used as `App(driver_class=CellDriver)`. Nothing on the event loop waits for the terminal."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._main_loop = asyncio.get_running_loop()
        # Reentrant: a signal handler may suspend the driver in the thread that holds the lock.
        self._guard = threading.RLock()
        self._answers = threading.Condition(self._guard)
        self._screen_size = shutil.get_terminal_size()
        self._parser = FrameParser(*self._screen_size, colours=not app.no_color)
        self._painter = Painter(*self._screen_size)
        self._pace = Pace()
        self._questions: deque[CellPlace | None] = deque(maxlen=256)
        self._output: TerminalOutput | None = None
        self._unasked = 0
        self._key_at = -_ANSWERED_WITHIN
        self._alternate = False
        self._held: list[str] | None = None
        self._closing = False
        self._waiting = False
        self._retry: asyncio.TimerHandle | None = None

    def write(self, data: str) -> None:
        """Receives what Textual writes; frames wait for `flush`, everything else is sent at once."""
        with self._guard:
            self._fit()
            passed = self._parser.feed(data)
            if time.monotonic() - self._key_at < _ANSWERED_WITHIN:
                self._painter.prefer(self._parser.written_rows)
            if passed:
                self._pass_on(passed)

    def flush(self) -> None:
        """Sends as much of the difference as the terminal can take now."""
        with self._guard:
            self._draw()

    def process_message(self, message: Message) -> None:
        """Runs in the input thread. Cursor positions are answers and end here; everything else goes to the app."""
        if isinstance(message, events.CursorPosition):
            self._take_answer(CellPlace(message.x, message.y), time.monotonic())
        else:
            if isinstance(message, events.InputEvent):
                self._key_at = time.monotonic()
            super().process_message(message)

    def run_input_thread(self) -> None:
        """Reads the keyboard until the terminal hangs up."""
        try:
            super().run_input_thread()
        except OSError:
            self._on_loop(self._lost)

    def start_application_mode(self) -> None:
        """Takes over the terminal and measures its speed at once."""
        with self._guard:
            self._closing = False
            self._pace = Pace()
            self._questions.clear()
            if self._output is None:
                self._output = TerminalOutput(_STDERR, self._written, lambda: self._on_loop(self._lost))
                self._output.start()
            self._held = []
        start: Callable[[], None] = super().start_application_mode
        start()
        with self._guard:
            held, self._held = "".join(self._held or ()), None
            # A question alone measures the round trip, one after some bytes the rate of the line: both are known
            # before the first frame. Any earlier, the answers would be echoed.
            self._ask("", time.monotonic(), limited=False)
            self._ask(held, time.monotonic(), limited=False)

    def disable_input(self) -> None:
        """Ends the input thread after the terminal's last answers, which would otherwise appear in the shell."""
        with self._answers:
            self._closing = True
            if self._pace.answers and not self.exit_event.is_set():
                self._answers.wait_for(lambda: not self._pace.in_flight, _LAST_ANSWERS)
        super().disable_input()

    def close(self) -> None:
        """Waits briefly until the last bytes are sent."""
        super().close()
        if self._retry is not None:
            self._retry.cancel()
        if self._output is not None:
            self._output.stop(_LAST_BYTES)
            self._output = None

    def disconnect(self) -> None:
        """The terminal is gone: stops reading and writing, and points standard input and output at the null device."""
        with self._guard:
            self._closing = True
            self._pace = Pace()
            if self._output is not None:
                self._output.abandon()
        super().disable_input()
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, _STDERR):
            os.dup2(null, descriptor)
        os.close(null)

    def _lost(self) -> None:
        self.disconnect()
        self._app.exit()

    def _fit(self) -> None:
        """Follows the size of the terminal."""
        size = shutil.get_terminal_size()
        if size != self._screen_size:
            self._screen_size = size
            self._parser.resize(*size)
            self._painter.forget(*size)

    def _pass_on(self, sequences: list[str]) -> None:
        if _ENTER in sequences:
            self._alternate = True
            self._painter.forget(*self._screen_size)
        if _LEAVE in sequences:
            self._alternate = False
            sequences.insert(0, "\x1b[m")
        self._send("".join(sequences))

    def _draw(self) -> None:
        if not self._alternate or self._closing or self._output is None or self._held is not None:
            return
        now = time.monotonic()
        # Set before the output is checked: a write that ends in between must find it.
        self._waiting = True
        room = self._pace.allowance(now, written=not self._output.unwritten)
        if room.usual or (room.answers and self._painter.answering):
            idle = not self._pace.in_flight
            cursor = CellPlace(
                min(self._parser.x, self._screen_size[0] - 1), min(self._parser.y, self._screen_size[1] - 1)
            )
            text = self._painter.share(self._parser.grid, cursor, room, at_least_some=idle)
            self._waiting = self._painter.pending
            if text:
                self._ask(text, now, limited=self._waiting)
        if self._waiting:
            self._draw_later(now)

    def _ask(self, text: str, now: float, *, limited: bool) -> None:
        """Sends text and a question; the answer says that the text was drawn."""
        self._questions.append(self._painter.cursor)
        self._send(text + _QUESTION)
        self._pace.note_sent(now, self._unasked, limited=limited)
        self._unasked = 0

    def _send(self, text: str) -> None:
        if self._held is not None:
            self._held.append(text)
        elif self._output is not None:
            data = text.encode("utf-8", "replace")
            self._unasked += len(data)
            self._output.send(data)

    def _take_answer(self, place: CellPlace, now: float) -> None:
        """Takes one answer. F3 with modifiers looks like one from the first line, and counts only if expected."""
        with self._answers:
            if place.y == 0 and 1 <= place.x <= 7 and place not in self._questions and None not in self._questions:
                return
            if self._questions:
                self._questions.popleft()
            self._pace.note_answer(now)
            self._answers.notify_all()
        self._written()

    def _written(self) -> None:
        if self._waiting:
            self._on_loop(self.flush)

    def _draw_later(self, now: float) -> None:
        """Draws the rest later if neither an answer nor a finished write does."""
        wait = self._pace.retry_in(now)
        if self._retry is None and wait is not None:
            self._retry = self._main_loop.call_later(wait, self._retry_now)

    def _retry_now(self) -> None:
        self._retry = None
        self.flush()

    def _on_loop(self, callback: Callable[[], None]) -> None:
        # Raised by a closed loop: there is nothing left to draw.
        with contextlib.suppress(RuntimeError):
            self._main_loop.call_soon_threadsafe(callback)
