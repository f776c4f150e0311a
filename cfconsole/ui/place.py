"""Places: the context, projects and regions that a console shows, and how they are offered."""

from __future__ import annotations

from msgspec import Struct


class Place(Struct, frozen=True):
    """A context, or projects, or neither for the present projects; all regions unless some are named."""

    context: str = ""
    projects: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


class PlaceChoice(Struct, frozen=True):
    """A place in the list of those to choose from."""

    label: str
    kind: str
    place: Place
    about: str = ""
    why_not: str = ""
    """Why this console can't switch to it; empty if it can."""
