"""The choice of a place: contexts, projects and regions, or a project name to type."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cfconsole.ui.place import Place, PlaceChoice
from cfconsole.ui.present import words
from cfconsole.ui.present.cells import BLANK, Line, Span, hints, left, line
from cfconsole.ui.screens.picker import PickerScreen

_ROWS = 14
_PROJECT = re.compile(r"(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]")
"""A project id (Resource Manager, `projectId`), some with the domain of an organisation."""


def region_choices(regions: Iterable[str]) -> Iterator[PlaceChoice]:
    """All regions of the same projects, then each of them; nothing if none is known."""
    for number, region in enumerate(regions):
        if number == 0:
            yield PlaceChoice("all regions", "region", Place(), "of the same projects")
        yield PlaceChoice(region, "region", Place(regions=(region,)), "of the same projects")


class PlacesScreen(PickerScreen[PlaceChoice, Place]):
    heading = "Switch to"
    preferred_size = (100, _ROWS + 6)
    max_rows = _ROWS

    def __init__(self, choices: tuple[PlaceChoice, ...], *, way_out: str = "back") -> None:
        """`way_out` says what esc does."""
        super().__init__()
        self._way_out = way_out
        self._choices = choices

    def matching(self, typed: str) -> tuple[PlaceChoice, ...]:
        """The matching places, and the project of that name."""
        text = typed.strip().lower()
        found = tuple(one for one in self._choices if text in f"{one.label} {one.about}".lower())
        if not _PROJECT.fullmatch(text) or any(one.place.projects == (text,) for one in found):
            return found
        return (*found, PlaceChoice(text, "project", Place(projects=(text,)), "as typed"))

    def row(self, choice: PlaceChoice) -> Line:
        style = "dim" if choice.why_not else ""
        about = words.reason(choice.why_not) or choice.about
        return line(Span(f" {left(choice.label, 30)} ", style), Span(f"{left(choice.kind, 8)} {about}", "dim"))

    def result_of(self, choice: PlaceChoice) -> Place | None:
        return None if choice.why_not else choice.place

    def placeholder(self) -> Line:
        return line(Span(" Type a project name.", "dim"))

    def foot(self, width: int) -> list[Line]:
        return [BLANK, hints(("↑ ↓", "move"), ("enter", "open"), ("esc", self._way_out))]
