"""The floors, run as separate programs: an empty Textual app, and a Textual RichLog with the same lines."""

from __future__ import annotations

import asyncio
import sys
import time

from textual.app import App, ComposeResult
from textual.widgets import Static

READY = "bare app is ready"


class BareApp(App[None]):
    """An almost empty Textual app."""

    def compose(self) -> ComposeResult:
        yield Static(READY)


class LogApp(App[None]):
    """A RichLog that writes one line per entry, as most log viewers do."""

    def __init__(self, per_second: int) -> None:
        super().__init__()
        self._per_second = per_second

    def compose(self) -> ComposeResult:
        from textual.widgets import RichLog

        yield RichLog(max_lines=50_000)

    async def on_mount(self) -> None:
        self.run_worker(self._write(), exit_on_error=True)

    async def _write(self) -> None:
        from datetime import UTC, datetime

        from textual.widgets import RichLog

        from tests.bench.lines import displayed_line

        log = self.query_one(RichLog)
        begun, written = time.monotonic(), 0
        while True:
            await asyncio.sleep(0.05)
            due = int((time.monotonic() - begun) * self._per_second)
            for number in range(written, due):
                log.write(displayed_line(number, datetime.now(UTC), "00042-abc"))
            written = due


if __name__ == "__main__":
    if sys.argv[1] == "bare":
        BareApp().run()
    else:
        LogApp(int(sys.argv[2])).run()
