"""The dialog of a split by hand. It ends in a plan, and only the dialog of that plan can have it carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace
from textual import events

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.releases.planning.request import ShiftRequest
from cfconsole.ui.forms.traffic import TrafficForm, pasted, pressed, request_of
from cfconsole.ui.present.cells import Line, Span, line
from cfconsole.ui.present.releases.traffic_form import traffic_foot, traffic_rows
from cfconsole.ui.screens.form import FormScreen

if TYPE_CHECKING:
    from cfconsole.ui.main_screen import MainScreen


class TrafficScreen(FormScreen):
    action = "traffic"
    heading = "Split the traffic"
    preferred_size = (80, 0)

    def __init__(self, main: MainScreen, key: ServiceKey, form: TrafficForm) -> None:
        super().__init__(main, key)
        self.form = form

    def drawn(self, width: int) -> tuple[list[Line], int]:
        head = line(Span(f" {self.key.project}/{self.key.region}/", "dim"), Span(self.key.name, "strong"))
        rows = [head, (), *traffic_rows(self.form, self.key.name, width)]
        return rows, len(rows) - 1 if self.on_plan else self.form.at + 3

    def foot(self, width: int) -> list[Line]:
        return traffic_foot(self.form, self.shortcut, width)

    def request(self) -> ShiftRequest | str:
        return request_of(self.form)

    @property
    def typing(self) -> bool:
        return self.form.typing is not None

    @property
    def on_plan(self) -> bool:
        return self.form.row is None

    def show_error(self, sentence: str) -> None:
        self.form = replace(self.form, trouble=sentence)

    def took(self, event: events.Key) -> bool:
        form = pressed(self.form, event.key, event.character)
        if form is None:
            return False
        self.form = form
        return True

    def took_paste(self, text: str) -> None:
        self.form = pasted(self.form, text)
