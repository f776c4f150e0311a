"""A text to read and copy, such as a description or YAML."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from textual import events

from cfconsole.domain.errors import CloudError
from cfconsole.ui.action import KeyTable
from cfconsole.ui.present.cells import Line, Span, chunks, line
from cfconsole.ui.screens.overlay import Overlay, keys_foot

STEPS = {"down": 1, "up": -1, "half-down": 15, "half-up": -15, "first": -(1 << 30), "last": 1 << 30}
_CLOSING = frozenset({"back", "quit", "open"})
EVERYTHING = 1 << 16
"""More rows than any screen has."""


class TextScreen(Overlay[None]):
    preferred_size = (140, EVERYTHING)

    def __init__(
        self,
        table: KeyTable[Any],
        heading: str,
        text: str = "",
        *,
        copy: Callable[[str], None],
        read: Callable[[], Awaitable[str]] | None = None,
    ) -> None:
        super().__init__()
        self.heading = heading
        self._table = table
        self._text = text or "reading…"
        self._copy = copy
        self._read = read

    def on_mount(self) -> None:
        super().on_mount()
        if self._read:
            self.run_worker(self._fetch(self._read), exclusive=True)

    async def _fetch(self, read: Callable[[], Awaitable[str]]) -> None:
        try:
            self._text = await read()
        except CloudError as error:
            self._text = f"? {error.sentence}"
        self.box.repaint()

    def rows(self, width: int) -> list[Line]:
        pieces = (piece for row in self._text.splitlines() for piece in chunks(row, max(8, width - 2)))
        return [line(Span(f" {piece}")) for piece in pieces]

    def foot(self, width: int) -> list[Line]:
        return keys_foot(self._table, ("down", "down"), ("up", "up"), ("copy", "copy"), ("back", "back"))

    def press(self, event: events.Key) -> None:
        action = self._table.of_key(event.key)
        name = action.id if action else ""
        if name in _CLOSING:
            self.dismiss(None)
        elif name == "copy":
            self._copy(self._text)
        elif name in STEPS:
            self.box.scroll_by(STEPS[name])
