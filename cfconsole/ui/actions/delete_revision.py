"""Confirms and deletes a revision, usually the failed one of a release."""

from __future__ import annotations

from cfconsole.domain.fleet.services import ServiceKey, short_revision
from cfconsole.domain.releases.kinds import GuardLevel
from cfconsole.domain.releases.model import Plan, Refusal
from cfconsole.domain.releases.planning.request import DeleteRevisionRequest
from cfconsole.session.settings import why_read_only
from cfconsole.ui.main_screen import MainScreen
from cfconsole.ui.present.cells import BLANK, Line, Span, line
from cfconsole.ui.present.releases.plan import label_rows
from cfconsole.ui.present.releases.status import failed_revision
from cfconsole.ui.screens.confirm_action import ConfirmActionScreen

_MEANING = "this can't be undone; its logs and metrics stay, but no rollback can use it"
NONE_FAILED = "No failed revision here. Name one: :delete-revision REVISION."


def delete_failed(screen: MainScreen) -> None:
    """Asks about the newest failed revision of the selected service."""
    key = screen.services.cursor
    here = (release for release in screen.session.state.releases if release.plan.service == key)
    revision = next(filter(None, map(failed_revision, here)), "")
    if key and revision:
        confirm_deletion(screen, key, revision)
    else:
        screen.say(NONE_FAILED)


def delete_revision(screen: MainScreen, typed: str) -> None:
    """Asks about the named revision; without a name, about the failed one."""
    if typed and screen.services.cursor:
        confirm_deletion(screen, screen.services.cursor, typed)
    else:
        delete_failed(screen)


def confirm_deletion(screen: MainScreen, key: ServiceKey, revision: str) -> None:
    """Asks whether to delete the revision, or says why it can't be deleted."""
    request = DeleteRevisionRequest(revision)
    plan = _deletion_plan(screen, key, request)
    if isinstance(plan, str):
        screen.say(plan)
        return
    short = short_revision(key.name, plan.bad)

    def draw(width: int) -> list[Line]:
        head = line(Span(f" {key.project}/{key.region}/", "dim"), Span(key.name, "strong"), "  ", Span(short, "strong"))
        return [head, BLANK, *label_rows("delete", _MEANING, "bad-strong", width)]

    def recheck() -> str:
        now = _deletion_plan(screen, key, request)
        return now if isinstance(now, str) else ""

    def done(typed: str | None) -> None:
        if typed is None:
            screen.say("Nothing was deleted.")
        else:
            screen.run_worker(_delete(screen, plan, typed), group=f"delete {plan.bad}")

    name = key.name if screen.session.changes.guard(plan) is GuardLevel.TYPE_NAME else ""
    question = ConfirmActionScreen(
        screen.settings, screen.clock, f"Delete revision {short}", draw, name=name, recheck=recheck
    )
    screen.app.push_screen(question, done)


def _deletion_plan(screen: MainScreen, key: ServiceKey, request: DeleteRevisionRequest) -> Plan | str:
    """The plan from what is on screen, or the reason why there is none."""
    if screen.settings.read_only:
        return why_read_only("delete revisions")
    plan = screen.session.changes.plan(key, request)
    return plan.sentence if isinstance(plan, Refusal) else plan


async def _delete(screen: MainScreen, plan: Plan, typed: str) -> None:
    short = short_revision(plan.service.name, plan.bad)
    approval = screen.session.changes.approve(plan, typed=typed)
    if isinstance(approval, Refusal):
        screen.say(approval.sentence)
        return
    screen.say(f"Deleting {short}…")
    refusal = await screen.session.changes.delete_revision(approval)
    screen.say(refusal.sentence if refusal else f"Deleted {short}.")
