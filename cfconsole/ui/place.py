"""Where a console may look instead: what is offered, and the way there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from cfconsole.ui.main_screen import MainScreen


class Place(Struct, frozen=True):
    """Where to look: a context, else projects, else the present ones; in all regions unless some are named."""

    context: str = ""
    projects: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


class PlaceChoice(Struct, frozen=True):
    """A place as it is offered."""

    label: str
    kind: str
    place: Place
    about: str = ""
    why_not: str = ""
    """Why this console may not go there; empty if it may."""


def open_places(main: MainScreen) -> None:
    """Offers the places; without a choice the console stays, or ends if it has nothing to look at."""
    from cfconsole.ui.screens.places import PlacesScreen

    settings = main.settings

    def done(place: Place | None) -> None:
        if place and settings.open_place:
            settings.open_place(place)
        elif settings.no_project:
            main.app.exit()

    way_out = "leave" if settings.no_project else "back"
    main.app.push_screen(PlacesScreen((*settings.place_choices(), *_regions(main)), way_out=way_out), done)


def _regions(main: MainScreen) -> tuple[PlaceChoice, ...]:
    regions = main.session.regions
    whole = (PlaceChoice("all regions", "region", Place(), "of the same projects"),) if regions else ()
    return (
        *whole,
        *(PlaceChoice(region, "region", Place(regions=(region,)), "of the same projects") for region in regions),
    )
