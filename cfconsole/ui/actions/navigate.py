"""Actions that move the cursor, change the pane, zoom, go back and quit."""

from __future__ import annotations

from collections.abc import Callable

from cfconsole.ui.main_screen import MainScreen

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
