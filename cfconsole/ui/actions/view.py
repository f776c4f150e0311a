"""Actions that look: they change what the screen shows and nothing in the cloud.

Overlays are imported by name here: `cfconsole.ui.app` loads them once the first frame is out.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from cfconsole.ui.actions import logs
from cfconsole.ui.clipboard import console_link, copy_text
from cfconsole.ui.present.fleet.alerts import alert_text

if TYPE_CHECKING:
    from cfconsole.ui.main_screen import MainScreen

_NO_SERVICE = "No service is selected."


def why_no_service(screen: MainScreen) -> str:
    return "" if screen.services.cursor else _NO_SERVICE


def focus(pane: str) -> Callable[[MainScreen], None]:
    return lambda screen: screen.focus_pane(pane)


def open_chosen(screen: MainScreen) -> None:
    """In the services: their detail; in the alerts: the alert's service; in the log: the row in full."""
    match screen.current.id:
        case "services":
            screen.focus_pane("detail")
        case "alerts":
            _open_alert(screen)
        case "logs":
            logs.open_row(screen)
        case _:
            describe(screen)


def _open_alert(screen: MainScreen) -> None:
    alert = screen.alerts.chosen
    if alert is None:
        screen.say("Nothing is firing.")
    elif alert.service and screen.services.jump(alert.service):
        screen.focus_pane("services")
    else:
        read_text(screen, alert.policy, alert_text(alert))


def describe(screen: MainScreen) -> None:
    from cfconsole.ui.present.fleet.describe import describe_lines

    subject = screen.detail.subject()
    if subject is None:
        screen.say(_NO_SERVICE)
        return
    read_text(screen, str(subject.service.key), "\n".join(describe_lines(subject)))


def yaml(screen: MainScreen) -> None:
    key = screen.services.cursor
    if key is None:
        screen.say(_NO_SERVICE)
        return
    session = screen.session
    read_text(screen, str(key), read=lambda: session.describe(key))


def read_text(
    screen: MainScreen, heading: str, text: str = "", read: Callable[[], Awaitable[str]] | None = None
) -> None:
    from cfconsole.ui.screens.text import TextScreen

    dialog = TextScreen(screen.table, heading, text, copy=lambda text: screen.say(_copy(screen, text)), read=read)
    screen.app.push_screen(dialog)


def faults(screen: MainScreen) -> None:
    screen.focus_pane("services")
    screen.services.toggle_faults()


def mark(screen: MainScreen) -> None:
    screen.services.mark()


def copy(screen: MainScreen) -> None:
    text = screen.current.copy_text()
    screen.say(_copy(screen, text) if text else "There is nothing to copy here.")


def link(screen: MainScreen) -> None:
    key = screen.services.cursor
    if key is None:
        screen.say(_NO_SERVICE)
        return
    url = console_link(key)
    _copy(screen, url)
    screen.say(url)


def _copy(screen: MainScreen, text: str) -> str:
    return copy_text(text, screen.settings, screen.app.copy_to_clipboard)


def ask_command(screen: MainScreen) -> None:
    screen.ask(":", "", "command")


def groups(screen: MainScreen) -> None:
    from cfconsole.ui.screens.grouping import open_error_groups

    open_error_groups(screen)


def palette(screen: MainScreen) -> None:
    from cfconsole.ui.screens.palette import PaletteScreen

    screen.app.push_screen(PaletteScreen(screen), screen.perform)


def help(screen: MainScreen) -> None:
    from cfconsole.ui.screens.help import HelpScreen

    screen.app.push_screen(HelpScreen(screen))


def refresh(screen: MainScreen) -> None:
    screen.session.refresh()
    screen.say("Reading everything again…")


def why_no_other_place(screen: MainScreen) -> str:
    return (
        ""
        if screen.settings.open_place
        else "The demo has one project; start cfconsole without demo to look elsewhere."
    )


def choose_place(screen: MainScreen) -> None:
    from cfconsole.ui.place import open_places

    open_places(screen)
