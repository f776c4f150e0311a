"""The wait after a write: until it is known to be applied, and then until it takes effect."""

from __future__ import annotations

from datetime import datetime

from cfconsole.domain.fleet.services import Revision, Service
from cfconsole.domain.fleet.splits import serves
from cfconsole.domain.releases.model import ReleaseState
from cfconsole.domain.releases.rollout.build import settle_build
from cfconsole.domain.releases.rollout.restore import finish_restore, give_up, settle_pause
from cfconsole.domain.releases.rollout.values import Command, Decision, Finish, Observation, Rollout, Wait
from cfconsole.domain.releases.rollout.write_outcome import classify_write, finish_superseded, is_as_we_left_it
from cfconsole.domain.releases.steps import Answer, Phase, StepKind, Write
from cfconsole.domain.releases.writes import WRITE_TRIES, WriteOutcome


def settle(rollout: Rollout, service: Service, observation: Observation, now: datetime) -> Decision | Rollout:
    """What to do while a write settles; the release itself once the write took effect or was not applied."""
    write = rollout.progress.write
    if rollout.step.kind is StepKind.BUILD and write is not None and not write.restores:
        return settle_build(rollout, service, observation, now)
    if write is None or rollout.progress.generation > write.from_generation:
        return _effective(rollout, service, observation, now)
    match classify_write(rollout, write, service, observation):
        case WriteOutcome.APPLIED:
            applied = rollout.with_progress(generation=service.generation, targets=write.targets, waited_s=0.0, tries=0)
            return _effective(applied, service, observation, now)
        case WriteOutcome.SUPERSEDED:
            return finish_superseded(rollout, service)
        case WriteOutcome.NOT_APPLIED:
            return _not_applied(rollout, service, observation, write, now)
        case _:
            return _unclear(rollout, write, observation)


def _effective(rollout: Rollout, service: Service, observation: Observation, now: datetime) -> Decision | Rollout:
    """Waits until the written split serves, as long as nobody else changes it."""
    write, progress = rollout.progress.write, rollout.progress
    if not is_as_we_left_it(rollout, service):
        return finish_superseded(rollout, service)
    if write is not None and write.restores:
        return finish_restore(rollout, service, write.targets)
    creates = rollout.step.kind is StepKind.CREATE
    if creates and service.latest_created != rollout.plan.newest:
        rollout = rollout.with_progress(candidate=service.latest_created)
    candidate = observation.revision(rollout.progress.candidate)
    if observation.command is Command.ABORT:
        return give_up(rollout, service, observation, "aborted by the operator", now, aborted=True)
    failed = _failed(rollout, candidate, observation)
    if failed:
        return give_up(rollout, service, observation, failed, now)
    ready = not creates or (candidate is not None and candidate.ready)
    if ready and _serves(rollout, service) and _tags_serve(rollout, service):
        return rollout.with_progress(
            write=None, phase=Phase.BAKE, waited_s=0.0, baked_s=0.0, ready_at=progress.ready_at or now
        )
    if progress.waited_s > rollout.policy.guard.ready_within_s:
        what = "did not become Ready" if not ready else "does not serve what was written"
        return give_up(rollout, service, observation, f"it {what} in time", now)
    waiting = "until the split serves" if ready else "until the new revision is Ready"
    return Wait(rollout, f"{rollout.step.label}: waiting {waiting}", settle_pause(rollout))


def _serves(rollout: Rollout, service: Service) -> bool:
    """Whether the written split serves; instances are in effect as soon as they are desired."""
    return rollout.plan.scaling is not None or serves(service, rollout.progress.targets)


def _tags_serve(rollout: Rollout, service: Service) -> bool:
    """Whether the tag of a step has its URL; until then a probe would reach the serving revision."""
    if rollout.step.kind is not StepKind.TAG:
        return True
    there = {(share.tag, share.revision) for share in service.effective}
    return all((line.tag, line.revision) in there for line in rollout.progress.targets if line.tag)


def _failed(rollout: Rollout, candidate: Revision | None, observation: Observation) -> str:
    """Why the step has failed. Readiness is that of the revision, not of the service."""
    if candidate is not None and not candidate.ready and candidate.condition.state == "failed":
        because = candidate.condition.message or candidate.condition.reason
        return f"{candidate.short} never became Ready{f': {because}' if because else ''}"
    return f"{rollout.step.label} failed: {observation.operation_error}" if observation.operation_error else ""


def _not_applied(
    rollout: Rollout, service: Service, observation: Observation, write: Write, now: datetime
) -> Decision | Rollout:
    tries = rollout.progress.tries + 1
    back = rollout.with_progress(write=None, phase=Phase.RESTORE if write.restores else Phase.WRITE, tries=tries)
    if write.answer is not Answer.REFUSED and not observation.operation_error and tries < WRITE_TRIES:
        return back
    why = observation.operation_error or write.error or "the service changed at every attempt"
    if not write.restores:
        return give_up(back, service, observation, f"{rollout.step.label} could not be written: {why}", now)
    outcome = f"{rollout.progress.cause}; the previous split could not be restored: {why}"
    return Finish(back, ReleaseState.UNKNOWN, f"{outcome} Roll back by hand")


def _unclear(rollout: Rollout, write: Write, observation: Observation) -> Decision:
    if rollout.progress.waited_s > rollout.policy.guard.ready_within_s:
        reason = observation.operation_error or write.error or "the service does not show the change"
        outcome = f"the outcome of a write is unknown: {reason}; check the service before doing more"
        return Finish(rollout, ReleaseState.UNKNOWN, outcome)
    return Wait(rollout, "checking what became of the write", settle_pause(rollout))
