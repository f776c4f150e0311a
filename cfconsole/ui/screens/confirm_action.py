"""A dialog that asks whether to do one thing to a release under way or left behind."""

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
    """Ends with what was typed, or `None`. `still` says why it can't be done any more; empty while it can."""

    def __init__(
        self,
        settings: ScreenSettings,
        clock: ClockReader,
        heading: str,
        draw: Callable[[int], list[Line]],
        *,
        name: str = "",
        still: Callable[[], str] = lambda: "",
    ) -> None:
        super().__init__(settings, clock, ConfirmState(ready=True, name=name))
        self.heading = heading
        self._draw = draw
        self._recheck = still

    def rows(self, width: int) -> list[Line]:
        return self._draw(width)

    def foot(self, width: int) -> list[Line]:
        return question_lines(self.ask, width)

    def cancel(self) -> None:
        self.dismiss(None)

    def confirm(self) -> None:
        trouble = self._recheck()
        if trouble:
            self.ask = replace(self.ask, error=trouble, typed=LineEdit())
            self.fit()
        else:
            self.dismiss(self.ask.typed.text)
