"""The palette: all actions by name, filtered by typed letters; enter runs the selected one."""

from __future__ import annotations

from cfconsole.ui.action import Action
from cfconsole.ui.main_screen import MainScreen
from cfconsole.ui.present import words
from cfconsole.ui.present.cells import BLANK, Line, Span, hints, line, wrap
from cfconsole.ui.present.help import matching, palette_row
from cfconsole.ui.screens.picker import PickerScreen

_ROWS = 16
_ABOUT = 2


class PaletteScreen(PickerScreen[Action[MainScreen], Action[MainScreen]]):
    heading = "Actions"
    preferred_size = (100, _ROWS + 6 + _ABOUT)
    max_rows = _ROWS

    def __init__(self, main: MainScreen) -> None:
        super().__init__()
        self._actions = main.table.actions
        self._why = {action.id: action.why_not(main) for action in self._actions}

    def matching(self, typed: str) -> tuple[Action[MainScreen], ...]:
        return matching(self._actions, typed)

    def row(self, choice: Action[MainScreen]) -> Line:
        return palette_row(choice, self._why[choice.id])

    def result_of(self, choice: Action[MainScreen]) -> Action[MainScreen]:
        """Also one that can't be done now: running it says why."""
        return choice

    def foot(self, width: int) -> list[Line]:
        return [BLANK, *self._about(width), hints(("↑ ↓", "move"), ("enter", "run"), ("esc", "back"))]

    def _about(self, width: int) -> list[Line]:
        """The description of the selected action in full: in its row it may be cut."""
        action = self.under_cursor
        text = words.reason(self._why[action.id]) or action.description if action else ""
        rows = [line(Span(f" {part}", "dim")) for part in wrap(text, width - 2)[:_ABOUT]]
        return [*rows, *[BLANK] * (_ABOUT - len(rows))]
