"""The state machine of a release in steps: what to do next, given an observation.

It is pure: no reads, no writes, no clock. Every decision has the state to continue from; the journal stores it, so that
any process may continue. The machine never overwrites somebody else's change, never resends a write whose
outcome is unknown, and never continues automatically without a Healthy verdict.
"""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from cfconsole.domain.fleet.services import Service, short_revision
from cfconsole.domain.fleet.splits import with_candidate
from cfconsole.domain.fleet.traffic import Target, follows_latest
from cfconsole.domain.releases.model import Plan, ReleaseState
from cfconsole.domain.releases.planning.shift import promoted_split
from cfconsole.domain.releases.rollout.bake import BAKE_POLL_S, bake
from cfconsole.domain.releases.rollout.build import build_write
from cfconsole.domain.releases.rollout.probe_step import decide_probe
from cfconsole.domain.releases.rollout.restore import give_up, restore
from cfconsole.domain.releases.rollout.settle import settle
from cfconsole.domain.releases.rollout.values import (
    Command,
    Decision,
    Finish,
    Observation,
    Rollout,
    SendWrite,
    Wait,
    WriteKind,
    named_candidate,
)
from cfconsole.domain.releases.rollout.write_outcome import finish_superseded, is_as_we_left_it
from cfconsole.domain.releases.steps import Answer, OnDisconnect, Phase, Progress, Step, StepKind, Write
from cfconsole.domain.releases.writes import is_desired

CLOCK_JUMP_S = 30.0
"""After a longer jump the clock was set or the host slept: nobody watched meanwhile, so the bake begins again."""
UNREAD_POLL_S = 5.0


def new_rollout(plan: Plan, now: datetime) -> Rollout:
    """A release that has not begun. A plan of a single write becomes one of a single step."""
    label = "the instances" if plan.scaling else "the split"
    steps = plan.steps or (Step(StepKind.SHIFT, label, plan.after, plan.mask, must_be_healthy=False),)
    progress = Progress(plan.generation, plan.desired_before, candidate=named_candidate(plan), seen_at=now)
    return Rollout(replace(plan, steps=steps), progress)


def next_decision(rollout: Rollout, observation: Observation, now: datetime) -> Decision:
    """What to do next. Call it with each new observation, at least every few seconds, until it returns `Finish`."""
    if observation.service is None or observation.service.generation < rollout.progress.generation:
        # A generation from before our last write means that the read is stale.
        return _wait_for_read(_with_time_passed(rollout, now, readable=False), observation)
    return _decide(_with_time_passed(rollout, now, readable=True), observation.service, observation, now)


def with_answer(rollout: Rollout, answer: Answer, *, operation: str = "", error: str = "") -> Rollout:
    """The release with the API's answer to its last write."""
    write = rollout.progress.write
    if write is None:
        return rollout
    return rollout.with_progress(write=replace(write, answer=answer, operation=operation, error=error))


def release_state(rollout: Rollout) -> ReleaseState:
    """The state of an open release, for the journal and the screen."""
    return ReleaseState.VERIFYING if rollout.progress.phase is Phase.BAKE else ReleaseState.RUNNING


def is_milestone(before: Rollout, after: Rollout) -> bool:
    """Whether the change between the two belongs in the journal; the passing of time alone does not."""
    return _landmarks(before.progress) != _landmarks(after.progress)


def _decide(rollout: Rollout, service: Service, observation: Observation, now: datetime) -> Decision:
    if rollout.progress.write is not None:
        settled = settle(rollout, service, observation, now)
        return settled if not isinstance(settled, Rollout) else _after_write(settled, service, observation, now)
    if not is_as_we_left_it(rollout, service):
        return finish_superseded(rollout, service)
    if rollout.progress.phase is Phase.RESTORE:
        return restore(rollout, service, observation, now)
    if observation.command is Command.ABORT:
        return give_up(rollout, service, observation, "aborted by the operator", now, aborted=True)
    if not observation.attended and rollout.policy.on_disconnect is OnDisconnect.RESTORE:
        return give_up(rollout, service, observation, "nobody is watching any more", now, aborted=True)
    failure = _candidate_failure(rollout, observation)
    if failure:
        return give_up(rollout, service, observation, failure, now)
    if rollout.progress.phase is Phase.BAKE:
        return _bake(rollout, service, observation, now)
    return _step(rollout, service, observation, now)


def _after_write(rollout: Rollout, service: Service, observation: Observation, now: datetime) -> Decision:
    """What follows a write that took effect or was not applied."""
    progress = rollout.progress
    if progress.phase is not Phase.BAKE:
        return _decide(rollout, service, observation, now)
    if rollout.step.bake_s > 0:
        baking = rollout.with_progress(effective_at=now)
        return _decide(baking, service, replace(observation, judgement=None), now)
    return _decide(rollout, service, observation, now)


def _bake(rollout: Rollout, service: Service, observation: Observation, now: datetime) -> Decision:
    found = bake(rollout, observation)
    match found:
        case Wait():
            return found
        case str():
            return give_up(rollout, service, observation, f"{rollout.step.label}: {found}", now)
        case Rollout():
            return _advance(found, service, observation, now)
        case _:
            assert_never(found)


