"""Actions that move the cursor and the panes, change what the main screen shows, and copy from it."""

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


FAR = 1 << 40
"""More rows than any pane has."""


def by(steps: int) -> Callable[[MainScreen], None]:
    return lambda screen: screen.current.move(steps)


def by_page(steps: int) -> Callable[[MainScreen], None]:
    return lambda screen: screen.current.move(steps * screen.current.page)


def turn(steps: int) -> Callable[[MainScreen], None]:
    """Goes that many panes further in the order of the screen, and around its ends."""

    def run(screen: MainScreen) -> None:
        names = [pane.id for pane in screen.panes]
        screen.focus_pane(str(names[(names.index(screen.current.id) + steps) % len(names)]))

    return run


def zoom(whole: bool) -> Callable[[MainScreen], None]:
    return lambda screen: screen.zoom(whole)


def back(screen: MainScreen) -> None:
    screen.back()


def leave(screen: MainScreen) -> None:
    """Goes back, or leaves the console if there is nothing to go back from."""
    if not screen.back():
        screen.app.exit()
