"""The probes before a step: when one is due, how many must pass, and when to give up."""

from __future__ import annotations

from datetime import datetime

from cfconsole.domain.durations import format_span
from cfconsole.domain.fleet.services import Service
from cfconsole.domain.releases.model import Verdict
from cfconsole.domain.releases.rollout.probes import ProbeResult, probe_pause
from cfconsole.domain.releases.rollout.values import Observation, Rollout, SendProbe, Wait

PROBE_POLL_S = 2.0


def decide_probe(
    rollout: Rollout, service: Service, observation: Observation, now: datetime
) -> SendProbe | Wait | str | None:
    """The next probe, a wait, or the cause to give up; `None` once enough have passed."""
    policy, progress = rollout.policy.probe, rollout.progress
    answer = observation.probe if observation.probe and observation.probe.number == progress.probes + 1 else None
    if answer:
        passed = progress.passed + 1 if answer.verdict is Verdict.HEALTHY else 0
        rollout = rollout.with_progress(probes=answer.number, passed=passed, probe_at=now)
        progress = rollout.progress
    if progress.passed >= policy.in_a_row:
        return None
    if progress.probes >= policy.attempts:
        return _after_last_probe(rollout, observation, answer)
    wait_s = _wait(rollout, now)
    if wait_s > 0:
        return Wait(rollout, f"next probe in {format_span(wait_s)}{_suffix(answer)}", min(wait_s, PROBE_POLL_S), wait_s)
    number = progress.probes + 1
    return SendProbe(rollout, number, _url(rollout, service), f"probe {number} of at most {policy.attempts}")


def _wait(rollout: Rollout, now: datetime) -> float:
    """Seconds until the next probe is due. A clock that was set back does not prolong the wait."""
    policy, progress = rollout.policy.probe, rollout.progress
    since, pause = progress.ready_at, policy.min_ready_s
    if progress.probe_at and progress.probes:
        since, pause = progress.probe_at, probe_pause(policy, 0 if progress.passed else progress.probes)
    elapsed = (now - since).total_seconds() if since else progress.waited_s
    return pause - elapsed if elapsed >= 0 else 0.0


def _after_last_probe(rollout: Rollout, observation: Observation, answer: ProbeResult | None) -> Wait | str:
    """After the last probe: a failure gives the revision up; an inconclusive answer is left to an operator, if any."""
    inconclusive = answer is None or answer.verdict is Verdict.INCONCLUSIVE
    sentence = f"{rollout.progress.probes} probes did not pass{_suffix(answer)}"
    if inconclusive and observation.attended:
        return Wait(rollout, f"{sentence}; promote or abort", PROBE_POLL_S, asks=True)
    return sentence


def _suffix(answer: ProbeResult | None) -> str:
    return f": {answer.sentence}" if answer else ""


def _url(rollout: Rollout, service: Service) -> str:
    """The URL of the new revision's tag; without a tag, that of the service."""
    candidate = rollout.progress.candidate
    uris = (share.uri for share in service.effective if share.revision == candidate and share.tag and share.uri)
    return next(uris, service.uri)
