"""The judgement of a step: whether the new revision is as healthy as the others, and by which data."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from cfconsole.domain.durations import format_span
from cfconsole.domain.fleet.metrics import percent_text
from cfconsole.domain.releases.model import Evidence, Verdict
from cfconsole.domain.releases.steps import GuardPolicy
from cfconsole.domain.releases.verification import judge

AGREES_WITHIN = 0.1
"""A log whose count differs from Monitoring's by a larger share is sampled or filtered."""
BAKE_MARGIN_S = 120.0


class EvidenceSource(StrEnum):
    MONITORING = "Monitoring"
    REQUEST_LOG = "the request log"
    LOG_ENTRIES = "log entries"
    """For services without countable requests: events, streams, gRPC."""
    NOTHING = "nothing"


class LogCompleteness(StrEnum):
    """Whether the request log is complete, compared with Monitoring's counts."""

    COMPLETE = "complete"
    SAMPLED = "sampled"
    """It lacks requests or has too many."""
    UNPROVEN = "unproven"
    """No minute is complete in both yet, or none has a request."""


class RequestCounts(Struct, frozen=True):
    """Requests since the split of the step serves, from one source."""

    candidate: Evidence
    baseline: Evidence
    """The other revisions over the same time; nothing if the new one serves alone."""
    until: datetime
    """The time up to which the source reaches."""


class StepEvidence(Struct, frozen=True):
    """All evidence about a step."""

    since: datetime
    monitoring: RequestCounts | None = None
    request_log: RequestCounts | None = None
    completeness: LogCompleteness = LogCompleteness.UNPROVEN
    """Whether the log is complete, by Monitoring's counts."""
    sample_period_s: float = 60.0
    ingest_delay_s: float = 180.0


class Judgement(Struct, frozen=True):
    """A verdict with its evidence."""

    verdict: Verdict
    sentence: str
    since: datetime
    """Only evidence after this time counts."""
    source: EvidenceSource = EvidenceSource.NOTHING
    age_s: float = 0.0
    """How old the newest evidence is."""
    shortest_bake_s: float = 0.0
    """A shorter bake could not have shown anything in this source."""
    candidate: Evidence = Evidence()
    baseline: Evidence = Evidence()


def judge_step(policy: GuardPolicy, evidence: StepEvidence, now: datetime) -> Judgement:
    """The verdict of one step, from the request log if that is complete, else from Monitoring.

    A sampled or filtered log is mentioned but not used: one that has failures alone would condemn any revision.
    """
    log = evidence.request_log
    unused = _unused(log, evidence.completeness) if log else ""
    if log and evidence.completeness is LogCompleteness.COMPLETE:
        return _judge(policy, evidence, log, EvidenceSource.REQUEST_LOG, now, "")
    if evidence.monitoring:
        return _judge(policy, evidence, evidence.monitoring, EvidenceSource.MONITORING, now, unused)
    return Judgement(Verdict.INCONCLUSIVE, f"inconclusive: no requests counted yet{unused}", evidence.since)


def judge_entries(policy: GuardPolicy, entries: RequestCounts, since: datetime, now: datetime) -> Judgement:
    """The verdict from log entries in place of requests, and entries of severity ERROR in place of 5xx."""
    evidence = StepEvidence(since, request_log=entries, completeness=LogCompleteness.COMPLETE)
    return _judge(policy, evidence, entries, EvidenceSource.LOG_ENTRIES, now, "")


def log_completeness(minutes: Iterable[tuple[int, int]]) -> LogCompleteness:
    """Whether the log has as many requests as Monitoring counts, in the newest minute that is complete in both.

    `minutes` are pairs of the log's and Monitoring's counts, oldest first. Minutes without requests don't count.
    """
    counted = [(logged, measured) for logged, measured in minutes if measured]
    if not counted:
        return LogCompleteness.UNPROVEN
    logged, measured = counted[-1]
    return LogCompleteness.COMPLETE if abs(logged - measured) <= AGREES_WITHIN * measured else LogCompleteness.SAMPLED


def shortest_bake(sample_period_s: float, ingest_delay_s: float) -> float:
    """How long a step must be watched for Monitoring to show it."""
    return sample_period_s + ingest_delay_s + BAKE_MARGIN_S


def worst_judgement(judgements: Iterable[Judgement]) -> Judgement:
    """The judgement that counts of several: Unhealthy before Inconclusive before Healthy.

    There must be at least one.
    """
    order = (Verdict.UNHEALTHY, Verdict.INCONCLUSIVE, Verdict.HEALTHY)
    return min(judgements, key=lambda one: order.index(one.verdict))


def _judge(
    policy: GuardPolicy,
    evidence: StepEvidence,
    counts: RequestCounts,
    source: EvidenceSource,
    now: datetime,
    unused: str,
) -> Judgement:
    candidate, baseline = counts.candidate, counts.baseline
    # At least one, whatever the policy says: without requests nothing is healthy.
    verdict = judge(baseline, candidate, max(policy.min_requests, 1), policy.ceiling)
    age_s = max(0.0, (now - counts.until).total_seconds())
    errors, all_of = ("errors", "log entries") if source is EvidenceSource.LOG_ENTRIES else ("5xx", "requests")
    numbers = f"{verdict}: {errors} {_rate(candidate)} of {candidate.requests} {all_of}"
    beside = f", baseline {_rate(baseline)} of {baseline.requests}" if baseline.requests else ""
    missing = verdict is Verdict.INCONCLUSIVE and candidate.requests < policy.min_requests
    few = f" of {policy.min_requests} needed" if missing else ""
    rests = f"; from {source}, {format_span(age_s)} old"
    monitoring = source is EvidenceSource.MONITORING
    shortest = shortest_bake(evidence.sample_period_s, evidence.ingest_delay_s) if monitoring else 0.0
    sentence = f"{numbers}{few}{beside}{rests}{unused}"
    return Judgement(verdict, sentence, evidence.since, source, age_s, shortest, candidate, baseline)


def _unused(log: RequestCounts, completeness: LogCompleteness) -> str:
    """Why the log is not used, for the end of a sentence."""
    if not log.candidate.requests:
        return ""
    why = "is sampled and not used" if completeness is LogCompleteness.SAMPLED else "is not yet confirmed by Monitoring"
    return f"; the request log {why} ({log.candidate.requests} requests)"


def _rate(evidence: Evidence) -> str:
    return "-" if evidence.error_rate is None else percent_text(evidence.error_rate)
