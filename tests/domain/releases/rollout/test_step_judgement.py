"""What a verdict rests on, and what an answer to a probe means."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cfconsole.domain.releases.model import Evidence, Verdict
from cfconsole.domain.releases.rollout.probes import ProbeAnswer, next_path, probe_outcome, probe_pause
from cfconsole.domain.releases.rollout.step_judgement import (
    EvidenceSource,
    Judgement,
    LogCompleteness,
    RequestCounts,
    StepEvidence,
    judge_entries,
    judge_step,
    log_completeness,
    shortest_bake,
    worst_judgement,
)
from cfconsole.domain.releases.steps import GuardPolicy, ProbePolicy
from tests.builders import NOW

GUARD = GuardPolicy()


def counts(requests: int, errors: int, beside: Evidence | None = None, age_s: float = 5.0) -> RequestCounts:
    return RequestCounts(Evidence(requests, errors), beside or Evidence(5000, 5), NOW - timedelta(seconds=age_s))


def judged(
    log: RequestCounts | None = None,
    monitoring: RequestCounts | None = None,
    *,
    standing: LogCompleteness = LogCompleteness.COMPLETE,
) -> Judgement:
    return judge_step(GUARD, StepEvidence(NOW - timedelta(minutes=2), monitoring, log, standing), NOW)


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        (counts(200, 0), Verdict.HEALTHY),
        (counts(199, 0), Verdict.INCONCLUSIVE),
        (counts(1000, 120), Verdict.UNHEALTHY),
        (counts(40, 20), Verdict.UNHEALTHY),
        (counts(10, 4), Verdict.INCONCLUSIVE),
        (counts(1000, 9, Evidence(100_000, 10)), Verdict.UNHEALTHY),
        (counts(1000, 9, Evidence()), Verdict.HEALTHY),
        (counts(1000, 14, Evidence(1000, 14)), Verdict.INCONCLUSIVE),
        (counts(0, 0), Verdict.INCONCLUSIVE),
    ],
)
def test_the_new_revision_is_held_against_those_beside_it_and_a_ceiling(log: RequestCounts, expected: Verdict) -> None:
    assert judged(log).verdict is expected


def test_no_requests_are_never_healthy_whatever_the_policy_says() -> None:
    lax = GuardPolicy(min_requests=0)
    assert (
        judge_step(lax, StepEvidence(NOW, request_log=counts(0, 0), completeness=LogCompleteness.COMPLETE), NOW).verdict
        is Verdict.INCONCLUSIVE
    )


def test_a_verdict_names_its_evidence_and_the_age_of_it() -> None:
    healthy = judged(counts(512, 0))
    assert healthy.sentence == (
        "healthy: 5xx 0.0 % of 512 requests, baseline 0.1 % of 5000; from the request log, 5 s old"
    )
    assert (healthy.source, healthy.age_s, healthy.shortest_bake_s) == (EvidenceSource.REQUEST_LOG, 5.0, 0.0)
    few = judged(counts(3, 0, Evidence()))
    assert few.sentence == "inconclusive: 5xx 0.0 % of 3 requests of 200 needed; from the request log, 5 s old"
    assert "5xx - of 0 requests of 200 needed" in judged(counts(0, 0)).sentence


def test_a_log_that_lacks_requests_is_named_and_not_used() -> None:
    filtered = judged(counts(40, 40), counts(4000, 4, age_s=200), standing=LogCompleteness.SAMPLED)
    assert filtered.verdict is Verdict.HEALTHY, "a log of failures alone would have said 100 %"
    assert filtered.sentence.endswith(
        "from Monitoring, 3 min 20 s old; the request log is sampled and not used (40 requests)"
    )
    assert (filtered.source, filtered.shortest_bake_s) == (EvidenceSource.MONITORING, 360.0)
    alone = judged(counts(40, 40), standing=LogCompleteness.SAMPLED)
    assert (alone.verdict, alone.source) == (Verdict.INCONCLUSIVE, EvidenceSource.NOTHING)
    assert judged(standing=LogCompleteness.SAMPLED).sentence == "inconclusive: no requests counted yet"


def test_a_log_that_nothing_was_held_against_yet_is_not_called_sampled() -> None:
    waits = judged(counts(40, 0), standing=LogCompleteness.UNPROVEN)
    assert waits.sentence == (
        "inconclusive: no requests counted yet; the request log is not yet confirmed by Monitoring (40 requests)"
    )
    assert judged(counts(0, 0), standing=LogCompleteness.UNPROVEN).sentence == "inconclusive: no requests counted yet"


@pytest.mark.parametrize(
    ("minutes", "standing"),
    [
        ((), LogCompleteness.UNPROVEN),
        (((0, 0),), LogCompleteness.UNPROVEN),
        (((100, 100),), LogCompleteness.COMPLETE),
        (((90, 100),), LogCompleteness.COMPLETE),
        (((89, 100),), LogCompleteness.SAMPLED),
        (((111, 100),), LogCompleteness.SAMPLED),
        (((100, 100), (10, 100)), LogCompleteness.SAMPLED),
        (((10, 100), (100, 100), (3, 0)), LogCompleteness.COMPLETE),
    ],
)
def test_when_the_log_counts(minutes: tuple[tuple[int, int], ...], standing: LogCompleteness) -> None:
    assert log_completeness(minutes) is standing


def test_services_without_countable_requests_are_judged_by_what_they_log() -> None:
    broken = judge_entries(GUARD, counts(300, 60), NOW, NOW)
    assert (broken.verdict, broken.source, broken.shortest_bake_s) == (
        Verdict.UNHEALTHY,
        EvidenceSource.LOG_ENTRIES,
        0.0,
    )
    assert broken.sentence.startswith("unhealthy: errors 20.0 % of 300 log entries, baseline 0.1 % of 5000")
    assert judge_entries(GUARD, counts(3, 0), NOW, NOW).verdict is Verdict.INCONCLUSIVE


def test_the_shortest_bake_outlasts_the_delays_of_monitoring() -> None:
    assert shortest_bake(60, 180) == 360


def test_unhealthy_outranks_inconclusive_and_that_outranks_healthy() -> None:
    healthy, few, broken = judged(counts(512, 0)), judged(counts(3, 0)), judged(counts(512, 90))
    assert worst_judgement([healthy, few, broken]) is broken
    assert worst_judgement([healthy, few]) is few
    assert worst_judgement([healthy]) is healthy


@pytest.mark.parametrize(
    ("answers", "path"),
    [
        ((), "/health"),
        ((ProbeAnswer("/health", 404),), "/"),
        ((ProbeAnswer("/health", 200),), ""),
        ((ProbeAnswer("/health"),), ""),
        ((ProbeAnswer("/health", 404), ProbeAnswer("/", 404)), ""),
    ],
)
def test_a_path_that_is_not_found_yields_to_the_next(answers: tuple[ProbeAnswer, ...], path: str) -> None:
    assert next_path(ProbePolicy(), answers) == path


@pytest.mark.parametrize(
    ("answers", "verdict", "sentence"),
    [
        ((ProbeAnswer("/health", 200),), Verdict.HEALTHY, "/health answered 200"),
        ((ProbeAnswer("/health", 404), ProbeAnswer("/", 302)), Verdict.HEALTHY, "/ answered 302"),
        ((ProbeAnswer("/health", 503),), Verdict.UNHEALTHY, "/health answered 503"),
        ((ProbeAnswer("/health", 400),), Verdict.UNHEALTHY, "/health answered 400"),
        ((ProbeAnswer("/health", None, "time out"),), Verdict.UNHEALTHY, "/health did not answer: time out"),
        ((ProbeAnswer("/health", 403),), Verdict.INCONCLUSIVE, "the probe is not allowed to call this service"),
        ((ProbeAnswer("/h", 404), ProbeAnswer("/", 404)), Verdict.INCONCLUSIVE, "/h and / not found; name a health"),
        ((), Verdict.INCONCLUSIVE, "no path to probe"),
    ],
)
def test_what_an_answer_says(answers: tuple[ProbeAnswer, ...], verdict: Verdict, sentence: str) -> None:
    seen = probe_outcome(3, answers)
    assert (seen.number, seen.verdict) == (3, verdict)
    assert sentence in seen.sentence


def test_pauses_grow_up_to_a_bound() -> None:
    policy = ProbePolicy(pause_s=1, max_pause_s=30)
    assert [probe_pause(policy, failures) for failures in (0, 1, 2, 3, 6, 7, 10_000)] == [1, 1, 2, 4, 30, 30, 30]
