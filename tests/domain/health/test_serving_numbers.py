"""The numbers of a service that are shown and judged: those of the revisions that serve now."""

from __future__ import annotations

from cfconsole.domain.health.state import serving_numbers
from tests.builders import metrics, numbers, pinned_service, service, share
from tests.domain.health.cases import BAD, GOOD, ROLLED_BACK


def test_after_a_rollback_they_are_those_of_the_revision_that_serves() -> None:
    now = serving_numbers(pinned_service(), ROLLED_BACK)
    assert (now.error_rate, now.p95_ms) == (0.0, 120.0)
    assert now.rps == ROLLED_BACK.now.rps


def test_in_a_split_requests_and_errors_are_added_and_the_slowest_latency_counts() -> None:
    split = service(effective=(share("00041", 60), share("00040", 40)))
    three = metrics(numbers(1500, 75, 3000.0), {"00042": BAD, "00041": GOOD, "00040": numbers(500, 5, 150.0)})
    now = serving_numbers(split, three)
    assert (now.requests, now.errors, now.p95_ms) == (900, 5, 150.0)


def test_they_are_the_services_own_where_all_that_answered_still_serves() -> None:
    both = service(effective=(share("00042", 10), share("00041", 90)))
    assert serving_numbers(both, ROLLED_BACK) is ROLLED_BACK.now
    assert serving_numbers(service(effective=()), ROLLED_BACK) is ROLLED_BACK.now
    untold = metrics(numbers(1000, 75))
    assert serving_numbers(pinned_service(), untold) is untold.now
