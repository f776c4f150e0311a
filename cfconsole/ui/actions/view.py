"""Actions that change what the main screen shows, and copy from it."""

from __future__ import annotations

from collections.abc import Callable

from cfconsole.ui.actions.availability import NO_SERVICE
from cfconsole.ui.clipboard import console_link, copy_text
from cfconsole.ui.main_screen import MainScreen


def focus(pane: str) -> Callable[[MainScreen], None]:
    return lambda screen: screen.focus_pane(pane)


def faults(screen: MainScreen) -> None:
    screen.focus_pane("services")
    screen.services.toggle_faults()


def mark(screen: MainScreen) -> None:
    screen.services.mark()


def copy(screen: MainScreen) -> None:
    text = screen.current.copy_text()
    screen.say(copy_from(screen, text) if text else "Nothing to copy here.")


def link(screen: MainScreen) -> None:
    key = screen.services.cursor
    if key is None:
        screen.say(NO_SERVICE)
        return
    url = console_link(key)
    copy_from(screen, url)
    screen.say(url)


def copy_from(screen: MainScreen, text: str) -> str:
    """Copies the text, and returns the sentence that says so."""
    return copy_text(text, screen.settings, screen.app.copy_to_clipboard)


def ask_command(screen: MainScreen) -> None:
    screen.ask(":", "", "command")


def refresh(screen: MainScreen) -> None:
    screen.session.refresh()
    screen.say("Reading everything again…")
