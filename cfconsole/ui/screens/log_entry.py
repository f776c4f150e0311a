"""One log entry in full, with all entries of its trace, each of which can be opened in its place."""

from __future__ import annotations

from textual import events

from cfconsole.domain.errors import CloudError
from cfconsole.domain.logs.entries import LogEntry
from cfconsole.ui.clipboard import copy_text
from cfconsole.ui.main_screen import MainScreen
from cfconsole.ui.present.cells import Line
from cfconsole.ui.present.logs.entry import entry_text, head_lines, payload_lines, remark_lines, trace_lines
from cfconsole.ui.screens.overlay import Overlay, keys_foot
from cfconsole.ui.screens.text import EVERYTHING, STEPS

_READING = "Reading its trace…"


class LogEntryScreen(Overlay[None]):
    heading = "Log entry"
    preferred_size = (160, EVERYTHING)

    def __init__(self, main: MainScreen, entry: LogEntry) -> None:
        super().__init__()
        self._main = main
        self._entry = entry
        self._trace: tuple[LogEntry, ...] = ()
        self._remark = _READING if entry.trace else "Not part of a trace."
        self._chosen: int | None = None
        self._laid: tuple[int, list[Line]] | None = None
        self._trace_at = 0
        """The line where the rows of the trace begin."""

    def on_mount(self) -> None:
        super().on_mount()
        if self._entry.trace:
            self.run_worker(self._read(), exclusive=True)

    async def _read(self) -> None:
        try:
            self._trace = await self._main.session.trace(self._entry)
            self._remark = "" if self._trace else "No other entries of its trace were found."
        except CloudError as error:
            self._remark = f"? Its trace: {error.sentence}"
        self._changed()

    def foot(self, width: int) -> list[Line]:
        trace = (("next-pane", "next in trace"),) if self._trace else ()
        there = (("open", "go there"),) if self._chosen is not None else ()
        return keys_foot(self._main.table, *trace, *there, ("copy", "copy"), ("back", "back"))

    def rows(self, width: int) -> list[Line]:
        """Laid out once for each width: an entry may have a quarter of a megabyte."""
        if self._laid is None or self._laid[0] != width:
            self._laid = (width, self._lay_out(width))
        return self._laid[1]

    def _lay_out(self, width: int) -> list[Line]:
        rows = head_lines(self._entry, width)
        self._trace_at = len(rows) + 2
        if self._trace:
            rows += trace_lines(self._trace, self._entry, self._chosen, width)
        else:
            rows += remark_lines(self._remark, width)
        return rows + payload_lines(self._entry, width)

    def _changed(self) -> None:
        self._laid = None
        self.box.repaint()

    def press(self, event: events.Key) -> None:
        action = self._main.table.of_key(event.key)
        match action.id if action else "":
            case "back" | "quit":
                self.dismiss(None)
            case "open":
                self._go()
            case "next-pane":
                self._choose(1)
            case "previous-pane":
                self._choose(-1)
            case "copy":
                self._main.say(copy_text(entry_text(self._entry), self._main.settings, self.app.copy_to_clipboard))
            case name if name in STEPS:
                self.box.scroll_by(STEPS[name])

    def _choose(self, step: int) -> None:
        """Moves the cursor through the trace, starting at the entry itself, and scrolls to it."""
        if not self._trace:
            return
        identities = [row.identity for row in self._trace]
        own = self._entry.identity
        start = identities.index(own) if own in identities else -1
        self._chosen = ((start if self._chosen is None else self._chosen) + step) % len(self._trace)
        self._changed()
        height = self.box.size.height - 2 - len(self.foot(self.box.size.width))
        at = self._trace_at + self._chosen
        if not self.box.top <= at < self.box.top + height:
            self.box.scroll_by(at - height // 2 - self.box.top)

    def _go(self) -> None:
        """Opens the selected entry of the trace; goes back to the log if none is selected."""
        if self._chosen is None:
            self.dismiss(None)
            return
        self._entry = self._trace[self._chosen]
        self._chosen = None
        self.box.top = 0
        self._changed()
