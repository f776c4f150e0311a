"""All actions by name: type some letters, enter does the one under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cfconsole.ui.action import Action
from cfconsole.ui.present import words
from cfconsole.ui.present.cells import BLANK, Line, Span, hints, line, wrap
from cfconsole.ui.present.help import matching, palette_row
from cfconsole.ui.screens.picker import PickerScreen

if TYPE_CHECKING:
    from cfconsole.ui.main_screen import MainScreen

_ROWS = 16
_ABOUT = 2


class PaletteScreen(PickerScreen[Action, Action]):
    heading = "Actions"
    preferred_size = (100, _ROWS + 6 + _ABOUT)
    most_rows = _ROWS

    def __init__(self, main: MainScreen) -> None:
        super().__init__()
        self._actions = main.table.actions
        self._why = {action.id: action.why_not(main) for action in self._actions}

    def matching(self, typed: str) -> tuple[Action, ...]:
        return matching(self._actions, typed)

    def row(self, choice: Action) -> Line:
        return palette_row(choice, self._why[choice.id])

    def result_of(self, choice: Action) -> Action:
        """One that can't be done now, too: doing it says why."""
        return choice

    def foot(self, width: int) -> list[Line]:
        return [BLANK, *self._about(width), hints(("↑ ↓", "move"), ("enter", "do it"), ("esc", "back"))]

    def _about(self, width: int) -> list[Line]:
        """The action under the cursor in full, for its row may be cut."""
        action = self.under_cursor
        said = words.reason(self._why[action.id]) or action.description if action else ""
        rows = [line(Span(f" {part}", "dim")) for part in wrap(said, width - 2)[:_ABOUT]]
        return [*rows, *[BLANK] * (_ABOUT - len(rows))]
