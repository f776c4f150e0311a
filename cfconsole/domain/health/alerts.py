"""Alerts: open incidents of Cloud Monitoring, and crossed thresholds of the console's own."""

from collections.abc import Collection, Iterable
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from cfconsole.domain.fleet.services import ServiceKey


class AlertSource(StrEnum):
    GOOGLE = "google"
    LOG_EVENT = "log-event"
    LOCAL = "local"


class Suspect(Struct, frozen=True):
    """The revision that most likely caused an alert, with the numbers that say so."""

    revision: str
    sentence: str
    """E.g. `5xx 0.1 % → 12.4 %, 40 s after it took 100 %`."""


class Measure(StrEnum):
    """A measure that the console reads itself and can compare with a policy's limit."""

    ERROR_RATE = "error rate"
    P95 = "p95"


class Limit(Struct, frozen=True):
    """The value beyond which a policy's condition is met."""

    measure: Measure
    maximum: float
    """A fraction for error rates, milliseconds for latencies."""


class Alert(Struct, frozen=True):
    id: str
    policy: str
    service: ServiceKey | None
    severity: str
    opened_at: datetime
    closed_at: datetime | None = None
    summary: str = ""
    source: AlertSource = AlertSource.GOOGLE
    documentation: str = ""
    """The policy's own text: the runbook."""
    suspect: Suspect | None = None
    policy_name: str = ""
    """The policy's resource name, empty for the console's own alerts."""
    limit: Limit | None = None
    """The limit in the policy's condition, where the console reads that measure itself."""


def in_regions(alerts: Iterable[Alert], regions: Collection[str]) -> tuple[Alert, ...]:
    """The alerts of services in these regions, if any are named, and those of no service."""
    return tuple(one for one in alerts if not regions or one.service is None or one.service.region in regions)


class Thresholds(Struct, frozen=True):
    """When the console raises an alert of its own: measured over `window_s`, from `min_requests` on."""

    error_rate: float = 0.01
    p95_ms: float = 2000.0
    instances: int = 50
    window_s: float = 300.0
    min_requests: int = 200
