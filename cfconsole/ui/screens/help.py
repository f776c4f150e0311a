"""All keys and what they do, made from the action table; what can't be done now says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events

from cfconsole.ui.present.cells import Line
from cfconsole.ui.present.help import help_lines
from cfconsole.ui.screens.overlay import Overlay, keys_foot

if TYPE_CHECKING:
    from cfconsole.ui.main_screen import MainScreen

_STEPS = {"down": 1, "up": -1, "half-down": 10, "half-up": -10, "first": -999, "last": 999}


class HelpScreen(Overlay[None]):
    heading = "Keys"
    preferred_size = (124, 0)

    def __init__(self, main: MainScreen) -> None:
        super().__init__()
        self._table = main.table
        groups = main.table.groups().items()
        self._groups = {name: [(action, action.why_not(main)) for action in actions] for name, actions in groups}

    def rows(self, width: int) -> list[Line]:
        return help_lines(self._groups, width)

    def foot(self, width: int) -> list[Line]:
        return keys_foot(self._table, ("down", "down"), ("up", "up"), ("back", "back"))

    def press(self, event: events.Key) -> None:
        action = self._table.of_key(event.key)
        name = action.id if action else ""
        if name in _STEPS:
            self.box.scroll_by(_STEPS[name])
        elif name in {"back", "quit", "help", "open"}:
            self.dismiss(None)
