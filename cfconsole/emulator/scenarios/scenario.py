"""What a scenario is: a cast of services with a past, how much is asked of them, and the story that unfolds."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from msgspec import Struct

from cfconsole.emulator.gateway.reporter import Reporter
from cfconsole.emulator.scenarios.service_spec import ServiceSpec, add_service
from cfconsole.emulator.world.world import World


class Stage(Struct, frozen=True):
    """What a story acts on."""

    world: World
    reporter: Reporter


Story = Callable[[Stage], Coroutine[Any, Any, None]]


async def nothing_happens(_: Stage) -> None:
    """The story of a quiet day."""


class Scenario(Struct, frozen=True):
    """A world before the story, and the story. All rates are for all services together."""

    name: str
    project: str
    regions: Sequence[str]
    services: Sequence[ServiceSpec]
    story: Story = nothing_happens
    requests_per_s: float = 24.0
    """Real HTTP requests of the load, spread over the services by weight."""
    history_s: float = 3_600.0
    """How far back the synthesised metrics reach."""
    denied: Sequence[tuple[str, str]] = ()
    """Methods that fail from the start, each with the permission that is lacking."""
    synthesised: bool = False
    """Metric points come from arithmetic all the time, because real requests to so many services cost too much."""

    def build(self, world: World) -> None:
        """Fills `world` with the services as they are before the story begins."""
        world.add_project(self.project, self.regions)
        for spec in self.services:
            add_service(world, self.project, spec)
