"""The outcome of a write, by reading the service back: applied, not applied, superseded or unknown."""

from __future__ import annotations

from cfconsole.domain.fleet.services import Service
from cfconsole.domain.fleet.splits import same_targets
from cfconsole.domain.releases.model import ReleaseState
from cfconsole.domain.releases.rollout.values import Finish, Observation, Rollout
from cfconsole.domain.releases.steps import Answer, StepKind, Write
from cfconsole.domain.releases.template_change import could_result_from
from cfconsole.domain.releases.writes import READ_BACK_S, WriteOutcome, is_desired


def classify_write(rollout: Rollout, write: Write, service: Service, observation: Observation) -> WriteOutcome:
    """The outcome of a write, by the service as it is now.

    Our write makes the very next generation, with the split that was written. Without an answer that generation may be
    somebody else's; if it created a revision, the revision shows whose it is.
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
    """Whether the service is as our last step left it; its etag may differ."""
    progress = rollout.progress
    return service.generation == progress.generation and same_targets(service.desired, progress.targets)


def finish_superseded(rollout: Rollout, service: Service) -> Finish:
    """The end of a release when somebody else changed the service; their change is not overwritten."""
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
