"""Asks whether to delete a revision, most of all one that a release could not keep, and has it done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cfconsole.domain.release_kinds import GuardLevel, ReleaseKind
from cfconsole.domain.releases import Refusal, Release, ReleaseState
from cfconsole.domain.services import ServiceKey, short_revision
from cfconsole.session.deleting import Deletion
from cfconsole.ui.present.cells import BLANK, Line, Span, line
from cfconsole.ui.present.plan import labelled
from cfconsole.ui.screens.sure import SureScreen

if TYPE_CHECKING:
    from cfconsole.ui.main_screen import MainScreen

_UNKEPT = frozenset({ReleaseState.ROLLED_BACK, ReleaseState.ABORTED, ReleaseState.FAILED})
_BRINGING = frozenset({ReleaseKind.DEPLOY, ReleaseKind.RESTART})
_MEANING = "nothing brings it back; its logs and metrics stay, and a rollback can't choose it any more"
NONE_FAILED = "There is no new revision here that a release could not keep; name one: :delete-revision REVISION."


def failed_revision(release: Release) -> str:
    """The new revision that a release could not keep; empty if there is none."""
    return release.promoted if release.state in _UNKEPT and release.plan.kind in _BRINGING else ""


def delete_failed(desk: MainScreen) -> None:
    """Asks about the newest revision under the cursor that a release could not keep."""
    key = desk.services.cursor
    here = (release for release in desk.session.state.releases if release.plan.service == key)
    revision = next(filter(None, map(failed_revision, here)), "")
    if key and revision:
        ask_to_delete(desk, key, revision)
    else:
        desk.say(NONE_FAILED)


def ask_to_delete(desk: MainScreen, key: ServiceKey, revision: str) -> None:
    """Opens the question, or says why the revision can't be deleted."""
    found = desk.session.changes.deletion(key, revision)
    if isinstance(found, Refusal):
        desk.say(found.sentence)
        return
    short = short_revision(key.name, found.revision)

    def draw(width: int) -> list[Line]:
        head = line(Span(f" {key.project}/{key.region}/", "dim"), Span(key.name, "strong"), "  ", Span(short, "strong"))
        return [head, BLANK, *labelled("delete", _MEANING, "bad-strong", width)]

    def still() -> str:
        now = desk.session.changes.deletion(key, found.revision)
        return now.sentence if isinstance(now, Refusal) else ""

    def done(typed: str | None) -> None:
        if typed is None:
            desk.say("Nothing was deleted.")
        else:
            desk.run_worker(_delete(desk, found, typed), group=f"delete {found.revision}")

    name = key.name if found.guard is GuardLevel.TYPE_NAME else ""
    screen = SureScreen(desk.settings, desk.clock, f"Delete revision {short}", draw, name=name, still=still)
    desk.app.push_screen(screen, done)


async def _delete(desk: MainScreen, deletion: Deletion, typed: str) -> None:
    short = short_revision(deletion.service.name, deletion.revision)
    desk.say(f"Deleting {short}…")
    refusal = await desk.session.changes.delete_revision(deletion, typed=typed)
    desk.say(refusal.sentence if refusal else f"{short} is deleted.")
