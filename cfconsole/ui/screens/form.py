"""The screen of a form: keys edit the form, and its last row shows the plan of what it asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, NamedTuple, Protocol, Self, TypeVar

from msgspec import Struct
from textual import events

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.releases.model import Approval, Refusal
from cfconsole.domain.releases.planning.request import PlanRequest, SourceRequest
from cfconsole.domain.source.packages import SourceRefusal
from cfconsole.ui.clipboard import copy_text
from cfconsole.ui.forms.deploy import UnpackedSource
from cfconsole.ui.line_edit import LineEdit
from cfconsole.ui.main_screen import MainScreen
from cfconsole.ui.present.cells import Line
from cfconsole.ui.present.releases.deploy_form import FormRows
from cfconsole.ui.present.row_order import window_top
from cfconsole.ui.screens.overlay import Overlay
from cfconsole.ui.screens.plan import PlanScreen
from cfconsole.ui.screens.text import TextScreen


class Form(Protocol):
    """What is filled in, as a value: each edit makes another one."""

    @property
    def typing(self) -> LineEdit | None:
        """The line being typed."""
        ...

    @property
    def on_plan(self) -> bool:
        """Whether the cursor is on the row that shows the plan."""
        ...

    def with_error(self, sentence: str) -> Self: ...


FormT = TypeVar("FormT", bound=Form)


class FormKind(Struct, Generic[FormT], frozen=True):
    """What tells one form from another: the action that opens it, how keys edit it, and how it looks."""

    action: str
    """The key of this action shows the plan."""
    heading: str
    columns: int
    press: Callable[[FormT, str, str | None], FormT | None]
    """The form after a key; `None` if the key is not one of the form's."""
    paste: Callable[[FormT, str], FormT]
    request: Callable[[FormT], PlanRequest | UnpackedSource | str]
    """What the form asks for, or the sentence that says why that is nothing."""
    rows: Callable[[FormT, ServiceKey, int], FormRows]
    foot: Callable[[FormT, str, int, str], list[Line]]
    """The last rows: for the key that shows the plan, the width, and what is going on, empty for nothing."""


class AcceptedPlan(NamedTuple):
    """What the operator agreed to in the plan's dialog, and the request that its plan answers."""

    approval: Approval
    request: PlanRequest


class FormScreen(Overlay[AcceptedPlan | None], Generic[FormT]):
    """Ends with what was accepted, or `None`. Leaving the plan's dialog comes back here."""

    def __init__(self, main: MainScreen, key: ServiceKey, form: FormT, kind: FormKind[FormT]) -> None:
        super().__init__()
        self.heading = kind.heading
        self.preferred_size = (kind.columns, 0)
        self._main = main
        self._key = key
        self._form = form
        self._kind = kind
        self._progress = ""
        """What is being done before the plan can be shown; empty for nothing."""

    def rows(self, width: int) -> list[Line]:
        rows, cursor = self._kind.rows(self._form, self._key, width)
        height = self.box.size.height - 2 - len(self.foot(width))
        if height > 0:
            self.box.top = window_top(self.box.top, cursor, height, len(rows))
        return rows

    def foot(self, width: int) -> list[Line]:
        action = self._main.table.of_id(self._kind.action)
        return self._kind.foot(self._form, action.key if action else "", width, self._progress)

    def press(self, event: events.Key) -> None:
        action = self._main.table.of_key(event.key)
        if self._form.typing is not None:
            self._edit(event)
        elif event.key in ("escape", "q"):
            self.dismiss(None)
            return
        elif (action and action.id == self._kind.action) or (event.key == "enter" and self._form.on_plan):
            self._show_request()
        else:
            self._edit(event)
        if self.is_current:
            self.fit()

    def _edit(self, event: events.Key) -> None:
        self._form = self._kind.press(self._form, event.key, event.character) or self._form

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self._form = self._kind.paste(self._form, event.text)
        self.fit()

    def _show_error(self, sentence: str) -> None:
        self._form = self._form.with_error(sentence)

    def _show_request(self) -> None:
        """Shows the plan of what the form asks for, or why there is none."""
        if self._progress:
            return
        request = self._kind.request(self._form)
        if isinstance(request, str):
            self._show_error(request)
        elif isinstance(request, UnpackedSource):
            self._progress = f"Checking {request.directory}…"
            self.run_worker(self._pack(request), exclusive=True)
        else:
            self._show_plan(request)

    async def _pack(self, source: UnpackedSource) -> None:
        """Checks the source, which takes as long as its tests, and shows the plan; keys work in the meantime."""
        changes = self._main.session.changes
        packed = await changes.pack(self._key, source.directory, run_tests=source.run_tests)
        self._progress = ""
        if isinstance(packed, SourceRefusal):
            self._show_refusal(packed)
        else:
            self._show_plan(SourceRequest(source.options, packed))
        if self.is_current:
            self.fit()

    def _show_refusal(self, refusal: SourceRefusal) -> None:
        self._show_error(f"Nothing was uploaded: {refusal.sentence}")
        if refusal.lines:
            text = "\n".join((refusal.sentence, "", *refusal.lines))
            self.app.push_screen(TextScreen(self._main.table, "Nothing was uploaded", text, copy=self._copy))

    def _copy(self, text: str) -> None:
        self._main.say(copy_text(text, self._main.settings, self.app.copy_to_clipboard))

    def _show_plan(self, request: PlanRequest) -> None:
        main = self._main
        plan = main.session.changes.plan(self._key, request)
        if isinstance(plan, Refusal):
            self._show_error(plan.sentence)
            return

        def done(answer: Approval | Refusal | None) -> None:
            if isinstance(answer, Approval):
                self.dismiss(AcceptedPlan(answer, request))
            elif isinstance(answer, Refusal):
                self._show_error(answer.sentence)
                self.fit()

        self.app.push_screen(PlanScreen(plan, request, main.session, main.settings, main.clock), done)
