"""A box of choices: typed letters narrow them, the arrows move among them, enter takes the one under the cursor."""

from __future__ import annotations

from typing import Generic, TypeVar

from textual import events

from cfconsole.ui.line_edit import LineEdit
from cfconsole.ui.present.cells import BLANK, Line, fit, restyle
from cfconsole.ui.present.row_order import window_top
from cfconsole.ui.screens.overlay import Overlay

ChoiceT = TypeVar("ChoiceT")
Result = TypeVar("Result")

_STEPS = {"up": -1, "ctrl+p": -1, "down": 1, "ctrl+n": 1}


class PickerScreen(Overlay[Result | None], Generic[ChoiceT, Result]):
    """Leaves with what `taken` makes of a choice, or with `None`."""

    most_rows = 14

    def __init__(self) -> None:
        super().__init__()
        self._edit = LineEdit()
        self._at = 0

    def matching(self, typed: str) -> tuple[ChoiceT, ...]:
        """The choices that the letters typed so far leave."""
        raise NotImplementedError

    def row(self, choice: ChoiceT) -> Line:
        raise NotImplementedError

    def result_of(self, choice: ChoiceT) -> Result | None:
        """What leaving with a choice means; `None` where it can't be taken now."""
        raise NotImplementedError

    def placeholder(self) -> Line:
        """The row that stands where nothing matches."""
        return BLANK

    @property
    def under_cursor(self) -> ChoiceT | None:
        found = self.matching(self._edit.text)
        return found[self._at] if found else None

    def rows(self, width: int) -> list[Line]:
        rows = [fit(self.row(choice), width) for choice in self.matching(self._edit.text)]
        if rows:
            rows[self._at] = restyle(rows[self._at], "cursor")
        top = window_top(0, self._at, self.most_rows, len(rows))
        return [self._edit.edit_line(" > "), BLANK, *(rows[top : top + self.most_rows] or [self.placeholder()])]

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
