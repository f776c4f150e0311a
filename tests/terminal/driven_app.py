"""A small app for the driver's tests, run in a pseudo-terminal; it reports through a pipe.

Arguments: the descriptor of the pipe, then any of `flood` (the text changes completely ten times a second) and
`repaint` (the same screen is painted again ten times a second). It reports `tick` every tenth of a second of its event
loop, and finally `end` with the devices of standard input, output and error.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import ClassVar

from textual import events
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from cfconsole.ui.terminal.driver import CellDriver


class Driven(App[None]):
    """Shows the keys pressed, the size, and a block of text."""

    BINDINGS: ClassVar[list[BindingType]] = [("q", "quit", "Quit")]

    def __init__(self, report: int, habits: set[str]) -> None:
        super().__init__(driver_class=CellDriver)
        self._report = report
        self._habits = habits
        self._keys = ""
        self._turn = 0

    def compose(self) -> ComposeResult:
        yield Static("keys:", id="keys", markup=False)
        yield Static("size:", id="size")
        yield Static("世界 😀 ready", id="block")

    def on_mount(self) -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.exit)
        self.set_interval(0.1, self._tick)

    def on_key(self, event: events.Key) -> None:
        self._keys += f" {event.key}"
        self.query_one("#keys", Static).update(f"keys:{self._keys}")

    def on_resize(self, event: events.Resize) -> None:
        self.query_one("#size", Static).update(f"size: {event.size.width}x{event.size.height}")

    def _tick(self) -> None:
        os.write(self._report, b"tick\n")
        self._turn += 1
        if "flood" in self._habits:
            letter = chr(ord("a") + self._turn % 26)
            self.query_one("#block", Static).update("\n".join(letter * (self.size.width - 1) for _ in range(18)))
        if "repaint" in self._habits:
            self.screen.refresh()


def main() -> None:
    report = int(sys.argv[1])
    Driven(report, set(sys.argv[2:])).run()
    devices = " ".join(str(os.fstat(descriptor).st_rdev) for descriptor in (0, 1, 2))
    os.write(report, f"end {devices}\n".encode())


if __name__ == "__main__":
    main()
