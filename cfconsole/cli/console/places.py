"""What the console may be asked to look at instead, and the options that say so."""

from __future__ import annotations

from cfconsole.cli.options import GlobalOptions
from cfconsole.cli.setup.scope import Scope
from cfconsole.config import Config, Context
from cfconsole.ui.place import Place, PlaceChoice


def choices(config: Config, scope: Scope) -> tuple[PlaceChoice, ...]:
    """The contexts of the configuration, and the projects of this console."""
    contexts = (
        PlaceChoice(name, "context", Place(context=name), _about(context), _why_not(context, scope))
        for name, context in config.contexts.items()
    )
    own = () if scope.context else scope.projects
    return (*contexts, *(PlaceChoice(project, "project", Place(projects=(project,)), "here") for project in own))


def options_for(place: Place, options: GlobalOptions) -> GlobalOptions:
    """The options of a console on that place; what was refused or read-only stays so."""
    if place.context:
        return options._replace(context=place.context, projects=(), regions=place.regions)
    if place.projects:
        return options._replace(context="", projects=place.projects, regions=place.regions)
    return options._replace(regions=place.regions)


def _about(context: Context) -> str:
    return " · ".join((", ".join(context.projects), ", ".join(context.regions) or "all regions"))


def _why_not(context: Context, scope: Scope) -> str:
    return "It is not marked `emulator = true`." if scope.emulator and not context.emulator else ""
