"""Scenarios: a world with a past, and the story that unfolds in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cfconsole.emulator.scenarios.shop import PROJECT, REGIONS, shop_services
from cfconsole.emulator.world.seeding import ServiceSpec, plant
from cfconsole.emulator.world.world import World


@dataclass(frozen=True, slots=True)
class Scenario:
    """A cast of services."""

    name: str
    project: str
    regions: Sequence[str]
    services: Sequence[ServiceSpec]

    def build(self, world: World) -> None:
        """Fills `world` with the services as they are before the story begins."""
        world.add_project(self.project, self.regions)
        for spec in self.services:
            plant(world, self.project, spec)


def scenario_named(name: str, services: int | None = None) -> Scenario:
    """The scenario of this name; raises `ValueError` with the names that exist."""
    return Scenario(name, PROJECT, REGIONS, shop_services())
