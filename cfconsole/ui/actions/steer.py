"""Commands on releases: abort, promote, continue, and resume an interrupted one. Each is confirmed first."""

from __future__ import annotations

from cfconsole.domain.errors import CloudError
from cfconsole.domain.fleet.traffic import CANDIDATE
from cfconsole.domain.releases.kinds import GuardLevel
from cfconsole.domain.releases.model import Refusal, Release
from cfconsole.domain.releases.planning.request import PromoteRequest
from cfconsole.domain.releases.rollout.values import Command
from cfconsole.ui.actions.change import show_plan
from cfconsole.ui.actions.delete_revision import confirm_deletion
from cfconsole.ui.main_screen import MainScreen
from cfconsole.ui.present.cells import BLANK, Line, Span, line
from cfconsole.ui.present.releases.command import COMMAND_TITLES, command_lines
from cfconsole.ui.present.releases.plan import label_rows
from cfconsole.ui.present.releases.progress import progress_view, step_of
from cfconsole.ui.present.releases.status import failed_revision, interrupted
from cfconsole.ui.present.releases.table import release_summary
from cfconsole.ui.screens.confirm_action import ConfirmActionScreen
from cfconsole.ui.screens.recovery import RecoveryScreen
from cfconsole.ui.screens.releases import ReleasesScreen

_COMMANDS = {"abort": Command.ABORT, "promote": Command.PROMOTE, "go-on": Command.CONTINUE}
_BUILDS = "Builds can't be aborted. The new revision gets no traffic; abort its release instead."
_SINGLE = "This release is a single write. Once it has ended, Z undoes it."
_RECOVERED = {
    Command.CONTINUE: "The release continues.",
    Command.ABORT: "The previous traffic is being restored.",
    Command.NONE: "The release was closed as it stands.",
}


def abort(screen: MainScreen) -> None:
    command_release_here(screen, "abort")


def promote(screen: MainScreen) -> None:
    command_release_here(screen, "promote")


def continue_release(screen: MainScreen) -> None:
    command_release_here(screen, "go-on")


def open_releases(screen: MainScreen) -> None:
    screen.app.push_screen(ReleasesScreen(screen, command_release))


def command_release_here(screen: MainScreen, name: str) -> None:
    """Commands the release of the selected service, or else the only one; opens the list if there are several."""
    found = [release for release in screen.session.state.releases if release.open or interrupted(release)]
    here = [release for release in found if release.plan.service == screen.services.cursor]
    one = here or found
    if len(one) == 1:
        command_release(screen, one[0], name)
    elif one:
        open_releases(screen)
    else:
        screen.say("No release is under way.")


def promote_revision(screen: MainScreen, typed: str) -> None:
    """Sends all traffic to the named revision by a plan of its own; without a name, promotes the release under way."""
    if typed and screen.services.cursor:
        show_plan(screen, screen.services.cursor, PromoteRequest(typed))
    else:
        command_release_here(screen, "promote")


def command_release(screen: MainScreen, release: Release, name: str) -> None:
    """Asks for confirmation and sends a command to the release, or says why it takes none."""
    if name == "delete-revision":
        _delete(screen, release)
    elif interrupted(release):
        offer_recovery(screen, release)
    elif not release.open:
        screen.say("This release has ended. Z undoes the last one of a service.")
    elif not release.plan.steps:
        screen.say(_BUILDS if release.plan.target == CANDIDATE else _SINGLE)
    elif name in _COMMANDS:
        _ask(screen, release, _COMMANDS[name])


def _delete(screen: MainScreen, release: Release) -> None:
    revision = failed_revision(release)
    if revision:
        confirm_deletion(screen, release.plan.service, revision)
    else:
        screen.say("This release has no failed revision.")


def _ask(screen: MainScreen, release: Release, command: Command) -> None:
    progress = screen.session.state.progress.get(release.id)
    at = step_of(release, progress)

    def draw(width: int) -> list[Line]:
        state = screen.session.state
        view = progress_view(state.progress.get(release.id), screen.clock.now())
        return command_lines(release, command, state.services.get(release.plan.service), at, view, width)

    def recheck() -> str:
        now = _current(screen, release)
        if now is None or not now.open:
            return "The release has ended in the meantime; nothing was done."
        step = step_of(now, screen.session.state.progress.get(release.id))
        moved = command is Command.CONTINUE and step != at
        return "The release has moved on to the next step in the meantime; nothing was done." if moved else ""

    def done(typed: str | None) -> None:
        if typed is None:
            return
        try:
            screen.session.changes.command(release.id, command)
        except CloudError as error:
            screen.say(f"{COMMAND_TITLES[command]}: the request failed: {error.sentence}")
        else:
            screen.say(f"{COMMAND_TITLES[command]}: requested.")

    name = "" if command is Command.ABORT else _name_to_type(screen, release)
    dialog = ConfirmActionScreen(
        screen.settings, screen.clock, COMMAND_TITLES[command], draw, name=name, recheck=recheck
    )
    screen.app.push_screen(dialog, done)


def _name_to_type(screen: MainScreen, release: Release) -> str:
    guarded = screen.session.changes.guard(release.plan) is GuardLevel.TYPE_NAME
    return release.plan.service.name if guarded else ""


def _current(screen: MainScreen, release: Release) -> Release | None:
    return next((one for one in screen.session.state.releases if one.id == release.id), None)


def offer_recovery(screen: MainScreen, release: Release) -> None:
    """Offers to resume, abort or leave an interrupted release."""

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
        Command.CONTINUE: "its state is read again and the release continues from there",
        Command.ABORT: "its state is read again and the previous traffic is restored",
        Command.NONE: "nothing is written; the release is closed and the service stays as it is",
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

    name = "" if command is Command.NONE else _name_to_type(screen, release)
    screen.app.push_screen(ConfirmActionScreen(screen.settings, screen.clock, heading, draw, name=name), done)


async def _recover(screen: MainScreen, release: Release, command: Command, typed: str) -> None:
    refusal: Refusal | None = await screen.session.changes.recover(release.id, command, typed=typed)
    screen.say(refusal.sentence if refusal else _RECOVERED[command])
