"""The scenarios by name: the initial world, the load and the story of each."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from cfconsole.emulator.scenarios.fleet import FLEET_PROJECT, FLEET_REGIONS, FLEET_SERVICES, fleet_services
from cfconsole.emulator.scenarios.scenario import Scenario
from cfconsole.emulator.scenarios.shop import PROJECT, REGIONS, pinned_orders_api, shop_services
from cfconsole.emulator.scenarios.stories import bad_deploy, log_storm, slow_burn


def calm() -> Scenario:
    """The shop on a quiet day."""
    return Scenario("calm", PROJECT, REGIONS, shop_services())


def pinned() -> Scenario:
    """The shop with orders-api pinned: a newer revision exists and gets no traffic."""
    services = [pinned_orders_api(), *shop_services()[1:]]
    return replace(calm(), name="pinned", services=services)


def denied() -> Scenario:
    """The bad deploy, for a caller who can read most things and change nothing."""
    return replace(calm(), name="denied", story=bad_deploy, denied=DENIED_METHODS)


def fleet(services: int) -> Scenario:
    """Many services in twenty regions, with synthesised metrics and few real requests."""
    return Scenario(
        "fleet",
        FLEET_PROJECT,
        FLEET_REGIONS,
        fleet_services(services),
        requests_per_s=2.0,
        history_s=600.0,
        synthesised=True,
    )


DENIED_METHODS = (
    ("UpdateService", "run.services.update"),
    ("DeleteRevision", "run.revisions.delete"),
    ("CreateFunction", "cloudfunctions.functions.create"),
    ("UpdateFunction", "cloudfunctions.functions.update"),
    ("GenerateUploadUrl", "cloudfunctions.functions.sourceCodeSet"),
    ("ListFunctions", "cloudfunctions.functions.list"),
    ("ListAlerts", "monitoring.alerts.list"),
    ("CreateSnooze", "monitoring.snoozes.create"),
)
"""The methods denied in the scenario `denied`, with the missing permissions: all changes, and two listings."""
_SCENARIOS: dict[str, Callable[[], Scenario]] = {
    "calm": calm,
    "bad-deploy": lambda: replace(calm(), name="bad-deploy", story=bad_deploy),
    "slow-burn": lambda: replace(calm(), name="slow-burn", story=slow_burn),
    "pinned": pinned,
    "denied": denied,
    "fleet": lambda: fleet(FLEET_SERVICES),
    "log-storm": lambda: replace(calm(), name="log-storm", story=log_storm, requests_per_s=8.0),
}
SCENARIO_NAMES = tuple(_SCENARIOS)


def scenario_named(name: str, services: int | None = None) -> Scenario:
    """The scenario of this name; `services` sets the size of the fleet. Raises `ValueError` for an unknown name."""
    if name not in _SCENARIOS:
        raise ValueError(f"There is no scenario {name!r}; use one of {', '.join(SCENARIO_NAMES)}.")
    if name == "fleet" and services is not None:
        return fleet(services)
    return _SCENARIOS[name]()
