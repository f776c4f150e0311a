"""A dialog that confirms one action, such as a command to a release."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from cfconsole.ui.line_edit import LineEdit
from cfconsole.ui.present.cells import Line
from cfconsole.ui.present.releases.plan import ConfirmState, question_lines
from cfconsole.ui.screens.confirm import ConfirmScreen
from cfconsole.ui.session_port import ClockReader
from cfconsole.ui.settings import ScreenSettings


class ConfirmActionScreen(ConfirmScreen[str | None]):
    """Ends with the typed text, or `None` if the operator cancelled.

    `recheck` returns why the action is no longer possible, or an empty string.
    """

    def __init__(
        self,
        settings: ScreenSettings,
        clock: ClockReader,
        heading: str,
        draw: Callable[[int], list[Line]],
        *,
        name: str = "",
        recheck: Callable[[], str] = lambda: "",
    ) -> None:
        super().__init__(settings, clock, ConfirmState(ready=True, name=name))
        self.heading = heading
        self._draw = draw
        self._recheck = recheck

    def rows(self, width: int) -> list[Line]:
        return self._draw(width)

    def foot(self, width: int) -> list[Line]:
        return question_lines(self.ask, width)

    def cancel(self) -> None:
        self.dismiss(None)

    def confirm(self) -> None:
        error = self._recheck()
        if error:
            self.ask = replace(self.ask, error=error, typed=LineEdit())
            self.fit()
        else:
            self.dismiss(self.ask.typed.text)
