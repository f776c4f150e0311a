"""A shop with a bad deploy, as one fixed state at one fixed moment: what pictures and stories are made from."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from cfconsole.domain.fleet.metrics import ServiceMetrics, TrafficNumbers, Window
from cfconsole.domain.fleet.services import Condition, Function, Revision, Service, ServiceKey, ServiceKind, Unreachable
from cfconsole.domain.fleet.traffic import LATEST, Share, Target
from cfconsole.domain.health.alerts import Alert, Limit, Measure, Suspect
from cfconsole.domain.logs.buffer import LogBuffer
from cfconsole.domain.logs.entries import Gap, GapReason, LogEntry, Severity
from cfconsole.session.state.console_state import ConsoleState, Feed, FeedStatus, LogStatus

NOW = datetime(2026, 3, 14, 12, 3, 41, tzinfo=UTC)
NOW_NS = int(NOW.timestamp()) * 1_000_000_000 + 221_000_000
ORDERS = ServiceKey("shop-prod", "us-central1", "orders-api")
BILLING = ServiceKey("shop-prod", "us-central1", "billing")
CATALOG = ServiceKey("shop-prod", "us-central1", "catalog")
SUSPECT = Suspect("orders-api-00042", "5xx 0.1 % → 12.4 %, 40 s after it took 100 %")
_POINTS = 60


def ago(**parts: float) -> datetime:
    return NOW - timedelta(**parts)


def revision(key: ServiceKey, number: int, created: datetime, by: str, *, ready: bool = True) -> Revision:
    return Revision(
        name=f"{key.name}-{number:05}",
        service=key,
        created_at=created,
        created_by=by,
        ready=ready,
        image=f"europe-docker.pkg.dev/shop/{key.name}@sha256:{number:064x}",
        limits=(("cpu", "1"), ("memory", "512Mi")),
        service_account=f"{key.name}@shop-prod.iam",
    )


def service(
    key: ServiceKey,
    number: int,
    changed: datetime,
    by: str,
    *,
    split: tuple[tuple[int, int], ...] = (),
    latest: int = 0,
    kind: ServiceKind = ServiceKind.SERVICE,
) -> Service:
    shares = split or ((number, 100),)
    newest = f"{key.name}-{latest or number:05}"
    on_latest = not split and not latest
    desired = (Target(LATEST, 100),) if on_latest else tuple(Target(f"{key.name}-{n:05}", p) for n, p in shares)
    function = Function(key.name, "ACTIVE", "python312", "main", "") if kind is ServiceKind.FUNCTION else None
    return Service(
        key=key,
        kind=kind,
        uri=f"https://{key.name}-7fq2dl5g4a-uc.a.run.app",
        etag=f'"{key.name}-{number}"',
        generation=number,
        observed_generation=number,
        condition=Condition("succeeded"),
        desired=desired,
        effective=tuple(Share(f"{key.name}-{n:05}", p, latest=on_latest) for n, p in shares),
        latest_created=newest,
        latest_ready=newest,
        created_at=ago(days=400),
        updated_at=changed,
        updated_by=by,
        max_instances=40,
        ingress="all",
        function=function,
        read_at=NOW,
    )


def window(values: list[float]) -> Window:
    return Window(NOW, 60.0, tuple(values), incomplete=1)


def wave(level: float, size: float, phase: float) -> list[float]:
    return [level * (1 + size * math.sin((at + phase) / 7) + 0.04 * math.sin(at * 2.1)) for at in range(_POINTS)]


def jump(before: float, after: float) -> list[float]:
    """Flat, then up six minutes ago."""
    return [before * (1 + 0.2 * math.sin(at)) for at in range(_POINTS - 6)] + [
        after * f for f in (0.5, 0.9, 1, 1, 0.98, 1)
    ]


def calm_metrics(rps: float, errors: float, p95: float, instances: int, phase: float) -> ServiceMetrics:
    requests = int(rps * 300)
    return ServiceMetrics(
        now=TrafficNumbers(requests, round(requests * errors), rps, p95),
        revisions={},
        rps=window(wave(rps, 0.25, phase)),
        error_rate=window([errors] * _POINTS),
        p95_ms=window(wave(p95, 0.1, phase)),
        instances=instances,
    )


def orders_metrics() -> ServiceMetrics:
    return ServiceMetrics(
        now=TrafficNumbers(36_000, 4_464, 120.0, 3_400.0),
        revisions={
            "orders-api-00042": TrafficNumbers(36_000, 4_464, 120.0, 3_400.0),
            "orders-api-00041": TrafficNumbers(21_000, 21, 0.0, 180.0),
        },
        rps=window(wave(120, 0.3, 20)),
        error_rate=window(jump(0.001, 0.124)),
        p95_ms=window(jump(180, 3_400)),
        instances=12,
    )


_CALM = (
    # name, region, revision, age, by, rps, error share, p95, instances, kind
    ("auth", "us-central1", 31, {"days": 12}, "ci@shop", 210, 0.0001, 45, 6, ServiceKind.SERVICE),
    ("cart", "us-central1", 88, {"hours": 7}, "ci@shop", 96, 0.0004, 110, 5, ServiceKind.SERVICE),
    ("catalog", "us-central1", 107, {"days": 9}, "ci@shop", 300, 0.0, 80, 8, ServiceKind.SERVICE),
    ("catalog", "europe-west1", 107, {"days": 9}, "ci@shop", 180, 0.0, 76, 5, ServiceKind.SERVICE),
    ("checkout", "us-central1", 64, {"days": 3}, "ci@shop", 31, 0.0009, 240, 3, ServiceKind.SERVICE),
    ("invoice-pdf", "us-central1", 12, {"days": 40}, "ops@shop", 0.4, 0.0, 610, 1, ServiceKind.FUNCTION),
    ("mailer", "us-central1", 23, {"days": 21}, "ci@shop", 2.1, 0.0, 320, 1, ServiceKind.FUNCTION),
    ("recommend", "europe-west1", 55, {"hours": 30}, "ml@shop", 48, 0.002, 390, 9, ServiceKind.SERVICE),
    ("resize-image", "europe-west1", 9, {"days": 150}, "ci@shop", 6.2, 0.0, 850, 2, ServiceKind.FUNCTION),
    ("search", "us-central1", 71, {"days": 5}, "ci@shop", 140, 0.0002, 130, 7, ServiceKind.SERVICE),
    ("stock", "us-central1", 40, {"days": 16}, "ci@shop", 52, 0.0, 61, 3, ServiceKind.SERVICE),
    ("web", "us-central1", 203, {"minutes": 55}, "ci@shop", 410, 0.0003, 95, 14, ServiceKind.SERVICE),
    ("web", "europe-west1", 203, {"minutes": 51}, "ci@shop", 260, 0.0003, 92, 9, ServiceKind.SERVICE),
)


def _services() -> dict[ServiceKey, Service]:
    services = {
        ORDERS: service(ORDERS, 42, ago(minutes=6), "ci@shop"),
        BILLING: service(BILLING, 11, ago(days=2), "ops@shop", split=((11, 100),), latest=12),
    }
    for name, region, number, age, by, *_, kind in _CALM:
        key = ServiceKey("shop-prod", region, name)
        services[key] = service(key, number, ago(**age), by, kind=kind)
    canary = ServiceKey("shop-prod", "us-central1", "checkout")
    services[canary] = service(canary, 64, ago(days=3), "ci@shop", split=((64, 90), (65, 10)), latest=65)
    return services


def _metrics() -> dict[ServiceKey, ServiceMetrics]:
    metrics = {ORDERS: orders_metrics(), BILLING: calm_metrics(14, 0.001, 120, 2, 3)}
    for at, (name, region, _, _, _, rps, errors, p95, instances, _) in enumerate(_CALM):
        metrics[ServiceKey("shop-prod", region, name)] = calm_metrics(rps, errors, p95, instances, at * 5)
    return metrics


def _revisions() -> dict[ServiceKey, tuple[Revision, ...]]:
    return {
        ORDERS: (
            revision(ORDERS, 42, ago(minutes=6), "ci@shop"),
            revision(ORDERS, 41, ago(days=3), "ops@shop"),
            revision(ORDERS, 40, ago(days=9), "ci@shop"),
            replace(revision(ORDERS, 39, ago(days=16), "ci@shop", ready=False), retired=True),
        ),
        BILLING: (revision(BILLING, 12, ago(days=1), "ci@shop"), revision(BILLING, 11, ago(days=2), "ops@shop")),
    }


def _alert(id: str, policy: str, severity: str, opened_at: datetime, limit: Limit) -> Alert:
    return Alert(id, policy, ORDERS, severity, opened_at, summary=policy, suspect=SUSPECT, limit=limit)


def shop(*, unreachable: bool = False) -> ConsoleState:
    """Everything read moments ago; `orders-api` fails since its deploy six minutes ago."""
    feeds = {feed: FeedStatus(ago(seconds=3)) for feed in Feed}
    missing = (Unreachable("asia-east1", "The region did not answer in time."),) if unreachable else ()
    return ConsoleState(
        version=1,
        services=_services(),
        revisions=_revisions(),
        metrics=_metrics(),
        alerts=(
            _alert("1", "error rate", "CRITICAL", ago(minutes=5), Limit(Measure.ERROR_RATE, 0.01)),
            _alert("2", "latency", "WARNING", ago(minutes=4), Limit(Measure.P95, 2_000.0)),
        ),
        suspects={ORDERS: SUSPECT},
        unreachable=missing,
        feeds=feeds,
        logs=LogStatus("live", rate=1_204, lost=0, behind_s=2.1, version=1),
        selected=(ORDERS,),
        reads_per_minute=3,
        credentials_expire_at=NOW + timedelta(minutes=47),
    )


_LINES = (
    (Severity.INFO, "200 GET /orders/8123 38 ms"),
    (Severity.ERROR, "500 POST /orders 3.4 s"),
    (
        Severity.ERROR,
        "ValueError: unknown currency 'XTS'\n  File \"orders/price.py\", line 42\n    raise ValueError(code)",
    ),
    (Severity.INFO, "200 GET /orders/8125 41 ms"),
    (Severity.WARNING, "currency table is 3 days old; retrying in 5 s"),
    (Severity.INFO, "200 GET /healthz 2 ms"),
    (Severity.DEBUG, "cache miss for key price:EUR:8125"),
    (Severity.NOTICE, "worker 7 took over 12 sessions"),
)


def entry(number: int, severity: Severity, message: str, key: ServiceKey = ORDERS) -> LogEntry:
    """Entries with higher numbers are newer, a tenth of a second apart."""
    return LogEntry(
        timestamp_ns=NOW_NS - (200 - number) * 97_000_000,
        insert_id=f"id{number:06}",
        severity=severity,
        log="run.googleapis.com/stderr",
        project=key.project,
        region=key.region,
        service=key.name,
        revision=f"{key.name}-00042",
        message=message,
    )


def shop_log(size: int = 60) -> LogBuffer:
    buffer = LogBuffer()
    buffer.add(entry(number, *_LINES[number * 7 % len(_LINES)]) for number in range(200 - size, 200))
    moment = NOW_NS - 1_000_000_000
    buffer.add_gap(Gap(GapReason.RATE_LIMIT, 120, moment - 2_000_000_000, moment))
    return buffer
