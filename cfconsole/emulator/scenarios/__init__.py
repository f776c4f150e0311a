"""The scenarios by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cfconsole.emulator.scenarios.fleet import FLEET_PROJECT, FLEET_REGIONS, FLEET_SERVICES, fleet_services
from cfconsole.emulator.scenarios.scenario import Scenario
from cfconsole.emulator.scenarios.shop import PROJECT, REGIONS, pinned_orders_api, shop_services
from cfconsole.emulator.scenarios.stories import bad_deploy, log_storm


def calm() -> Scenario:
    """The shop on a quiet day."""
    return Scenario("calm", PROJECT, REGIONS, shop_services())


def pinned() -> Scenario:
    """A newer revision of orders-api is there, and gets nothing: somebody pinned the one before."""
    services = [pinned_orders_api(), *shop_services()[1:]]
    return replace(calm(), name="pinned", services=services)


def fleet(services: int) -> Scenario:
    """Many services in twenty regions, with metrics from arithmetic and next to no real requests."""
    return Scenario(
        "fleet",
        FLEET_PROJECT,
        FLEET_REGIONS,
        fleet_services(services),
        requests_per_s=2.0,
        history_s=600.0,
        synthesised=True,
    )


_SCENARIOS: dict[str, Callable[[], Scenario]] = {
    "calm": calm,
    "bad-deploy": lambda: replace(calm(), name="bad-deploy", story=bad_deploy),
    "pinned": pinned,
    "fleet": lambda: fleet(FLEET_SERVICES),
    "log-storm": lambda: replace(calm(), name="log-storm", story=log_storm, requests_per_s=8.0),
}
SCENARIO_NAMES = tuple(_SCENARIOS)


def scenario_named(name: str, services: int | None = None) -> Scenario:
    """The scenario of this name, with so many `services` if it is the fleet; `ValueError` for an unknown one."""
    if name not in _SCENARIOS:
        raise ValueError(f"There is no scenario {name!r}; use one of {', '.join(SCENARIO_NAMES)}.")
    if name == "fleet" and services is not None:
        return fleet(services)
    return _SCENARIOS[name]()
