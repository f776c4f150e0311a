"""Owns what became of a write: applied, not applied, superseded, or not to be told, by reading the service back."""

from __future__ import annotations

from cfconsole.domain.fleet.services import Service
from cfconsole.domain.fleet.splits import same_targets
from cfconsole.domain.releases.model import ReleaseState
from cfconsole.domain.releases.rollout.values import End, Observation, Rollout
from cfconsole.domain.releases.steps import Answer, StepKind, Write
from cfconsole.domain.releases.template_change import may_be_from
from cfconsole.domain.releases.writes import READ_BACK_S, Outcome, asks_for


def classify_write(rollout: Rollout, write: Write, service: Service, seen: Observation) -> Outcome:
    """What became of a write, from the service as it is now.

    Ours makes the very next generation with the split we wrote. A write that was not answered might be somebody else's
    all the same, if it made a revision; then that revision tells.
    """
    if service.generation <= write.from_generation:
        return _unmoved(rollout, write, service, seen)
    theirs = write.answer in (Answer.CONFLICT, Answer.REFUSED)
    scaling = rollout.plan.scaling_before if write.restores else rollout.plan.scaling
    next_one = service.generation == write.from_generation + 1 and asks_for(service, write.targets, scaling)
    if theirs or not next_one:
        return Outcome.SUPERSEDED
    unanswered = write.answer is not Answer.ACCEPTED
    return _made_by_us(rollout, service, seen) if unanswered and _creates(rollout, write) else Outcome.APPLIED


def left_as_ours(rollout: Rollout, service: Service) -> bool:
    """Whether the service is what our last step left; its etag alone may have moved."""
    progress = rollout.progress
    return service.generation == progress.generation and same_targets(service.desired, progress.targets)


def superseded(rollout: Rollout, service: Service) -> End:
    """Somebody else was here: nothing of theirs is overwritten."""
    sentence = f"{service.changed} while the release was under way; nothing more was written"
    return End(rollout.moved(write=None), ReleaseState.SUPERSEDED, sentence)


def _unmoved(rollout: Rollout, write: Write, service: Service, seen: Observation) -> Outcome:
    if not same_targets(service.desired, rollout.progress.targets):
        return Outcome.SUPERSEDED
    if write.answer in (Answer.CONFLICT, Answer.REFUSED) or seen.operation_error:
        return Outcome.NOT_APPLIED
    if write.answer is Answer.ACCEPTED or rollout.progress.waited_s < READ_BACK_S:
        return Outcome.UNKNOWN
    return Outcome.NOT_APPLIED


def _creates(rollout: Rollout, write: Write) -> bool:
    return rollout.step.kind is StepKind.CREATE and not write.restores


def _made_by_us(rollout: Rollout, service: Service, seen: Observation) -> Outcome:
    plan = rollout.plan
    made = seen.revision(service.latest_created) if service.latest_created != plan.newest else None
    if made is None or plan.change is None:
        return Outcome.UNKNOWN
    return Outcome.APPLIED if may_be_from(plan.change, made) else Outcome.SUPERSEDED
