"""Where to look: contexts, projects and regions to choose from, or the name of a project to type."""

from __future__ import annotations

import re

from textual import events

from cfconsole.ui.line_edit import LineEdit
from cfconsole.ui.places import Choice, Place
from cfconsole.ui.present import words
from cfconsole.ui.present.cells import BLANK, Line, Span, fit, hints, left, line, restyled
from cfconsole.ui.present.ordering import window_top
from cfconsole.ui.screens.overlay import Overlay

_ROWS = 14
_PROJECT = re.compile(r"(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]")
"""How projects are named, some with the domain of an organisation (Resource Manager, `projectId`)."""


class PlacesScreen(Overlay[Place | None]):
    heading = "Where to look"
    size_wanted = (100, _ROWS + 6)

    def __init__(self, choices: tuple[Choice, ...], *, way_out: str = "back") -> None:
        """`way_out` says what leaving without a choice does."""
        super().__init__()
        self._way_out = way_out
        self._choices = choices
        self._edit = LineEdit()
        self._at = 0

    @property
    def found(self) -> tuple[Choice, ...]:
        """What matches the letters typed so far, and the project of that name."""
        typed = self._edit.text.strip().lower()
        matching = tuple(one for one in self._choices if typed in f"{one.label} {one.about}".lower())
        if not _PROJECT.fullmatch(typed) or any(one.place.projects == (typed,) for one in matching):
            return matching
        return (*matching, Choice(typed, "project", Place(projects=(typed,)), "as typed"))

    def rows(self, width: int) -> list[Line]:
        found = self.found
        rows = [fit(_row(choice), width) for choice in found]
        if rows:
            rows[self._at] = restyled(rows[self._at], "cursor")
        else:
            rows = [line(Span(" Type the name of a project.", "dim"))]
        top = window_top(0, self._at, _ROWS, len(rows))
        return [self._edit.shown(" > "), BLANK, *rows[top : top + _ROWS]]

    def foot(self, width: int) -> list[Line]:
        return [BLANK, hints(("↑ ↓", "move"), ("enter", "look there"), ("esc", self._way_out))]

    def pressed(self, event: events.Key) -> None:
        found = self.found
        match event.key:
            case "escape":
                self.dismiss(None)
            case "enter":
                if found and not found[self._at].why_not:
                    self.dismiss(found[self._at].place)
            case "up" | "down":
                step = 1 if event.key == "down" else -1
                self._at = min(max(0, self._at + step), max(0, len(found) - 1))
            case _:
                edited = self._edit.pressed(event.key, event.character)
                if edited is not None:
                    self._edit, self._at = edited, 0
        if self.is_current:
            self.box.repaint()


def _row(choice: Choice) -> Line:
    style = "dim" if choice.why_not else ""
    said = words.reason(choice.why_not) or choice.about
    return line(Span(f" {left(choice.label, 30)} ", style), Span(f"{left(choice.kind, 8)} {said}", "dim"))
