"""The dialog of a deploy. It ends in a plan, and only the dialog of that plan can have it carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events

from cfconsole.domain.releases import Plan
from cfconsole.domain.services import ServiceKey
from cfconsole.ui.forms.deploy import DeployForm, values_of, wish_of
from cfconsole.ui.forms.deploy_keys import pasted, pressed
from cfconsole.ui.forms.fields import FieldKind
from cfconsole.ui.present.cells import Line, Span, line
from cfconsole.ui.present.deploy import form_foot, form_rows
from cfconsole.ui.screens.form import FormScreen, Wanted

if TYPE_CHECKING:
    from cfconsole.ui.main_screen import MainScreen


class DeployScreen(FormScreen):
    action = "deploy"
    heading = "Deploy"

    def __init__(self, desk: MainScreen, key: ServiceKey, form: DeployForm) -> None:
        super().__init__(desk, key)
        self.form = form

    def drawn(self, width: int) -> tuple[list[Line], int]:
        head = line(Span(f" {self.key.project}/{self.key.region}/", "dim"), Span(self.key.name, "strong"))
        made = line(Span(f" a new revision, made from {self.form.template.short}", "dim"))
        rows = form_rows(self.form, width)
        return [head, made, (), *rows.lines], rows.cursor + 3

    def foot(self, width: int) -> list[Line]:
        return form_foot(self.form, self.shortcut, width)

    def wanted(self) -> Wanted | str:
        wish = wish_of(self.form)
        if isinstance(wish, str):
            return wish
        answer = self.desk.session.plan_deploy(self.key, wish)
        return Wanted(answer, values_of(wish)) if isinstance(answer, Plan) else answer.sentence

    @property
    def typing(self) -> bool:
        return self.form.typing is not None

    def complain(self, sentence: str) -> None:
        self.form = self.form._replace(trouble=sentence)

    def took(self, event: events.Key) -> bool:
        form = pressed(self.form, event.key, event.character)
        if form is None:
            return False
        self.form = form
        return True

    @property
    def on_plan(self) -> bool:
        return self.form.field.kind is FieldKind.PLAN

    def took_paste(self, text: str) -> None:
        self.form = pasted(self.form, text)
