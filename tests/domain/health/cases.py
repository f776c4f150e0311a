"""Services, numbers and charts that the tests of health, order and alerts share."""

from __future__ import annotations

from msgspec.structs import replace

from cfconsole.domain.fleet.metrics import ServiceMetrics, Window
from cfconsole.domain.fleet.services import Condition
from cfconsole.domain.health.alerts import Thresholds
from tests.builders import metrics, numbers

LIMITS = Thresholds()
FAILED = Condition("failed", "HealthCheckContainerError", "no answer")
SICK = metrics(numbers(1000, 124))
BAD, GOOD = numbers(600, 75, 3400.0), numbers(400, 0, 120.0)
ROLLED_BACK = metrics(numbers(1000, 75, 3100.0), {"00042": BAD, "00041": GOOD})
"""A minute after a rollback: most of the window is still that of the revision that failed."""


def charted(bad: Window, bad_errors: Window, good: Window, good_errors: Window) -> ServiceMetrics:
    """Charts of requests and errors of the revision that was rolled back, and of the one that serves."""
    charts = {"orders-api-00042": (bad, bad_errors), "orders-api-00041": (good, good_errors)}
    return replace(ROLLED_BACK, revision_counts=charts)