def _advance(rollout: Rollout, service: Service, observation: Observation, now: datetime) -> Decision:
    """The next step, or the end after the last one."""
    if rollout.is_last_step:
        return Finish(rollout, ReleaseState.SUCCEEDED, _success(rollout, service, observation))
    if (
        not observation.attended
        and rollout.policy.on_disconnect is OnDisconnect.HOLD
        and observation.command is Command.NONE
    ):
        return Wait(rollout, f"{rollout.step.label} is done; waiting until somebody watches", BAKE_POLL_S, asks=True)
    number = len(rollout.plan.steps) - 1 if observation.command is Command.PROMOTE else rollout.progress.step + 1
    fresh = rollout.with_progress(
        step=number, phase=Phase.WRITE, tries=0, baked_s=0.0, waited_s=0.0, effective_at=None, probes=0, passed=0
    )
    return _step(fresh, service, observation, now)


def _step(rollout: Rollout, service: Service, observation: Observation, now: datetime) -> Decision:
    if rollout.step.probe and observation.command not in (Command.PROMOTE, Command.CONTINUE):
        probed = decide_probe(rollout, service, observation, now)
        if isinstance(probed, str):
            return give_up(rollout, service, observation, probed, now)
        if probed is not None:
            return probed
    return _write_step(rollout, service, now)


def _write_step(rollout: Rollout, service: Service, now: datetime) -> Decision:
    step, plan = rollout.step, rollout.plan
    if step.kind is StepKind.BUILD:
        return build_write(rollout, service, now)
    targets = _targets(rollout, service)
    write = Write(targets, rollout.progress.generation, now)
    if step.kind is not StepKind.CREATE and is_desired(service, targets, plan.scaling):
        # The split is desired already, so a write would make no new generation: it only has to settle.
        write = replace(write, from_generation=service.generation - 1, answer=Answer.ACCEPTED)
        return Wait(
            rollout.with_progress(phase=Phase.SETTLE, write=write, waited_s=0.0),
            f"{step.label} is already in place",
            0.0,
        )
    sent = rollout.with_progress(phase=Phase.SETTLE, write=write, waited_s=0.0)
    change = plan.change if step.kind is StepKind.CREATE else None
    kind = WriteKind.PROMOTE if step.kind is StepKind.PROMOTE else WriteKind.STEP
    return SendWrite(kind, sent, targets, step.mask, service.etag, f"writing {step.label}", change, plan.scaling)


def _targets(rollout: Rollout, service: Service) -> tuple[Target, ...]:
    """The split of the step, with the new revision by name; LATEST in the last step if it means that revision."""
    step, candidate = rollout.step, rollout.progress.candidate
    if step.kind is StepKind.PROMOTE:
        targets, _ = promoted_split(service, candidate, _ends_on_latest(rollout))
        traffic = tuple(line for line in targets if line.percent)
        return (*traffic, *(line for line in with_candidate(step.targets, candidate) if not line.percent))
    return with_candidate(step.targets, candidate)


def _ends_on_latest(rollout: Rollout) -> bool:
    """Whether the split is to follow LATEST in the end, as before the release or as the last step says."""
    return follows_latest(rollout.plan.desired_before) or follows_latest(rollout.plan.steps[-1].targets)


def _candidate_failure(rollout: Rollout, observation: Observation) -> str:
    """Why the new revision can't get more traffic: it is no longer Ready."""
    revision = observation.revision(rollout.progress.candidate)
    if revision is None or revision.ready or revision.condition.state != "failed":
        return ""
    because = revision.condition.message or revision.condition.reason
    return f"{revision.short} is no longer Ready{f': {because}' if because else ''}"


def _success(rollout: Rollout, service: Service, observation: Observation) -> str:
    name = short_revision(service.key.name, rollout.progress.candidate)
    is_promoted = rollout.step.kind is not StepKind.SHIFT
    what = "the instances are set" if rollout.plan.scaling else "the split serves"
    what = f"{name} serves all traffic" if is_promoted else what
    judged = (
        f"; {rollout.step.label}: {observation.judgement.sentence}"
        if observation.judgement and rollout.step.bake_s
        else ""
    )
    pinned = is_promoted and _ends_on_latest(rollout) and not follows_latest(service.desired)
    return f"{what}{judged}{'; PINNED: the next deploy gets no traffic automatically' if pinned else ''}"


def _wait_for_read(rollout: Rollout, observation: Observation) -> Decision:
    reason = observation.read_error or "the service could not be read"
    if rollout.progress.unread_s > rollout.policy.guard.max_wait_s and not observation.attended:
        return Finish(
            rollout, ReleaseState.UNKNOWN, f"{reason}; traffic stays as the last step left it; check the service"
        )
    return Wait(rollout, f"waiting until the service can be read again: {reason}", UNREAD_POLL_S)


def _with_time_passed(rollout: Rollout, now: datetime, *, readable: bool) -> Rollout:
    """The release after some time. After a jump of the clock the bake begins again."""
    progress = rollout.progress
    passed = (now - progress.seen_at).total_seconds() if progress.seen_at else 0.0
    counted = min(max(passed, 0.0), CLOCK_JUMP_S)
    unread = 0.0 if readable else progress.unread_s + counted
    later = rollout.with_progress(seen_at=now, waited_s=progress.waited_s + counted, unread_s=unread)
    if progress.phase is not Phase.BAKE:
        return later
    if abs(passed) > CLOCK_JUMP_S:
        return later.with_progress(baked_s=0.0, effective_at=now if readable else None)
    if not readable:
        return later
    since = progress.effective_at or now
    return later.with_progress(
        baked_s=progress.baked_s + (counted if progress.effective_at else 0.0), effective_at=since
    )


def _landmarks(progress: Progress) -> Progress:
    return replace(progress, seen_at=None, baked_s=0.0, waited_s=0.0, unread_s=0.0, probe_at=None)
