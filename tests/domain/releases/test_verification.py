"""What request logs prove after a change, and what they do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cfconsole.domain.fleet.metrics import lowest_rate, percent_text, rise_significance
from cfconsole.domain.releases.model import Evidence, Verdict
from cfconsole.domain.releases.verification import count_requests, judge, total_evidence, verdict_sentence
from tests.builders import NOW, ORDERS, entry, full, nanoseconds, request_entry

BAD = Evidence(1000, 124)
counts = st.integers(0, 5000).flatmap(lambda requests: st.builds(Evidence, st.just(requests), st.integers(0, requests)))


def test_requests_count_per_revision_since_a_moment_and_once() -> None:
    entries = [
        request_entry(200, seconds=-1),
        request_entry(500, seconds=0),
        request_entry(499, seconds=1),
        request_entry(503, "00041", seconds=2),
        request_entry(503, "00041", seconds=2),
        request_entry(200, "00041", seconds=3, service="billing"),
        entry("just text", seconds=4),
    ]
    found = count_requests(entries, ORDERS, nanoseconds(NOW))
    assert found == {full("00042"): Evidence(2, 1), full("00041"): Evidence(1, 1)}
    assert total_evidence(found) == Evidence(3, 2)
    assert total_evidence(found, without=full("00042")) == Evidence(1, 1)


@pytest.mark.parametrize(
    ("before", "now", "verdict"),
    [
        (BAD, Evidence(500, 0), Verdict.HEALTHY),
        (BAD, Evidence(500, 4), Verdict.HEALTHY),
        (Evidence(), Evidence(200, 0), Verdict.HEALTHY),
        (BAD, Evidence(199, 0), Verdict.INCONCLUSIVE),
        (BAD, Evidence(), Verdict.INCONCLUSIVE),
        (BAD, Evidence(500, 7), Verdict.INCONCLUSIVE),
        (BAD, Evidence(500, 60), Verdict.UNHEALTHY),
        (BAD, Evidence(40, 8), Verdict.UNHEALTHY),
        (Evidence(100_000, 0), Evidence(1000, 8), Verdict.UNHEALTHY),
        (Evidence(100_000, 0), Evidence(1000, 5), Verdict.UNHEALTHY),
        (Evidence(100_000, 0), Evidence(1000, 4), Verdict.HEALTHY),
        (Evidence(), Evidence(5, 5), Verdict.UNHEALTHY),
        (Evidence(), Evidence(4, 4), Verdict.INCONCLUSIVE),
    ],
    ids=[
        "no errors",
        "few errors",
        "nothing known before",
        "too few requests",
        "no requests",
        "above the ceiling by chance perhaps",
        "still failing",
        "unhealthy outranks too few",
        "worse than before, though below the ceiling",
        "worse than before by just enough errors",
        "worse than before by too few errors to condemn",
        "just enough errors to condemn",
        "too few errors to condemn",
    ],
)
def test_verdicts(before: Evidence, now: Evidence, verdict: Verdict) -> None:
    assert judge(before, now, 200) is verdict


@given(counts, counts, st.integers(0, 1000))
def test_healthy_always_rests_on_enough_requests_and_a_low_rate(before: Evidence, now: Evidence, least: int) -> None:
    if judge(before, now, least) is Verdict.HEALTHY:
        assert now.requests >= max(1, least)
        assert now.errors <= 0.01 * now.requests


@given(counts)
def test_the_lower_bound_is_never_above_the_rate(evidence: Evidence) -> None:
    assert 0.0 <= lowest_rate(evidence.errors, evidence.requests) <= (evidence.error_rate or 0.0) + 1e-9


def test_a_rise_needs_something_to_compare() -> None:
    assert (
        rise_significance(0, 0, 5, 10)
        == rise_significance(0, 100, 0, 100)
        == rise_significance(7, 7, 7, 7)
        == rise_significance(1, 10, 0, 0)
        == 0.0
    )
    assert rise_significance(0, 0, 0, 0) == 0.0
    assert rise_significance(1, 1000, 124, 1000) > 10
    assert rise_significance(124, 1000, 1, 1000) < -10
    assert percent_text(0.1236) == "12.4 %"


def test_a_verdict_names_its_evidence() -> None:
    good, poor = Evidence(512, 1), Evidence(3, 0)
    assert verdict_sentence(BAD, good, Verdict.HEALTHY) == "healthy: 5xx 12.4 % → 0.2 % of 512 requests"
    assert verdict_sentence(BAD, BAD, Verdict.UNHEALTHY) == "unhealthy: 5xx 12.4 % → 12.4 % of 1000 requests"
    assert verdict_sentence(Evidence(), poor, Verdict.INCONCLUSIVE) == (
        "inconclusive: 5xx - → 0.0 % of 3 requests, too few to judge"
    )
