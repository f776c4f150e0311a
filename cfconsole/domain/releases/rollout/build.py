"""The step in which the cloud builds a function from source, which nothing here can stop.

The split is pinned before the build begins, so the new revision gets no traffic automatically. Only if nothing serves
does it serve at once.
"""

from __future__ import annotations

from datetime import datetime

from cfconsole.domain.fleet.services import Service
from cfconsole.domain.fleet.splits import same_targets, serves
from cfconsole.domain.fleet.traffic import follows_latest
from cfconsole.domain.releases.model import ReleaseState
from cfconsole.domain.releases.rollout.restore import give_up
from cfconsole.domain.releases.rollout.values import (
    Command,
    Decision,
    Finish,
    Observation,
    Rollout,
    SendWrite,
    Wait,
    WriteKind,
)
from cfconsole.domain.releases.rollout.write_outcome import finish_superseded, is_as_we_left_it
from cfconsole.domain.releases.split_text import format_split
from cfconsole.domain.releases.steps import Answer, Phase, Write
from cfconsole.domain.releases.writes import READ_BACK_S, WRITE_TRIES
from cfconsole.domain.source.function_builds import BuildState

BUILD_POLL_S = 2.0
BUILD_TIMEOUT_S = 1820.0
"""As long as gcloud waits."""

_NOT_WRITTEN = (Answer.CONFLICT, Answer.REFUSED)


def build_write(rollout: Rollout, service: Service, now: datetime) -> SendWrite:
    """The write that starts the build of the function."""
    step, build = rollout.step, rollout.plan.build
    assert build is not None, "a step that builds has something to build"
    write = Write(step.targets, rollout.progress.generation, now)
    sent = rollout.with_progress(phase=Phase.SETTLE, write=write, waited_s=0.0, stages="")
    sentence = f"deploying the source to function {build.function}"
    return SendWrite(WriteKind.BUILD, sent, step.targets, step.mask, service.etag, sentence, rollout.plan.change)


def settle_build(rollout: Rollout, service: Service, observation: Observation, now: datetime) -> Decision | Rollout:
    """What to do while a function is built; the release itself once its revision exists or nothing was started."""
    progress, build = rollout.progress, observation.build
    write = progress.write
    assert write is not None, "a build was written"
    if not _split_unmoved(rollout, service):
        return finish_superseded(rollout, service)
    if write.answer in _NOT_WRITTEN:
        return _build_refused(rollout, service, observation, write, now)
    if build and build.done and build.error:
        return _not_deployed(rollout, service, observation, build.error, now)
    if observation.command is Command.ABORT:
        return _abandon_build(rollout, service)
    if progress.waited_s > BUILD_TIMEOUT_S:
        return _unknown(rollout, f"the build is not done after {BUILD_TIMEOUT_S / 60:.0f} minutes", observation)
    if build is None:
        why = f": {observation.build_error}" if observation.build_error else ""
        return Wait(rollout, f"checking the build{why}", BUILD_POLL_S)
    if not build.accepted:
        return _not_accepted(rollout, service, observation, write, now)
    if build.done:
        return _build_done(rollout, service, build, now)
    return _under_way(rollout, build)


def _split_unmoved(rollout: Rollout, service: Service) -> bool:
    """Whether nobody but the build itself changed the split."""
    expected = (rollout.progress.targets, rollout.step.targets)
    return any(same_targets(service.desired, targets) for targets in expected)


def _build_refused(
    rollout: Rollout, service: Service, observation: Observation, write: Write, now: datetime
) -> Decision:
    """The cloud rejected the deploy, so we have not changed the service."""
    back = rollout.with_progress(write=None)
    if not is_as_we_left_it(back, service):
        return finish_superseded(back, service)
    return give_up(back, service, observation, f"the deploy was rejected: {write.error.rstrip('.')}", now)


def _under_way(rollout: Rollout, build: BuildState) -> Wait:
    begun = [stage for stage in build.stages if stage.state != "not started"]
    stages = ", ".join(f"{stage.name} {stage.state}" for stage in begun)
    log = next((stage.uri for stage in begun if stage.uri and stage.state == "in progress"), "")
    sentence = f"{stages}; its log: {log}" if log else stages
    return Wait(rollout.with_progress(stages=stages), sentence or "the build is starting", BUILD_POLL_S)


