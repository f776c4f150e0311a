"""Asks whether to delete a revision, most of all one that a release could not keep, and has it done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cfconsole.domain.fleet.services import ServiceKey, short_revision
from cfconsole.domain.releases.kinds import GuardLevel, ReleaseKind
from cfconsole.domain.releases.model import Plan, Refusal, Release, ReleaseState
from cfconsole.domain.releases.planning.request import DeleteRevisionRequest
from cfconsole.session.settings import why_read_only
from cfconsole.ui.present.cells import BLANK, Line, Span, line
from cfconsole.ui.present.releases.plan import label_rows
from cfconsole.ui.screens.confirm_action import ConfirmActionScreen

if TYPE_CHECKING:
    from cfconsole.ui.main_screen import MainScreen

_ENDED_BADLY = frozenset({ReleaseState.ROLLED_BACK, ReleaseState.ABORTED, ReleaseState.FAILED})
_KINDS_WITH_NEW_REVISION = frozenset({ReleaseKind.DEPLOY, ReleaseKind.RESTART})
_MEANING = "nothing brings it back; its logs and metrics stay, and a rollback can't choose it any more"
NONE_FAILED = "There is no new revision here that a release could not keep; name one: :delete-revision REVISION."


def failed_revision(release: Release) -> str:
    """The new revision that a release could not keep; empty if there is none."""
    return release.promoted if release.state in _ENDED_BADLY and release.plan.kind in _KINDS_WITH_NEW_REVISION else ""


def delete_failed(screen: MainScreen) -> None:
    """Asks about the newest revision under the cursor that a release could not keep."""
    key = screen.services.cursor
    here = (release for release in screen.session.state.releases if release.plan.service == key)
    revision = next(filter(None, map(failed_revision, here)), "")
    if key and revision:
        confirm_deletion(screen, key, revision)
    else:
        screen.say(NONE_FAILED)


def confirm_deletion(screen: MainScreen, key: ServiceKey, revision: str) -> None:
    """Opens the question, or says why the revision can't be deleted."""
    request = DeleteRevisionRequest(revision)
    plan = _may_be_deleted(screen, key, request)
    if isinstance(plan, str):
        screen.say(plan)
        return
    short = short_revision(key.name, plan.bad)

    def draw(width: int) -> list[Line]:
        head = line(Span(f" {key.project}/{key.region}/", "dim"), Span(key.name, "strong"), "  ", Span(short, "strong"))
        return [head, BLANK, *label_rows("delete", _MEANING, "bad-strong", width)]

    def still() -> str:
        now = _may_be_deleted(screen, key, request)
        return now if isinstance(now, str) else ""

    def done(typed: str | None) -> None:
        if typed is None:
            screen.say("Nothing was deleted.")
        else:
            screen.run_worker(_delete(screen, plan, typed), group=f"delete {plan.bad}")

    name = key.name if screen.session.changes.guard(plan) is GuardLevel.TYPE_NAME else ""
    question = ConfirmActionScreen(
        screen.settings, screen.clock, f"Delete revision {short}", draw, name=name, still=still
    )
    screen.app.push_screen(question, done)


def _may_be_deleted(screen: MainScreen, key: ServiceKey, request: DeleteRevisionRequest) -> Plan | str:
    """The plan from what is on screen, or why there is none."""
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
    screen.say(refusal.sentence if refusal else f"{short} is deleted.")
