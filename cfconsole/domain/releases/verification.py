"""Verification after a change: whether the errors stopped, by the request logs of the revisions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

from cfconsole.domain.fleet.metrics import SIGNIFICANCE, lowest_rate, percent_text, rise_significance
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.entries import LogEntry
from cfconsole.domain.releases.model import Evidence, Verdict

CEILING = 0.01
"""The share of 5xx answers up to which a service counts as healthy."""
MIN_ERRORS_TO_CONDEMN = 5
"""With fewer errors a revision is never Unhealthy."""


def count_requests(entries: Iterable[LogEntry], service: ServiceKey, since_ns: int) -> dict[str, Evidence]:
    """Requests and 5xx answers per revision of a service, from request log entries at or after a moment.

    An entry counts once even if it occurs twice, as after a reconnect of the tail.
    """
    counts: dict[str, Evidence] = {}
    seen: set[tuple[str, int, str]] = set()
    for entry in entries:
        if entry.request is None or entry.timestamp_ns < since_ns or entry.identity in seen:
            continue
        if ServiceKey(entry.project, entry.region, entry.service) != service:
            continue
        seen.add(entry.identity)
        failed = entry.request.status >= 500
        counts[entry.revision] = sum_evidence(counts.get(entry.revision, Evidence()), Evidence(1, int(failed)))
    return counts


def sum_evidence(one: Evidence, other: Evidence) -> Evidence:
    return Evidence(one.requests + other.requests, one.errors + other.errors)


def total_evidence(counts: Mapping[str, Evidence], *, without: str = "") -> Evidence:
    """The evidence of all revisions together, except the one named `without`."""
    result = Evidence()
    for revision, evidence in counts.items():
        if revision != without:
            result = sum_evidence(result, evidence)
    return result


def judge(bad_before: Evidence, now: Evidence, min_requests: int, ceiling: float = CEILING) -> Verdict:
    """Whether what serves now is healthy, compared with the bad revision before.

    In this order: 1. Unhealthy, if the rate is significantly above the ceiling or above the bad revision's own, however
    few requests there were; 2. Inconclusive, with fewer than `min_requests` or a rate above the ceiling that may be
    chance; 3. Healthy.
    """
    too_many = now.errors >= MIN_ERRORS_TO_CONDEMN and lowest_rate(now.errors, now.requests) > ceiling
    worse = rise_significance(bad_before.errors, bad_before.requests, now.errors, now.requests) >= SIGNIFICANCE
    if too_many or (worse and now.errors >= MIN_ERRORS_TO_CONDEMN):
        return Verdict.UNHEALTHY
    if now.requests < max(min_requests, 1) or (now.error_rate or 0.0) > ceiling:
        return Verdict.INCONCLUSIVE
    return Verdict.HEALTHY


def verdict_sentence(bad_before: Evidence, now: Evidence, verdict: Verdict) -> str:
    """The verdict with its evidence, e.g. `healthy: 5xx 12.4 % → 0.1 % of 512 requests`."""
    numbers = f"5xx {_rate(bad_before)} → {_rate(now)} of {now.requests} requests"
    match verdict:
        case Verdict.HEALTHY:
            return f"healthy: {numbers}"
        case Verdict.UNHEALTHY:
            return f"unhealthy: {numbers}"
        case Verdict.INCONCLUSIVE:
            return f"inconclusive: {numbers}, too few to judge"
        case _:
            assert_never(verdict)


def _rate(evidence: Evidence) -> str:
    return "-" if evidence.error_rate is None else percent_text(evidence.error_rate)