def _build_done(rollout: Rollout, service: Service, build: BuildState, now: datetime) -> Decision | Rollout:
    """The release after the build, unless the service does not show the revision yet or shows somebody else's."""
    made = build.revision or service.latest_created
    if service.latest_created in ("", rollout.plan.newest):
        return Wait(rollout, "waiting for the new revision to appear", BUILD_POLL_S)
    if service.latest_created != made:
        return finish_superseded(rollout, service)
    if not serves(service, rollout.step.targets):
        return Wait(rollout, "waiting for the split to take effect", BUILD_POLL_S)
    return rollout.with_progress(
        generation=service.generation,
        targets=service.desired,
        candidate=made,
        write=None,
        phase=Phase.BAKE,
        waited_s=0.0,
        tries=0,
        baked_s=0.0,
        ready_at=rollout.progress.ready_at or now,
    )


def _not_accepted(
    rollout: Rollout, service: Service, observation: Observation, write: Write, now: datetime
) -> Decision | Rollout:
    """The function does not show a deploy that had no answer, which may still be on its way.

    It is sent again only if the process died while sending; otherwise the release gives up.
    """
    if service.latest_created != rollout.plan.newest:
        return _unclaimed_revision(rollout, service, observation, now)
    if rollout.progress.waited_s < READ_BACK_S:
        return Wait(rollout, "checking whether the deploy was accepted", BUILD_POLL_S)
    tries = rollout.progress.tries + 1
    if write.answer is Answer.NONE and tries < WRITE_TRIES:
        return rollout.with_progress(write=None, phase=Phase.WRITE, tries=tries)
    return _not_deployed(rollout, service, observation, f"the deploy was not accepted: {write.error}", now)


def _unclaimed_revision(rollout: Rollout, service: Service, observation: Observation, now: datetime) -> Decision:
    """A function whose deploy failed shows the previous source, so it is unknown who made the new revision.

    One that did not start serves nobody, whoever made it; any other is left alone.
    """
    made = observation.revision(service.latest_created)
    if made is None or made.ready or made.condition.state != "failed":
        return finish_superseded(rollout, service)
    because = made.condition.message or made.condition.reason
    return _not_deployed(
        rollout, service, observation, f"{made.short} did not start{f': {because}' if because else ''}", now
    )


def _not_deployed(rollout: Rollout, service: Service, observation: Observation, why: str, now: datetime) -> Decision:
    """Restores the traffic. A revision that was created but did not start is named."""
    made = service.latest_created if service.latest_created != rollout.plan.newest else ""
    left = rollout.with_progress(generation=service.generation, targets=service.desired, candidate=made, write=None)
    return give_up(left, service, observation, why.rstrip(". :"), now)


def _abandon_build(rollout: Rollout, service: Service) -> Finish:
    """Ends without waiting: operations of Cloud Functions v2 can't be cancelled. The split stays."""
    cause = "aborted by the operator; the build continues, because Cloud Functions can't stop one"
    if not service.serving:
        outcome = f"{cause}, and its revision serves as soon as it is ready, because nothing served before"
    else:
        outcome = f"{cause}; its revision gets no traffic: the split {_stays(rollout, service)}"
    return Finish(rollout.with_progress(write=None, aborted=True), ReleaseState.ABORTED, outcome)


def _unknown(rollout: Rollout, why: str, observation: Observation) -> Finish:
    reason = f": {observation.build_error.rstrip('.')}" if observation.build_error else ""
    service = observation.service
    left = f"; the split {_stays(rollout, service)}" if service and service.serving else ""
    return Finish(rollout, ReleaseState.UNKNOWN, f"{why}{reason}{left}. Check the service before doing more")


def _stays(rollout: Rollout, service: Service) -> str:
    split = format_split(service.serving, service.key.name)
    was_latest = follows_latest(rollout.plan.desired_before)
    return f"stays pinned to {split}; send all traffic to latest to unpin it" if was_latest else f"stays {split}"
