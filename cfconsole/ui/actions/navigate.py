"""Actions that move: the cursor, between panes, in and out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cfconsole.ui.main_screen import MainScreen

FAR = 1 << 40
"""More rows than anything has."""


def by(steps: int) -> Callable[[MainScreen], None]:
    return lambda desk: desk.current.move(steps)


def by_page(steps: int) -> Callable[[MainScreen], None]:
    return lambda desk: desk.current.move(steps * desk.current.page)


def turn(steps: int) -> Callable[[MainScreen], None]:
    """To the next pane in the order of the screen, around the end."""

    def run(desk: MainScreen) -> None:
        names = [pane.id for pane in desk.panes]
        desk.focus_pane(str(names[(names.index(desk.current.id) + steps) % len(names)]))

    return run


def zoom(whole: bool) -> Callable[[MainScreen], None]:
    return lambda desk: desk.zoom(whole)


def back(desk: MainScreen) -> None:
    desk.back()


def leave(desk: MainScreen) -> None:
    """Back as long as there is something to go back from, else out."""
    if not desk.back():
        desk.app.exit()
