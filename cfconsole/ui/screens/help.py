"""The help: all actions with their keys, and why some of them are disabled now."""

from __future__ import annotations

from textual import events

from cfconsole.ui.main_screen import MainScreen
from cfconsole.ui.present.cells import Line
from cfconsole.ui.present.help import help_lines
from cfconsole.ui.screens.overlay import Overlay, keys_foot

_SCROLLS = {"down": 1, "up": -1, "half-down": 10, "half-up": -10, "first": -999, "last": 999}
_CLOSING = frozenset({"back", "quit", "help", "open"})


class HelpScreen(Overlay[None]):
    """Scrolled by the keys of the table, and left by its own key too."""

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
        if name in _SCROLLS:
            self.box.scroll_by(_SCROLLS[name])
        elif name in _CLOSING:
            self.dismiss(None)
