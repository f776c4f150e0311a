"""Actions that open a box to read or choose from: text, a log entry, error groups, help, palette, places."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from cfconsole.domain.logs.entries import LogEntry
from cfconsole.ui.actions.availability import NO_SERVICE
from cfconsole.ui.actions.view import copy_from
from cfconsole.ui.main_screen import MainScreen
from cfconsole.ui.place import Place
from cfconsole.ui.present.fleet.alerts import alert_text
from cfconsole.ui.present.fleet.describe import describe_lines
from cfconsole.ui.present.logs.rows import row_text
from cfconsole.ui.screens.error_groups import open_error_groups
from cfconsole.ui.screens.help import HelpScreen
from cfconsole.ui.screens.log_entry import LogEntryScreen
from cfconsole.ui.screens.palette import PaletteScreen
from cfconsole.ui.screens.places import PlacesScreen, region_choices
from cfconsole.ui.screens.text import TextScreen


def open_chosen(screen: MainScreen) -> None:
    """In the services: their detail; in the alerts: the alert's service; in the log: the row in full."""
    match screen.current.id:
        case "services":
            screen.focus_pane("detail")
        case "alerts":
            _open_alert(screen)
        case "logs":
            _open_log_row(screen)
        case _:
            describe(screen)


def _open_alert(screen: MainScreen) -> None:
    alert = screen.alerts.chosen
    if alert is None:
        screen.say("No open alerts.")
    elif alert.service and screen.services.jump(alert.service):
        screen.focus_pane("services")
    else:
        read_text(screen, alert.policy, alert_text(alert))


def _open_log_row(screen: MainScreen) -> None:
    """The row under the cursor in full; while the log follows its end there is no cursor yet."""
    row = screen.logs.chosen
    if row is None:
        screen.logs.toggle_follow()
    elif isinstance(row, LogEntry):
        screen.app.push_screen(LogEntryScreen(screen, row))
    else:
        screen.say(row_text(row))


def describe(screen: MainScreen) -> None:
    subject = screen.detail.subject()
    if subject is None:
        screen.say(NO_SERVICE)
        return
    read_text(screen, str(subject.service.key), "\n".join(describe_lines(subject)))


def yaml(screen: MainScreen) -> None:
    key = screen.services.cursor
    if key is None:
        screen.say(NO_SERVICE)
        return
    session = screen.session
    read_text(screen, str(key), read=lambda: session.describe(key))


def read_text(
    screen: MainScreen, heading: str, text: str = "", read: Callable[[], Awaitable[str]] | None = None
) -> None:
    """Opens a text, or what `read` returns once it is there."""
    dialog = TextScreen(screen.table, heading, text, copy=lambda text: screen.say(copy_from(screen, text)), read=read)
    screen.app.push_screen(dialog)


def groups(screen: MainScreen) -> None:
    open_error_groups(screen)


def palette(screen: MainScreen) -> None:
    screen.app.push_screen(PaletteScreen(screen), screen.perform)


def help(screen: MainScreen) -> None:
    screen.app.push_screen(HelpScreen(screen))


def choose_place(screen: MainScreen) -> None:
    """Offers the places; without a choice the console stays, or ends if it has no project to show."""
    settings = screen.settings

    def done(place: Place | None) -> None:
        if place and settings.open_place:
            settings.open_place(place)
        elif settings.no_project:
            screen.app.exit()

    choices = (*settings.place_choices(), *region_choices(screen.session.regions))
    screen.app.push_screen(PlacesScreen(choices, way_out="leave" if settings.no_project else "back"), done)
