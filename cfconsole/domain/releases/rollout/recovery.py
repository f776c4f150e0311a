"""The recovery of a release whose process is gone: resume it, restore the previous split, or leave it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace

from cfconsole.domain.durations import format_span
from cfconsole.domain.fleet.services import Service
from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Plan, Refusal, RefusalReason, Release, ReleaseState
from cfconsole.domain.releases.rollout.machine import new_rollout, next_decision
from cfconsole.domain.releases.rollout.values import Command, Finish, Observation, Rollout, SendProbe, SendWrite, Wait
from cfconsole.domain.releases.split_text import format_scaling, format_split
from cfconsole.domain.releases.steps import Phase, Scaling, StepKind, Write

_CREATES = (StepKind.CREATE, StepKind.BUILD)
RESUME_WITHIN_S = 900.0
"""A release that was interrupted longer ago can't be resumed, only aborted or left."""


class RecoveryOption(NamedTuple):
    """One way to recover: the release to continue with, and what happens first, as a sentence."""

    rollout: Rollout
    sentence: str
    end: Finish | None = None
    """How the release ends at once, if there is nothing left to write."""


class Recovery(NamedTuple):
    """The three ways to recover. A refused one says why."""

    resume: RecoveryOption | Refusal
    abort: RecoveryOption | Refusal
    leave: str
    """What stays if nothing is done, as a sentence."""


def rollout_of(release: Release) -> Rollout:
    """The release as of its last event. An intended write counts as possibly sent."""
    recorded = next((event for event in reversed(release.events) if event.progress is not None), None)
    begun = new_rollout(release.plan, release.started_at)
    if recorded and recorded.progress:
        return replace(begun, progress=recorded.progress)
    intended = next((event for event in release.events if event.state is ReleaseState.RUNNING), None)
    if intended is None:
        return begun
    return begun.with_progress(
        phase=Phase.SETTLE, write=Write(begun.step.targets, release.plan.generation, intended.at)
    )


def recovery_options(release: Release, observation: Observation, now: datetime) -> Recovery:
    """What resume, abort and leave would do now, by the journal and a fresh read. It does nothing itself."""
    if observation.service is None:
        why = f"the service could not be read: {observation.read_error or 'try again'}"
        refusal = Refusal(RefusalReason.UNREADABLE, why)
        return Recovery(refusal, refusal, "what serves is unknown; it stays as it is")
    if release.plan.kind is ReleaseKind.DELETE:
        refusal = Refusal(RefusalReason.INVALID, "a deletion can't be resumed; check whether the revision still exists")
        return Recovery(refusal, refusal, _left_text(release.plan, observation.service))
    # By whatever clock it was recorded: time in which nobody watched does not count.
    rollout = rollout_of(release).with_progress(seen_at=now, effective_at=None, baked_s=0.0)
    return Recovery(
        _resume(release, rollout, observation, now),
        _abort(rollout, observation, now),
        _left_text(release.plan, observation.service),
    )


def _resume(release: Release, rollout: Rollout, observation: Observation, now: datetime) -> RecoveryOption | Refusal:
    decision = next_decision(rollout, replace(observation, command=Command.NONE), now)
    if isinstance(decision, Finish):
        return _option_or_refusal(rollout, decision)
    age_s = abs((now - _last_event_at(release)).total_seconds())
    if age_s > RESUME_WITHIN_S:
        sentence = f"it was interrupted {format_span(age_s)} ago; abort it, or leave it and start again"
        return Refusal(RefusalReason.CHANGED, sentence)
    if _values_missing(rollout):
        sentence = "its variable values were not kept, so the revision can't be created; deploy again"
        return Refusal(RefusalReason.JOURNAL, sentence)
    return RecoveryOption(rollout, f"continue with {rollout.step.label}: {_first_action(decision)}")


def _abort(rollout: Rollout, observation: Observation, now: datetime) -> RecoveryOption | Refusal:
    decision = next_decision(rollout, replace(observation, command=Command.ABORT), now)
    if isinstance(decision, Finish):
        return _option_or_refusal(rollout, decision)
    before = rollout.plan.scaling_before
    back = format_scaling(before) if before else format_split(rollout.plan.undo, rollout.plan.service.name)
    return RecoveryOption(rollout, f"restore {back}: {_first_action(decision)}")


def _option_or_refusal(rollout: Rollout, end: Finish) -> RecoveryOption | Refusal:
    if end.state is ReleaseState.SUPERSEDED:
        return Refusal(RefusalReason.CHANGED, end.outcome)
    return RecoveryOption(rollout, end.outcome, end)


def _first_action(decision: Wait | SendProbe | SendWrite) -> str:
    if isinstance(decision, Wait | SendProbe):
        return decision.sentence
    what = format_split(decision.targets, decision.rollout.plan.service.name)
    return f"{decision.sentence} ({format_scaling(decision.scaling) if decision.scaling else what})"


def _values_missing(rollout: Rollout) -> bool:
    """Whether the revision may still have to be created, with values that only the gone process had."""
    change, progress = rollout.plan.change, rollout.progress
    ahead = rollout.plan.steps[progress.step :]
    creates = any(step.kind in _CREATES for step in ahead) and not progress.candidate and not _is_building(rollout)
    restores = progress.phase is Phase.RESTORE or (progress.write is not None and progress.write.restores)
    if change is None or not creates or restores:
        return False
    return any(not one.removed for one in change.env)


def _is_building(rollout: Rollout) -> bool:
    """Whether a build is known to be running, which then has the values."""
    write = rollout.progress.write
    return rollout.step.kind is StepKind.BUILD and write is not None and bool(write.operation)


def _last_event_at(release: Release) -> datetime:
    return max((event.at for event in release.events), default=release.started_at)


def _left_text(plan: Plan, service: Service) -> str:
    if plan.scaling:
        instances = Scaling(service.min_instances, service.max_instances)
        return f"instances stay as they are: {format_scaling(instances)}"
    return f"traffic stays as it is: {format_split(service.serving, service.key.name)}"
