"""A small shop in memory: the fleet of the session and screen tests."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from cfconsole.domain.fleet.metrics import MetricsRead, ServiceMetrics, TrafficNumbers, Window
from cfconsole.domain.fleet.services import Condition, Function, Revision, Service, ServiceKey, ServiceKind
from cfconsole.domain.fleet.traffic import LATEST, Share, Target
from tests.session.manual_clock import START

PROJECT = "shop-prod"
REGIONS = ("europe-west1", "us-central1", "asia-east1")
ORDERS = ServiceKey(PROJECT, "us-central1", "orders-api")
BILLING = ServiceKey(PROJECT, "us-central1", "billing")
CATALOG = ServiceKey(PROJECT, "europe-west1", "catalog")
RESIZE = ServiceKey(PROJECT, "europe-west1", "resize-images")

SUCCEEDED = Condition("succeeded")


def revision_name(key: ServiceKey, number: int) -> str:
    return f"{key.name}-{number:05d}"


def service(key: ServiceKey, latest: int, serving: dict[int, int] | None = None) -> Service:
    """A service with newest revision `latest`; `serving` is percent by revision number, by default 100 % on LATEST."""
    newest = revision_name(key, latest)
    desired: tuple[Target, ...] = (Target(LATEST, 100),)
    effective: tuple[Share, ...] = (Share(newest, 100, latest=True),)
    if serving:
        desired = tuple(Target(revision_name(key, number), percent) for number, percent in serving.items())
        effective = tuple(Share(target.revision, target.percent) for target in desired)
    return Service(
        key=key,
        uri=f"https://{key.name}.example",
        etag="etag-1",
        generation=7,
        observed_generation=7,
        condition=SUCCEEDED,
        desired=desired,
        effective=effective,
        latest_created=newest,
        latest_ready=newest,
        created_at=START - timedelta(days=90),
        updated_at=START - timedelta(minutes=6),
        updated_by="ci@shop.example",
        read_at=START,
    )


def revisions(key: ServiceKey, latest: int, count: int = 3) -> tuple[Revision, ...]:
    """The newest `count` revisions, a day apart, newest first."""
    return tuple(
        Revision(
            name=revision_name(key, number),
            service=key,
            created_at=START - timedelta(minutes=6) - timedelta(days=latest - number),
            created_by="ci@shop.example",
            ready=True,
            condition=SUCCEEDED,
            image=f"europe-docker.pkg.dev/shop/{key.name}@sha256:{number:064x}",
            limits=(("cpu", "1"), ("memory", "512Mi")),
        )
        for number in range(latest, max(0, latest - count), -1)
    )


def fleet() -> tuple[Service, ...]:
    """Four services: one with errors, one pinned, one healthy, one function."""
    resize = replace(
        service(RESIZE, 3),
        kind=ServiceKind.FUNCTION,
        function=Function("resizeImages", "ACTIVE", "python312", "resize"),
    )
    return (service(ORDERS, 42), service(BILLING, 12, {11: 100}), service(CATALOG, 107), resize)


def fleet_revisions() -> dict[ServiceKey, tuple[Revision, ...]]:
    return {
        ORDERS: revisions(ORDERS, 42),
        BILLING: revisions(BILLING, 12),
        CATALOG: revisions(CATALOG, 107),
        RESIZE: revisions(RESIZE, 3),
    }


def window(end: datetime, *values: float | None) -> Window:
    return Window(end, 60.0, values)


def sick_metrics(at: datetime) -> MetricsRead:
    """`orders-api` fails 12 % of its requests since its newest revision; the others are healthy."""
    bad, good = revision_name(ORDERS, 42), revision_name(ORDERS, 41)
    orders = ServiceMetrics(
        now=TrafficNumbers(36_000, 4_464, 120.0, 3_400.0),
        revisions={bad: TrafficNumbers(36_000, 4_464, 120.0, 3_400.0), good: TrafficNumbers(0, 0, 0.0, None)},
        rps=window(at, 118.0, 121.0, 120.0),
        error_rate=window(at, 0.001, 0.12, 0.124),
        p95_ms=window(at, 180.0, 3_300.0, 3_400.0),
        instances=12,
    )
    return MetricsRead(at, {ORDERS: orders, CATALOG: well_metrics(at)}, sample_period_s=60.0, ingest_delay_s=120.0)


def well_metrics(at: datetime) -> ServiceMetrics:
    numbers = TrafficNumbers(90_000, 9, 300.0, 80.0)
    return ServiceMetrics(
        now=numbers,
        revisions={revision_name(CATALOG, 107): numbers},
        rps=window(at, 300.0, 301.0, 300.0),
        error_rate=window(at, 0.0, 0.0, 0.0001),
        p95_ms=window(at, 80.0, 81.0, 80.0),
        instances=8,
    )
