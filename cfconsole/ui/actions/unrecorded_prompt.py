"""Asks whether a rollback or an undo shall go on although the journal does not take it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cfconsole.domain.errors import CloudError
from cfconsole.domain.releases.model import Approval
from cfconsole.domain.releases.planning.request import PlanRequest
from cfconsole.session.releases.single_write_journal import ALLOWED_KINDS, CONFIRM_WORD
from cfconsole.session.state.console_state import ConsoleState
from cfconsole.ui.present.cells import BLANK, Line, Span, line
from cfconsole.ui.present.releases.plan import label_rows, split_lines
from cfconsole.ui.screens.confirm_action import ConfirmActionScreen

if TYPE_CHECKING:
    from cfconsole.ui.main_screen import MainScreen

_MEANING = (
    "this console forgets it when it is left, so no later Z takes it back",
    "what was meant to be written is printed once the console is left",
)


def prompt_unrecorded(screen: MainScreen, approval: Approval, request: PlanRequest, release_id: str) -> None:
    """Asks once the release has ended for the journal's sake; anything longer than one write is refused then."""
    if approval.plan.kind not in ALLOWED_KINDS:
        return

    def moved(state: ConsoleState) -> None:
        release = next((one for one in state.releases if one.id == release_id), None)
        if release is None or release.open:
            return
        unsubscribe()
        if state.unrecorded.get(release_id) is False:
            # The state comes from the session's tasks; a dialog is opened by the screen's own.
            screen.call_later(_ask, screen, approval, request, release.outcome)

    unsubscribe = screen.session.subscribe(moved)


def _ask(screen: MainScreen, approval: Approval, request: PlanRequest, why: str) -> None:
    plan = approval.plan
    key = plan.service

    def draw(width: int) -> list[Line]:
        rows = [line(Span(f" {key.project}/{key.region}/", "dim"), Span(key.name, "strong")), BLANK]
        rows += [*split_lines(plan, width), BLANK, *label_rows("journal", why, "bad-strong", width)]
        for text in _MEANING:
            rows += label_rows("then", text, "warn-strong", width)
        return rows

    def done(typed: str | None) -> None:
        if typed is None:
            screen.say("Nothing was changed.")
            return
        try:
            screen.session.changes.release(approval, request, unrecorded=True)
        except CloudError as error:
            screen.say(f"Nothing was changed: {error.sentence}")

    title = "Go on without a record?"
    screen.app.push_screen(ConfirmActionScreen(screen.settings, screen.clock, title, draw, name=CONFIRM_WORD), done)
