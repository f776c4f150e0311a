"""Actions that look: they change what the screen shows and nothing in the cloud.

Overlays are imported by name here: `cfconsole.ui.app` loads them once the first frame is out.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from cfconsole.domain.logs import Severity
from cfconsole.ui.clipboard import console_link, copy_text
from cfconsole.ui.present.alerts import alert_text
from cfconsole.ui.present.logs import entry_text

if TYPE_CHECKING:
    from cfconsole.ui.main_screen import MainScreen

_NO_SERVICE = "No service is selected."


def needs_service(desk: MainScreen) -> str:
    return "" if desk.services.cursor else _NO_SERVICE


def go(pane: str) -> Callable[[MainScreen], None]:
    return lambda desk: desk.focus_pane(pane)


def open_chosen(desk: MainScreen) -> None:
    """In the services: their detail; in the alerts: the alert's service; in the log: the row in full."""
    match desk.current.id:
        case "services":
            desk.focus_pane("detail")
        case "alerts":
            _open_alert(desk)
        case "logs":
            _open_row(desk)
        case _:
            describe(desk)


def _open_alert(desk: MainScreen) -> None:
    alert = desk.alerts.chosen
    if alert is None:
        desk.say("Nothing is firing.")
    elif alert.service and desk.services.jump(alert.service):
        desk.focus_pane("services")
    else:
        _read(desk, alert.policy, alert_text(alert))


def _open_row(desk: MainScreen) -> None:
    row = desk.logs.chosen
    if row is None:
        desk.logs.toggle_follow()
    else:
        _read(desk, "Log entry", entry_text(row))


def describe(desk: MainScreen) -> None:
    from cfconsole.ui.present.describe import describe_lines

    subject = desk.detail.subject()
    if subject is None:
        desk.say(_NO_SERVICE)
        return
    _read(desk, str(subject.service.key), "\n".join(describe_lines(subject)))


def yaml(desk: MainScreen) -> None:
    key = desk.services.cursor
    if key is None:
        desk.say(_NO_SERVICE)
        return
    session = desk.session
    _read(desk, str(key), read=lambda: session.describe(key))


def _read(desk: MainScreen, heading: str, text: str = "", read: Callable[[], Awaitable[str]] | None = None) -> None:
    from cfconsole.ui.screens.text import TextScreen

    screen = TextScreen(desk.table, heading, text, copy=lambda text: desk.say(_copied(desk, text)), read=read)
    desk.app.push_screen(screen)


def faults(desk: MainScreen) -> None:
    desk.focus_pane("services")
    desk.services.toggle_faults()


def mark(desk: MainScreen) -> None:
    desk.services.mark()


def copy(desk: MainScreen) -> None:
    text = desk.current.copied()
    desk.say(_copied(desk, text) if text else "There is nothing to copy here.")


def link(desk: MainScreen) -> None:
    key = desk.services.cursor
    if key is None:
        desk.say(_NO_SERVICE)
        return
    url = console_link(key)
    _copied(desk, url)
    desk.say(url)


def _copied(desk: MainScreen, text: str) -> str:
    return copy_text(text, desk.settings, desk.app.copy_to_clipboard)


def ask_filter(desk: MainScreen) -> None:
    """Filters the log where the log is looked at, else the services."""
    pane = desk.logs if desk.current is desk.logs else desk.services
    desk.ask("/", pane.typed, "filter")


def ask_command(desk: MainScreen) -> None:
    desk.ask(":", "", "command")


def match(step: int) -> Callable[[MainScreen], None]:
    def run(desk: MainScreen) -> None:
        desk.focus_pane("logs")
        if not desk.logs.find(step):
            desk.say("No more matches that way; / in the log says what to look for.")

    return run


def error(step: int) -> Callable[[MainScreen], None]:
    def run(desk: MainScreen) -> None:
        desk.focus_pane("logs")
        if not desk.logs.find_error(step):
            desk.say("No more errors that way.")

    return run


def palette(desk: MainScreen) -> None:
    from cfconsole.ui.screens.palette import PaletteScreen

    desk.app.push_screen(PaletteScreen(desk), desk.perform)


def help(desk: MainScreen) -> None:
    from cfconsole.ui.screens.help import HelpScreen

    desk.app.push_screen(HelpScreen(desk))


def refresh(desk: MainScreen) -> None:
    desk.session.refresh()
    desk.say("Reading everything again…")


def follow(desk: MainScreen) -> None:
    desk.logs.toggle_follow()


def wrap(desk: MainScreen) -> None:
    desk.logs.toggle_wrap()


def severity(step: int) -> Callable[[MainScreen], None]:
    def run(desk: MainScreen) -> None:
        levels = list(Severity)
        logs = desk.session.logs
        at = levels.index(logs.min_severity) + step
        if 0 <= at < len(levels):
            logs.set_min_severity(levels[at])
            desk.logs.look()
            desk.logs.repaint()

    return run


def clear_log(desk: MainScreen) -> None:
    desk.logs.clear()
