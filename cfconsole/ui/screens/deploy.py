"""The dialog of a deploy. It ends in a plan, and only the dialog of that plan can have it carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace
from textual import events

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.releases.planning.deploy_options import DeployOptions
from cfconsole.domain.releases.planning.request import DeployRequest, SourceRequest
from cfconsole.domain.source.packages import SourceRefusal
from cfconsole.ui.clipboard import copy_text
from cfconsole.ui.forms.deploy import RUN_TESTS, DeployForm, options_of
from cfconsole.ui.forms.deploy_keys import paste, press
from cfconsole.ui.forms.fields import FieldKind
from cfconsole.ui.present.cells import Line, Span, line
from cfconsole.ui.present.releases.deploy_form import form_foot, form_rows
from cfconsole.ui.screens.form import FormScreen
from cfconsole.ui.screens.text import TextScreen

if TYPE_CHECKING:
    from cfconsole.ui.main_screen import MainScreen


class DeployScreen(FormScreen):
    action = "deploy"
    heading = "Deploy"

    def __init__(self, main: MainScreen, key: ServiceKey, form: DeployForm) -> None:
        super().__init__(main, key)
        self.form = form
        self._checking = ""

    def drawn(self, width: int) -> tuple[list[Line], int]:
        head = line(Span(f" {self.key.project}/{self.key.region}/", "dim"), Span(self.key.name, "strong"))
        built = "built from source" if self.form.of(FieldKind.SOURCE).name else f"made from {self.form.template.short}"
        made = line(Span(f" a new revision, {built}", "dim"))
        rows = form_rows(self.form, width)
        return [head, made, (), *rows.lines], rows.cursor + 3

    def foot(self, width: int) -> list[Line]:
        return form_foot(self.form, self.shortcut, width, activity=self._checking)

    def plan(self) -> None:
        if self.form.of(FieldKind.SOURCE).name and not self._checking:
            self._check()
        elif not self._checking:
            super().plan()

    def _check(self) -> None:
        """A directory is checked first, which takes as long as its tests; the screen goes on meanwhile."""
        wish, directory = options_of(self.form), self.form.of(FieldKind.SOURCE).now
        if isinstance(wish, str):
            self.show_error(wish)
        elif not directory:
            self.show_error("Type the directory of the function's source first.")
        else:
            self._checking = f"Checking {directory}…"
            self.run_worker(self._pack(directory, wish), exclusive=True)

    async def _pack(self, directory: str, wish: DeployOptions) -> None:
        run_tests = self.form.of(FieldKind.TESTS).now == RUN_TESTS
        packed = await self.main.session.changes.pack(self.key, directory, run_tests=run_tests)
        self._checking = ""
        if isinstance(packed, SourceRefusal):
            self._show_trouble(packed)
        else:
            self.show_plan(SourceRequest(wish, packed))
        if self.is_current:
            self.fit()

    def _show_trouble(self, trouble: SourceRefusal) -> None:
        self.show_error(f"Nothing was uploaded: {trouble.sentence}")
        if trouble.lines:
            text = "\n".join((trouble.sentence, "", *trouble.lines))
            self.app.push_screen(TextScreen(self.main.table, "Nothing was uploaded", text, copy=self._copy))

    def _copy(self, text: str) -> None:
        self.main.say(copy_text(text, self.main.settings, self.app.copy_to_clipboard))

    def request(self) -> DeployRequest | str:
        wish = options_of(self.form)
        return wish if isinstance(wish, str) else DeployRequest(wish)

    @property
    def typing(self) -> bool:
        return self.form.typing is not None

    def show_error(self, sentence: str) -> None:
        self.form = replace(self.form, trouble=sentence)

    def took(self, event: events.Key) -> bool:
        form = press(self.form, event.key, event.character)
        if form is None:
            return False
        self.form = form
        return True

    @property
    def on_plan(self) -> bool:
        return self.form.field.kind is FieldKind.PLAN

    def took_paste(self, text: str) -> None:
        self.form = paste(self.form, text)
