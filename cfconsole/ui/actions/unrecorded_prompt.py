"""Asks whether to continue a rollback or undo that the journal can't record."""

from __future__ import annotations

from cfconsole.domain.errors import CloudError
from cfconsole.domain.releases.model import Approval
from cfconsole.domain.releases.planning.request import PlanRequest
from cfconsole.session.releases.single_write_journal import ALLOWED_KINDS, CONFIRM_WORD
from cfconsole.session.state.console_state import ConsoleState
from cfconsole.ui.main_screen import MainScreen
from cfconsole.ui.present.cells import BLANK, Line, Span, line
from cfconsole.ui.present.releases.plan import label_rows, split_lines
from cfconsole.ui.screens.confirm_action import ConfirmActionScreen

_MEANING = (
    "this console forgets the change when it exits, so Z can't undo it later",
    "the intended change is printed when the console exits",
)


def prompt_unrecorded(screen: MainScreen, approval: Approval, request: PlanRequest, release_id: str) -> None:
    """Asks once the release has ended because of the journal; only single writes may continue without a record."""
    if approval.plan.kind not in ALLOWED_KINDS:
        return

    def state_changed(state: ConsoleState) -> None:
        release = next((one for one in state.releases if one.id == release_id), None)
        if release is None or release.open:
            return
        unsubscribe()
        if state.unrecorded.get(release_id) is False:
            # The state comes from a task of the session; a dialog is opened in one of the screen.
            screen.call_later(_ask, screen, approval, request, release.outcome)

    unsubscribe = screen.session.subscribe(state_changed)


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

    title = "Continue without a record?"
    screen.app.push_screen(ConfirmActionScreen(screen.settings, screen.clock, title, draw, name=CONFIRM_WORD), done)
