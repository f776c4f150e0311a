"""The bake of a step: how long it is watched, and what a verdict means for the release."""

from __future__ import annotations

from cfconsole.domain.durations import format_span
from cfconsole.domain.releases.model import Verdict
from cfconsole.domain.releases.rollout.step_judgement import Judgement
from cfconsole.domain.releases.rollout.values import Command, Observation, Rollout, Wait

BAKE_POLL_S = 2.0


def bake(rollout: Rollout, observation: Observation) -> Wait | Rollout | str:
    """Continues (returns the release), waits, or gives up (returns the cause). Only Healthy continues automatically."""
    judgement = _current_judgement(rollout, observation.judgement)
    verdict = judgement.verdict if judgement else Verdict.INCONCLUSIVE
    if rollout.step.bake_s == 0 or observation.command in (Command.PROMOTE, Command.CONTINUE):
        return rollout
    if verdict is Verdict.UNHEALTHY and judgement:
        return judgement.sentence
    needed = max(rollout.step.bake_s, judgement.shortest_bake_s if judgement else 0.0)
    left_s = needed - rollout.progress.baked_s
    reason = judgement.sentence if judgement else "no requests counted yet"
    if left_s > 0 and rollout.progress.waited_s < needed + rollout.policy.guard.max_wait_s:
        return Wait(rollout, f"{rollout.step.label}: {format_span(left_s)} left; {reason}", BAKE_POLL_S, left_s)
    if left_s <= 0 and (verdict is Verdict.HEALTHY or not rollout.step.must_be_healthy):
        return rollout
    return _wait_or_give_up(rollout, observation, reason)


def _wait_or_give_up(rollout: Rollout, observation: Observation, reason: str) -> Wait | str:
    max_wait_s = max(rollout.policy.guard.max_wait_s, rollout.step.bake_s)
    if rollout.progress.waited_s < max_wait_s:
        return Wait(rollout, f"{rollout.step.label}: waiting for a verdict; {reason}", BAKE_POLL_S)
    if observation.attended:
        sentence = f"{rollout.step.label}: no verdict after {format_span(max_wait_s)}; promote or abort; {reason}"
        return Wait(rollout, sentence, BAKE_POLL_S, asks=True)
    return f"no verdict after {format_span(max_wait_s)}: {reason}"


def _current_judgement(rollout: Rollout, judgement: Judgement | None) -> Judgement | None:
    """The judgement, unless it includes data from before the bake began."""
    since = rollout.progress.effective_at
    return judgement if judgement and since and judgement.since >= since else None
