"""All actions by name: type some letters, enter does the one under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events

from cfconsole.ui.key_table import Action
from cfconsole.ui.line_edit import LineEdit
from cfconsole.ui.present import words
from cfconsole.ui.present.cells import BLANK, Line, Span, fit, hints, line, restyled, wrapped
from cfconsole.ui.present.help import matching, palette_row
from cfconsole.ui.screens.overlay import Overlay

if TYPE_CHECKING:
    from cfconsole.ui.main_screen import MainScreen

_ROWS = 16
_ABOUT = 2


class PaletteScreen(Overlay[Action | None]):
    heading = "Actions"
    size_wanted = (100, _ROWS + 6 + _ABOUT)

    def __init__(self, desk: MainScreen) -> None:
        super().__init__()
        self._actions = desk.table.actions
        self._why = {action.id: action.why_not(desk) for action in self._actions}
        self._edit = LineEdit()
        self._at = 0

    @property
    def _found(self) -> tuple[Action, ...]:
        return matching(self._actions, self._edit.text)

    def rows(self, width: int) -> list[Line]:
        found = self._found
        top = max(0, self._at - _ROWS + 1)
        rows = [fit(palette_row(action, self._why[action.id]), width) for action in found]
        if rows:
            rows[self._at] = restyled(rows[self._at], "cursor")
        return [self._edit.shown(" > "), (), *rows[top : top + _ROWS]]

    def foot(self, width: int) -> list[Line]:
        return [BLANK, *self._about(width), hints(("↑ ↓", "move"), ("enter", "do it"), ("esc", "back"))]

    def _about(self, width: int) -> list[Line]:
        """The action under the cursor in full, for its row may be cut."""
        found = self._found
        said = words.reason(self._why[found[self._at].id]) or found[self._at].description if found else ""
        rows = [line(Span(f" {part}", "dim")) for part in wrapped(said, width - 2)[:_ABOUT]]
        return [*rows, *[BLANK] * (_ABOUT - len(rows))]

    def pressed(self, event: events.Key) -> None:
        match event.key:
            case "escape":
                self.dismiss(None)
            case "enter":
                found = self._found
                self.dismiss(found[self._at] if found else None)
            case "up" | "down" | "ctrl+p" | "ctrl+n":
                step = 1 if event.key in {"down", "ctrl+n"} else -1
                self._at = min(max(0, self._at + step), max(0, len(self._found) - 1))
            case _:
                edited = self._edit.pressed(event.key, event.character)
                if edited is not None:
                    self._edit, self._at = edited, 0
        if self.is_current:
            self.box.repaint()
