"""Where to look: contexts, projects and regions to choose from, or the name of a project to type."""

from __future__ import annotations

import re

from cfconsole.ui.place import Place, PlaceChoice
from cfconsole.ui.present import words
from cfconsole.ui.present.cells import BLANK, Line, Span, hints, left, line
from cfconsole.ui.screens.picker import PickerScreen

_ROWS = 14
_PROJECT = re.compile(r"(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]")
"""How projects are named, some with the domain of an organisation (Resource Manager, `projectId`)."""


class PlacesScreen(PickerScreen[PlaceChoice, Place]):
    heading = "Where to look"
    preferred_size = (100, _ROWS + 6)
    most_rows = _ROWS

    def __init__(self, choices: tuple[PlaceChoice, ...], *, way_out: str = "back") -> None:
        """`way_out` says what leaving without a choice does."""
        super().__init__()
        self._way_out = way_out
        self._choices = choices

    def matching(self, typed: str) -> tuple[PlaceChoice, ...]:
        """What matches, and the project of that name."""
        wanted = typed.strip().lower()
        found = tuple(one for one in self._choices if wanted in f"{one.label} {one.about}".lower())
        if not _PROJECT.fullmatch(wanted) or any(one.place.projects == (wanted,) for one in found):
            return found
        return (*found, PlaceChoice(wanted, "project", Place(projects=(wanted,)), "as typed"))

    def row(self, choice: PlaceChoice) -> Line:
        style = "dim" if choice.why_not else ""
        said = words.reason(choice.why_not) or choice.about
        return line(Span(f" {left(choice.label, 30)} ", style), Span(f"{left(choice.kind, 8)} {said}", "dim"))

    def result_of(self, choice: PlaceChoice) -> Place | None:
        return None if choice.why_not else choice.place

    def placeholder(self) -> Line:
        return line(Span(" Type the name of a project.", "dim"))

    def foot(self, width: int) -> list[Line]:
        return [BLANK, hints(("↑ ↓", "move"), ("enter", "look there"), ("esc", self._way_out))]
