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


def why_no_service(desk: MainScreen) -> str:
    return "" if desk.services.cursor else _NO_SERVICE


def focus(pane: str) -> Callable[[MainScreen], None]:
    return lambda desk: desk.focus_pane(pane)


def open_chosen(desk: MainScreen) -> None:
    """In the services: their detail; in the alerts: the alert's service; in the log: the row in full."""
    match desk.current.id:
        case "services":
            desk.focus_pane("detail")
        case "alerts":
            _open_alert(desk)
        case "logs":
            logs.open_row(desk)
        case _:
            describe(desk)


def _open_alert(desk: MainScreen) -> None:
    alert = desk.alerts.chosen
    if alert is None:
        desk.say("Nothing is firing.")
    elif alert.service and desk.services.jump(alert.service):
        desk.focus_pane("services")
    else:
        read_text(desk, alert.policy, alert_text(alert))


def describe(desk: MainScreen) -> None:
    from cfconsole.ui.present.fleet.describe import describe_lines

    subject = desk.detail.subject()
    if subject is None:
        desk.say(_NO_SERVICE)
        return
    read_text(desk, str(subject.service.key), "\n".join(describe_lines(subject)))


def yaml(desk: MainScreen) -> None:
    key = desk.services.cursor
    if key is None:
        desk.say(_NO_SERVICE)
        return
    session = desk.session
    read_text(desk, str(key), read=lambda: session.describe(key))


def read_text(desk: MainScreen, heading: str, text: str = "", read: Callable[[], Awaitable[str]] | None = None) -> None:
    from cfconsole.ui.screens.text import TextScreen

    screen = TextScreen(desk.table, heading, text, copy=lambda text: desk.say(_copy(desk, text)), read=read)
    desk.app.push_screen(screen)


def faults(desk: MainScreen) -> None:
    desk.focus_pane("services")
    desk.services.toggle_faults()


def mark(desk: MainScreen) -> None:
    desk.services.mark()


def copy(desk: MainScreen) -> None:
    text = desk.current.copy_text()
    desk.say(_copy(desk, text) if text else "There is nothing to copy here.")


def link(desk: MainScreen) -> None:
    key = desk.services.cursor
    if key is None:
        desk.say(_NO_SERVICE)
        return
    url = console_link(key)
    _copy(desk, url)
    desk.say(url)


def _copy(desk: MainScreen, text: str) -> str:
    return copy_text(text, desk.settings, desk.app.copy_to_clipboard)


def ask_command(desk: MainScreen) -> None:
    desk.ask(":", "", "command")


def groups(desk: MainScreen) -> None:
    from cfconsole.ui.screens.grouping import open_error_groups

    open_error_groups(desk)


def palette(desk: MainScreen) -> None:
    from cfconsole.ui.screens.palette import PaletteScreen

    desk.app.push_screen(PaletteScreen(desk), desk.perform)


def help(desk: MainScreen) -> None:
    from cfconsole.ui.screens.help import HelpScreen

    desk.app.push_screen(HelpScreen(desk))


def refresh(desk: MainScreen) -> None:
    desk.session.refresh()
    desk.say("Reading everything again…")


def why_no_other_place(desk: MainScreen) -> str:
    return (
        "" if desk.settings.open_place else "The demo has one project; start cfconsole without demo to look elsewhere."
    )


def choose_place(desk: MainScreen) -> None:
    from cfconsole.ui.place import open_places

    open_places(desk)
