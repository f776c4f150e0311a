"""Builders of domain values for all tests, with defaults about one service, the shop's `orders-api`.

`orders-api` has three revisions, 00040 to 00042, an hour apart; the newest serves everything through LATEST. Revisions
are named by their short form here: `revision("00042")` is `orders-api-00042`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from cfconsole.domain.fleet.metrics import MetricsRead, ServiceMetrics, TrafficNumbers, Window
from cfconsole.domain.fleet.services import Condition, Function, Revision, Service, ServiceKey
from cfconsole.domain.fleet.traffic import LATEST, Share, Target
from cfconsole.domain.health.alerts import Alert
from cfconsole.domain.logs.entries import LogEntry, Request, Severity
from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Plan, Release, ReleaseState
from cfconsole.domain.releases.planning.traffic_plans import PlanFacts

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
ORDERS = ServiceKey("shop-prod", "us-central1", "orders-api")
SUCCEEDED = Condition("succeeded")


def key(name: str = "orders-api", region: str = "us-central1", project: str = "shop-prod") -> ServiceKey:
    return ServiceKey(project, region, name)


def full(short: str, service: str = "orders-api") -> str:
    """The whole name of a revision."""
    return f"{service}-{short}"


def share(short: str, percent: int, tag: str = "", *, latest: bool = False) -> Share:
    return Share(full(short), percent, tag, latest=latest)


def target(short: str, percent: int, tag: str = "") -> Target:
    """A target of the desired split; an empty name is LATEST."""
    return Target(full(short) if short else LATEST, percent, tag)


def revision(short: str = "00042", **changes: Any) -> Revision:
    """A Ready revision, created on the hour of its number: 00042 two hours before `NOW`, 00041 three, and so on."""
    built = Revision(
        name=full(short),
        service=ORDERS,
        created_at=NOW - timedelta(hours=44 - int(short[:5])),
        created_by="ci@shop.example",
        ready=True,
        condition=SUCCEEDED,
        image=f"us-docker.pkg.dev/shop/api/orders@sha256:{short * 4}",
        limits=(("cpu", "1"), ("memory", "512Mi")),
        service_account="orders@shop.example",
        min_instances=1,
        max_instances=100,
        concurrency=80,
        timeout_s=300.0,
    )
    return replace(built, **changes)


def revisions(*shorts: str) -> tuple[Revision, ...]:
    """The given revisions, newest first; by default all three of `orders-api`."""
    return tuple(revision(short) for short in shorts or ("00042", "00041", "00040"))


def service(**changes: Any) -> Service:
    """`orders-api`, generation 42, all traffic on 00042 through LATEST."""
    built = Service(
        key=ORDERS,
        uri="https://orders-api-1.a.run.app",
        etag='"etag-42"',
        generation=42,
        observed_generation=42,
        condition=SUCCEEDED,
        desired=(Target(LATEST, 100),),
        effective=(share("00042", 100, latest=True),),
        latest_created=full("00042"),
        latest_ready=full("00042"),
        created_at=NOW - timedelta(days=90),
        updated_at=NOW - timedelta(hours=2),
        updated_by="ci@shop.example",
        max_instances=None,
        read_at=NOW,
    )
    return replace(built, **changes)


def pinned_service(short: str = "00041", **changes: Any) -> Service:
    """The service after a rollback: one named revision serves, the newest serves nothing."""
    return replace(service(desired=(target(short, 100),), effective=(share(short, 100),)), **changes)


def function(**changes: Any) -> Function:
    return replace(Function("orders-fn", "ACTIVE", "python312", "handle"), **changes)


def window(*values: float | None, end: datetime = NOW, step_s: float = 60.0, incomplete: int = 0) -> Window:
    return Window(end, step_s, values, incomplete)


def numbers(requests: int = 1000, errors: int = 1, p95_ms: float | None = 120.0) -> TrafficNumbers:
    """The metrics of five minutes."""
    return TrafficNumbers(requests, errors, requests / 300, p95_ms)


def metrics(
    now: TrafficNumbers | None = None, revisions: Mapping[str, TrafficNumbers] | None = None, **changes: Any
) -> ServiceMetrics:
    """The metrics of a healthy service; `revisions` by short name."""
    current = now or numbers()
    by_revision = {full(short): value for short, value in (revisions or {}).items()}
    built = ServiceMetrics(
        now=current,
        revisions=by_revision,
        rps=window(current.rps),
        error_rate=window(current.error_rate),
        p95_ms=window(current.p95_ms),
        instances=3,
    )
    return replace(built, **changes)


def metrics_read(services: Mapping[ServiceKey, ServiceMetrics] | None = None, **changes: Any) -> MetricsRead:
    return replace(MetricsRead(NOW, services or {ORDERS: metrics()}, 60.0, 180.0), **changes)


def plan(**changes: Any) -> Plan:
    """A rollback of `orders-api` from 00042 to 00041."""
    built = Plan(
        kind=ReleaseKind.ROLLBACK,
        service=ORDERS,
        generation=42,
        etag='"etag-42"',
        desired_before=(Target(LATEST, 100),),
        before=(share("00042", 100, latest=True),),
        after=(target("00041", 100),),
        undo=(target("00042", 100),),
        bad=full("00042"),
        target=full("00041"),
        why="00041 is the newest earlier Ready revision",
    )
    return replace(built, **changes)


def release(made_from: Plan | None = None, **changes: Any) -> Release:
    """The record of that rollback, done by ops a minute ago; its write made generation 43."""
    built = Release(
        id="r-1",
        plan=made_from or plan(),
        actor="ops@shop.example",
        started_at=NOW - timedelta(minutes=2),
        state=ReleaseState.SUCCEEDED,
        ended_at=NOW - timedelta(minutes=1),
        outcome="5xx fell from 12.4 % to 0.1 %",
        generation_after=43,
    )
    return replace(built, **changes)


def facts(of: Service | None = None, history: Sequence[Release] = (), **changes: Any) -> PlanFacts:
    """The planner's facts about `orders-api`."""
    return replace(PlanFacts(of or service(), revisions(), tuple(history)), **changes)


def alert(**changes: Any) -> Alert:
    built = Alert("alert-1", "error rate", ORDERS, "ERROR", NOW - timedelta(minutes=5), summary="12.4 % > 1 %")
    return replace(built, **changes)


def nanoseconds(moment: datetime) -> int:
    """The timestamp of a log entry, in nanoseconds."""
    return int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1000


def entry(message: str = "order accepted", *, seconds: float = 0.0, insert_id: str = "", **changes: Any) -> LogEntry:
    """An application log entry, `seconds` after `NOW`."""
    moment = nanoseconds(NOW) + int(seconds * 1_000_000_000)
    built = LogEntry(
        timestamp_ns=moment,
        insert_id=insert_id or f"id-{moment}",
        severity=Severity.INFO,
        log="run.googleapis.com/stderr",
        project=ORDERS.project,
        region=ORDERS.region,
        service=ORDERS.name,
        revision=full("00042"),
        message=message,
    )
    return replace(built, **changes)


def request_entry(status: int = 200, short: str = "00042", *, seconds: float = 0.0, **changes: Any) -> LogEntry:
    """A request log entry of one revision."""
    request = Request("GET", "/orders", status, 35.0)
    severity = Severity.ERROR if status >= 500 else Severity.INFO
    built = entry(f"GET /orders {status}", seconds=seconds, revision=full(short), severity=severity, request=request)
    return replace(built, **{"log": "run.googleapis.com/requests", **changes})
