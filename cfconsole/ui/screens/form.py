"""What dialogs share that ask what to plan: keys go to the value of the form, and enter on its last row plans."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from textual import events

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.releases.model import Approval, Refusal
from cfconsole.domain.releases.planning.request import PlanRequest
from cfconsole.ui.present.cells import Line
from cfconsole.ui.present.row_order import window_top
from cfconsole.ui.screens.overlay import Overlay
from cfconsole.ui.screens.plan import PlanScreen

if TYPE_CHECKING:
    from cfconsole.ui.main_screen import MainScreen


class AcceptedPlan(NamedTuple):
    """What the operator agreed to in the plan's dialog, and the request that its plan answers."""

    approval: Approval
    request: PlanRequest


class FormScreen(Overlay[AcceptedPlan | None]):
    """Ends with what was accepted, or `None`. Leaving the plan's dialog comes back here."""

    preferred_size = (96, 0)
    action = ""
    """The action that opens the dialog; inside, its key shows the plan."""

    def __init__(self, main: MainScreen, key: ServiceKey) -> None:
        super().__init__()
        self.main = main
        self.key = key

    def drawn(self, width: int) -> tuple[list[Line], int]:
        """All rows, and which one the cursor is on."""
        raise NotImplementedError

    def request(self) -> PlanRequest | str:
        """What the form says, or why that asks for nothing."""
        raise NotImplementedError

    @property
    def typing(self) -> bool:
        raise NotImplementedError

    @property
    def on_plan(self) -> bool:
        """Whether the cursor is on the row that shows the plan."""
        raise NotImplementedError

    def show_error(self, sentence: str) -> None:
        raise NotImplementedError

    def took(self, event: events.Key) -> bool:
        """Whether the key was the form's."""
        raise NotImplementedError

    def took_paste(self, text: str) -> None:
        raise NotImplementedError

    @property
    def shortcut(self) -> str:
        action = self.main.table.of_id(self.action)
        return action.key if action else ""

    def rows(self, width: int) -> list[Line]:
        rows, cursor = self.drawn(width)
        height = self.box.size.height - 2 - len(self.foot(width))
        if height > 0:
            self.box.top = window_top(self.box.top, cursor, height, len(rows))
        return rows

    def press(self, event: events.Key) -> None:
        action = self.main.table.of_key(event.key)
        if self.typing:
            self.took(event)
        elif event.key in ("escape", "q"):
            self.dismiss(None)
            return
        elif (action and action.id == self.action) or (event.key == "enter" and self.on_plan):
            self.plan()
        else:
            self.took(event)
        if self.is_current:
            self.fit()

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self.took_paste(event.text)
        self.fit()

    def plan(self) -> None:
        """Shows the plan of what the form says, or why there is none."""
        request = self.request()
        if isinstance(request, str):
            self.show_error(request)
        else:
            self.show_plan(request)

    def show_plan(self, request: PlanRequest) -> None:
        main = self.main
        plan = main.session.changes.plan(self.key, request)
        if isinstance(plan, Refusal):
            self.show_error(plan.sentence)
            return

        def done(answer: Approval | Refusal | None) -> None:
            if isinstance(answer, Approval):
                self.dismiss(AcceptedPlan(answer, request))
            elif isinstance(answer, Refusal):
                self.show_error(answer.sentence)
                self.fit()

        self.app.push_screen(PlanScreen(plan, request, main.session, main.settings, main.clock), done)
