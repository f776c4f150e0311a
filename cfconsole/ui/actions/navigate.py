"""Actions that move: the cursor, between panes, in and out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cfconsole.ui.main_screen import MainScreen

FAR = 1 << 40
"""More rows than anything has."""


def by(steps: int) -> Callable[[MainScreen], None]:
    return lambda screen: screen.current.move(steps)


def by_page(steps: int) -> Callable[[MainScreen], None]:
    return lambda screen: screen.current.move(steps * screen.current.page)


def turn(steps: int) -> Callable[[MainScreen], None]:
    """To the next pane in the order of the screen, around the end."""

    def run(screen: MainScreen) -> None:
        names = [pane.id for pane in screen.panes]
        screen.focus_pane(str(names[(names.index(screen.current.id) + steps) % len(names)]))

    return run


def zoom(whole: bool) -> Callable[[MainScreen], None]:
    return lambda screen: screen.zoom(whole)


def back(screen: MainScreen) -> None:
    screen.back()


def leave(screen: MainScreen) -> None:
    """Back as long as there is something to go back from, else out."""
    if not screen.back():
        screen.app.exit()
