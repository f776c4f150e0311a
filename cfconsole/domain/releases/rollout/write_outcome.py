"""Owns what became of a write: applied, not applied, superseded, or not to be told, by reading the service back."""

from __future__ import annotations

from cfconsole.domain.fleet.services import Service
from cfconsole.domain.fleet.splits import same_targets
from cfconsole.domain.releases.model import ReleaseState
from cfconsole.domain.releases.rollout.values import Finish, Observation, Rollout
from cfconsole.domain.releases.steps import Answer, StepKind, Write
from cfconsole.domain.releases.template_change import could_result_from
from cfconsole.domain.releases.writes import READ_BACK_S, WriteOutcome, is_desired


def classify_write(rollout: Rollout, write: Write, service: Service, observation: Observation) -> WriteOutcome:
    """What became of a write, from the service as it is now.

    Ours makes the very next generation with the split we wrote. A write that was not answered might be somebody else's
    all the same, if it made a revision; then that revision tells.
    """
    if service.generation <= write.from_generation:
        return _unmoved(rollout, write, service, observation)
    theirs = write.answer in (Answer.CONFLICT, Answer.REFUSED)
    scaling = rollout.plan.scaling_before if write.restores else rollout.plan.scaling
    next_one = service.generation == write.from_generation + 1 and is_desired(service, write.targets, scaling)
    if theirs or not next_one:
        return WriteOutcome.SUPERSEDED
    unanswered = write.answer is not Answer.ACCEPTED
    return (
        _made_by_our_write(rollout, service, observation)
        if unanswered and _creates(rollout, write)
        else WriteOutcome.APPLIED
    )


def is_as_we_left_it(rollout: Rollout, service: Service) -> bool:
    """Whether the service is what our last step left; its etag alone may have moved."""
    progress = rollout.progress
    return service.generation == progress.generation and same_targets(service.desired, progress.targets)


def finish_superseded(rollout: Rollout, service: Service) -> Finish:
    """Somebody else was here: nothing of theirs is overwritten."""
    sentence = f"{service.change_sentence} while the release was under way; nothing more was written"
    return Finish(rollout.with_progress(write=None), ReleaseState.SUPERSEDED, sentence)


def _unmoved(rollout: Rollout, write: Write, service: Service, observation: Observation) -> WriteOutcome:
    if not same_targets(service.desired, rollout.progress.targets):
        return WriteOutcome.SUPERSEDED
    if write.answer in (Answer.CONFLICT, Answer.REFUSED) or observation.operation_error:
        return WriteOutcome.NOT_APPLIED
    if write.answer is Answer.ACCEPTED or rollout.progress.waited_s < READ_BACK_S:
        return WriteOutcome.UNKNOWN
    return WriteOutcome.NOT_APPLIED


def _creates(rollout: Rollout, write: Write) -> bool:
    return rollout.step.kind is StepKind.CREATE and not write.restores


def _made_by_our_write(rollout: Rollout, service: Service, observation: Observation) -> WriteOutcome:
    plan = rollout.plan
    made = observation.revision(service.latest_created) if service.latest_created != plan.newest else None
    if made is None or plan.change is None:
        return WriteOutcome.UNKNOWN
    return WriteOutcome.APPLIED if could_result_from(plan.change, made) else WriteOutcome.SUPERSEDED
