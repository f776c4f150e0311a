"""Steers releases under way or left behind: abort, promote, go on, take up. Each asks before anything is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cfconsole.domain.errors import CloudError
from cfconsole.domain.fleet.traffic import CANDIDATE
from cfconsole.domain.releases.kinds import GuardLevel
from cfconsole.domain.releases.model import Refusal, Release
from cfconsole.domain.releases.planning.request import PromoteRequest
from cfconsole.domain.releases.rollout.values import Command
from cfconsole.ui.actions.change import show_plan
from cfconsole.ui.actions.delete_revision import confirm_deletion, failed_revision
from cfconsole.ui.present.cells import BLANK, Line, Span, line
from cfconsole.ui.present.releases.command import COMMAND_TITLES, command_lines
from cfconsole.ui.present.releases.plan import label_rows
from cfconsole.ui.present.releases.progress import progress_view, step_of
from cfconsole.ui.present.releases.status import interrupted
from cfconsole.ui.present.releases.table import release_summary
from cfconsole.ui.screens.confirm_action import ConfirmActionScreen
from cfconsole.ui.screens.recovery import RecoveryScreen
from cfconsole.ui.screens.releases import ReleasesScreen

if TYPE_CHECKING:
    from cfconsole.ui.main_screen import MainScreen

_COMMANDS = {"abort": Command.ABORT, "promote": Command.PROMOTE, "go-on": Command.CONTINUE}
_BUILDS = "A build can't be aborted; what it makes gets no traffic by it, and the release of that can be."
_SINGLE = "That release is a single write; once it has ended Z takes it back."
_RECOVERED = {
    Command.CONTINUE: "The release goes on.",
    Command.ABORT: "What served before is being put back.",
    Command.NONE: "The release was left as it is.",
}


def open_releases(screen: MainScreen) -> None:
    screen.app.push_screen(ReleasesScreen(screen, command_release))


def command_release_here(screen: MainScreen, name: str) -> None:
    """Steers the release of the service under the cursor, else the only one there is; of several one is chosen."""
    found = [release for release in screen.session.state.releases if release.open or interrupted(release)]
    here = [release for release in found if release.plan.service == screen.services.cursor]
    one = here or found
    if len(one) == 1:
        command_release(screen, one[0], name)
    elif one:
        open_releases(screen)
    else:
        screen.say("No release is under way.")


def promote(screen: MainScreen, typed: str) -> None:
    """Promotes the release under way; with a revision, gives that one everything by a plan of its own."""
    if typed and screen.services.cursor:
        show_plan(screen, screen.services.cursor, PromoteRequest(typed))
    else:
        command_release_here(screen, "promote")


def command_release(screen: MainScreen, release: Release, name: str) -> None:
    """Does an action to one release, once the operator is sure."""
    if name == "delete-revision":
        _delete(screen, release)
    elif interrupted(release):
        offer_recovery(screen, release)
    elif not release.open:
        screen.say("That release has ended; Z undoes the last one of a service.")
    elif not release.plan.steps:
        screen.say(_BUILDS if release.plan.target == CANDIDATE else _SINGLE)
    elif name in _COMMANDS:
        _ask(screen, release, _COMMANDS[name])


def _delete(screen: MainScreen, release: Release) -> None:
    revision = failed_revision(release)
    if revision:
        confirm_deletion(screen, release.plan.service, revision)
    else:
        screen.say("That release has no new revision that it could not keep.")


def _ask(screen: MainScreen, release: Release, command: Command) -> None:
    look = screen.session.state.progress.get(release.id)
    at = step_of(release, look)

    def draw(width: int) -> list[Line]:
        state = screen.session.state
        how = progress_view(state.progress.get(release.id), screen.clock.now())
        return command_lines(release, command, state.services.get(release.plan.service), at, how, width)

    def still() -> str:
        now = _now(screen, release)
        if now is None or not now.open:
            return "It has ended meanwhile; nothing was done."
        step = step_of(now, screen.session.state.progress.get(release.id))
        moved = command is Command.CONTINUE and step != at
        return "It went on to the next step meanwhile; nothing was done." if moved else ""

    def done(typed: str | None) -> None:
        if typed is None:
            return
        try:
            screen.session.changes.command(release.id, command)
        except CloudError as error:
            screen.say(f"{COMMAND_TITLES[command]}: nothing was asked for: {error.sentence}")
        else:
            screen.say(f"{COMMAND_TITLES[command]}: asked for.")

    name = "" if command is Command.ABORT else _to_type(screen, release)
    dialog = ConfirmActionScreen(screen.settings, screen.clock, COMMAND_TITLES[command], draw, name=name, still=still)
    screen.app.push_screen(dialog, done)


def _to_type(screen: MainScreen, release: Release) -> str:
    guarded = screen.session.changes.guard(release.plan) is GuardLevel.TYPE_NAME
    return release.plan.service.name if guarded else ""


def _now(screen: MainScreen, release: Release) -> Release | None:
    return next((one for one in screen.session.state.releases if one.id == release.id), None)


def offer_recovery(screen: MainScreen, release: Release) -> None:
    """Offers to resume, abort or leave a release that nobody carries out any more."""

    def chosen(command: Command | None) -> None:
        if command is not None:
            _confirm_recovery(screen, release, command)

    screen.app.push_screen(RecoveryScreen(screen.session, release), chosen)


def _confirm_recovery(screen: MainScreen, release: Release, command: Command) -> None:
    heading = {
        Command.CONTINUE: "Resume the release",
        Command.ABORT: "Abort the release",
        Command.NONE: "Leave the release",
    }[command]
    meaning = {
        Command.CONTINUE: "it is read anew and goes on from where it was",
        Command.ABORT: "it is read anew, and what served before is put back",
        Command.NONE: "nothing is written; the release ends, and the service stays as it is",
    }[command]

    def draw(width: int) -> list[Line]:
        key = release.plan.service
        head = line(
            Span(f" {key.project}/{key.region}/", "dim"), Span(key.name, "strong"), f"  {release_summary(release)}"
        )
        return [head, BLANK, *label_rows("then", meaning, "accent", width)]

    def done(typed: str | None) -> None:
        if typed is not None:
            screen.run_worker(_recover(screen, release, command, typed), group=f"recover {release.id}")

    name = "" if command is Command.NONE else _to_type(screen, release)
    screen.app.push_screen(ConfirmActionScreen(screen.settings, screen.clock, heading, draw, name=name), done)


async def _recover(screen: MainScreen, release: Release, command: Command, typed: str) -> None:
    refusal: Refusal | None = await screen.session.changes.recover(release.id, command, typed=typed)
    screen.say(refusal.sentence if refusal else _RECOVERED[command])
