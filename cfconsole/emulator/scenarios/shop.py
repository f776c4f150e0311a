"""The shop, the default project of the scenarios: its regions, services and functions."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cfconsole.emulator.scenarios.service_spec import PastDeploy, ServiceSpec, SplitTarget

PROJECT = "shop-prod"
HOME = "us-central1"
EUROPE = "europe-west1"
REGIONS = (HOME, EUROPE, "us-east1", "us-west1", "europe-west4", "asia-northeast1")
MINUTE = 60.0
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_COMMON: Mapping[str, str] = MappingProxyType({"LOG_LEVEL": "info", "REGION_TIER": "prod"})


def _past(newest: int, *ages_days: float, by: str = "ci@shop") -> tuple[PastDeploy, ...]:
    """Healthy deploys, one for each age, oldest first; the last has the number `newest`."""
    first = newest - len(ages_days) + 1
    return tuple(
        PastDeploy(first + index, age * DAY, f"ok-{first + index}", by, _COMMON) for index, age in enumerate(ages_days)
    )


def orders_api() -> ServiceSpec:
    """The service that the bad deploy hits: on LATEST, with healthy revisions."""
    return ServiceSpec(HOME, "orders-api", _past(41, 24, 16, 9, 3), weight=8)


def shop_services() -> list[ServiceSpec]:
    """Twelve services and four functions in two regions; billing and one function are pinned."""
    return [orders_api(), *_home_services(), *_europe_services(), *_functions()]


def _home_services() -> list[ServiceSpec]:
    return [
        ServiceSpec(HOME, "web-frontend", _past(212, 11, 6, 1), weight=4),
        ServiceSpec(HOME, "catalog", _past(107, 30, 20, 9), weight=3),
        ServiceSpec(
            HOME,
            "cart",
            _past(66, 14, 8, 2),
            split=(SplitTarget(percent=100), SplitTarget(number=65, tag="previous")),
            weight=2,
        ),
        ServiceSpec(HOME, "payments", _past(58, 19, 12, 5, by="release@shop"), weight=2),
        ServiceSpec(HOME, "inventory", _past(33, 40, 22)),
        ServiceSpec(
            HOME,
            "search",
            _past(91, 18, 7, 0.2),
            split=(SplitTarget(number=90, percent=95), SplitTarget(number=91, percent=5, tag="canary")),
        ),
    ]


def _europe_services() -> list[ServiceSpec]:
    return [
        ServiceSpec(EUROPE, "catalog", _past(104, 31, 21, 10), weight=2),
        ServiceSpec(
            EUROPE, "billing", _past(12, 26, 15, 2), split=(SplitTarget(number=11, percent=100, tag="stable"),)
        ),
        ServiceSpec(EUROPE, "shipping", _past(27, 35, 13)),
        ServiceSpec(EUROPE, "notifications", _past(19, 28, 17, 4)),
        ServiceSpec(EUROPE, "geo-lookup", _past(6, 50, 25), runtime="python311", entry_point="lookup"),
    ]


def _functions() -> list[ServiceSpec]:
    return [
        _function(HOME, "resize-image", "resize", _past(14, 33, 12)),
        _function(HOME, "order-events", "handle_event", _past(22, 29, 6)),
        _function(EUROPE, "nightly-report", "report", _past(9, 45, 18)),
        _function(
            EUROPE,
            "send-receipt",
            "send",
            _past(17, 20, 10, 1),
            split=(SplitTarget(number=16, percent=100),),
        ),
    ]


def _function(
    region: str, name: str, entry_point: str, deploys: tuple[PastDeploy, ...], split: tuple[SplitTarget, ...] = ()
) -> ServiceSpec:
    return ServiceSpec(
        region, name, deploys, split, weight=0.5, runtime="python311", entry_point=entry_point, is_function=True
    )


def pinned_orders_api() -> ServiceSpec:
    """orders-api with a healthy newest revision that gets no traffic since an earlier rollback."""
    return ServiceSpec(
        HOME,
        "orders-api",
        _past(42, 24, 16, 9, 3, 0.1),
        split=(SplitTarget(number=41, percent=100),),
        weight=8,
    )
