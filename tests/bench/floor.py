"""The floors: a bare Textual app, and a Textual RichLog that takes the same entries, run as programs of their own."""

from __future__ import annotations

import asyncio
import sys
import time

from textual.app import App, ComposeResult
from textual.widgets import RichLog, Static

READY = "bare app is ready"


class BareApp(App[None]):
    """The least that Textual can show."""

    def compose(self) -> ComposeResult:
        yield Static(READY)


class LogApp(App[None]):
    """One line written per entry, as most log viewers do."""

    def __init__(self, per_second: int) -> None:
        super().__init__()
        self._per_second = per_second

    def compose(self) -> ComposeResult:
        yield RichLog(max_lines=50_000)

    async def on_mount(self) -> None:
        self.run_worker(self._write(), exit_on_error=True)

    async def _write(self) -> None:
        log = self.query_one(RichLog)
        begun, written = time.monotonic(), 0
        while True:
            await asyncio.sleep(0.1)
            due = int((time.monotonic() - begun) * self._per_second)
            for number in range(written, due):
                log.write(flood_line(number))
            written = due


def flood_line(number: int) -> str:
    """A line of mixed length, 99 columns on average, as a service under load writes them."""
    stamp = f"12:{number // 60_000 % 60:02d}:{number // 1000 % 60:02d}.{number % 1000:03d}"
    tail = "x" * (number * 37 % 80)
    return f"{stamp} INFO 00042 order {number * 7919 % 1_000_003} accepted for customer {number % 9973} {tail}"


if __name__ == "__main__":
    if sys.argv[1] == "bare":
        BareApp().run()
    else:
        LogApp(int(sys.argv[2])).run()
