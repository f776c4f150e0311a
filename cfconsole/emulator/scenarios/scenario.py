"""A scenario: services with a history, their load, and a story that changes the world over time."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from msgspec import Struct

from cfconsole.emulator.gateway.reporter import Reporter
from cfconsole.emulator.scenarios.service_spec import ServiceSpec, add_service
from cfconsole.emulator.world.world import World


class StoryContext(Struct, frozen=True):
    """The world and the reporter a story acts on."""

    world: World
    reporter: Reporter


Story = Callable[[StoryContext], Coroutine[Any, Any, None]]


async def empty_story(_: StoryContext) -> None:
    """The story of scenarios without events."""


class Scenario(Struct, frozen=True):
    """The initial world and the story. Rates are for all services together."""

    name: str
    project: str
    regions: Sequence[str]
    services: Sequence[ServiceSpec]
    story: Story = empty_story
    requests_per_s: float = 24.0
    """Real HTTP requests per second, distributed over the services by weight."""
    history_s: float = 3_600.0
    """The time covered by the synthesised history."""
    denied: Sequence[tuple[str, str]] = ()
    """Methods that fail from the start, each with the missing permission."""
    synthesised: bool = False
    """Whether metrics are synthesised all the time, because real requests to so many services cost too much."""

    def build(self, world: World) -> None:
        """Adds the project and its services to `world`."""
        world.add_project(self.project, self.regions)
        for spec in self.services:
            add_service(world, self.project, spec)
