"""A box of choices: letters filter them, arrows move the cursor, enter takes the selected one."""

from __future__ import annotations

from typing import Generic, TypeVar

from textual import events

from cfconsole.ui.line_edit import LineEdit
from cfconsole.ui.present.cells import BLANK, Line, edit_line, fit, restyle
from cfconsole.ui.present.row_order import window_top
from cfconsole.ui.screens.overlay import Overlay

ChoiceT = TypeVar("ChoiceT")
Result = TypeVar("Result")

_STEPS = {"up": -1, "ctrl+p": -1, "down": 1, "ctrl+n": 1}


class PickerScreen(Overlay[Result | None], Generic[ChoiceT, Result]):
    """Ends with what `result_of` returns for the choice, or with `None`."""

    max_rows = 14

    def __init__(self) -> None:
        super().__init__()
        self._edit = LineEdit()
        self._at = 0

    def matching(self, typed: str) -> tuple[ChoiceT, ...]:
        """The choices that match the letters typed so far."""
        raise NotImplementedError

    def row(self, choice: ChoiceT) -> Line:
        raise NotImplementedError

    def result_of(self, choice: ChoiceT) -> Result | None:
        """The result of a choice; `None` if it can't be taken now."""
        raise NotImplementedError

    def placeholder(self) -> Line:
        """The row that is shown if nothing matches."""
        return BLANK

    @property
    def under_cursor(self) -> ChoiceT | None:
        found = self.matching(self._edit.text)
        return found[self._at] if found else None

    def rows(self, width: int) -> list[Line]:
        rows = [fit(self.row(choice), width) for choice in self.matching(self._edit.text)]
        if rows:
            rows[self._at] = restyle(rows[self._at], "cursor")
        top = window_top(0, self._at, self.max_rows, len(rows))
        return [edit_line(self._edit, " > "), BLANK, *(rows[top : top + self.max_rows] or [self.placeholder()])]

    def press(self, event: events.Key) -> None:
        if event.key == "escape":
            self.dismiss(None)
        elif event.key == "enter":
            self._take()
        elif event.key in _STEPS:
            last = max(0, len(self.matching(self._edit.text)) - 1)
            self._at = min(max(0, self._at + _STEPS[event.key]), last)
        elif (edited := self._edit.press(event.key, event.character)) is not None:
            self._edit, self._at = edited, 0
        if self.is_current:
            self.box.repaint()

    def _take(self) -> None:
        choice = self.under_cursor
        result = None if choice is None else self.result_of(choice)
        if result is not None:
            self.dismiss(result)
