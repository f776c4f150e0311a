"""The restore of the previous split, and what becomes of the failed revision."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from cfconsole.domain.fleet.services import Revision, Service, short_revision
from cfconsole.domain.fleet.splits import serves, with_tag
from cfconsole.domain.fleet.traffic import CANDIDATE, TRAFFIC_MASK, Target, follows_latest, scaled_to_100
from cfconsole.domain.releases.model import Plan, ReleaseState
from cfconsole.domain.releases.rollout.values import Decision, Finish, Observation, Rollout, SendWrite, Wait, WriteKind
from cfconsole.domain.releases.steps import SCALING_MASK, Phase, StepKind, Write
from cfconsole.domain.releases.writes import is_desired

FAST_POLL_S, SLOW_POLL_S = 0.25, 1.0
"""Most writes take effect within seconds; after that the service is read less often."""
FAST_POLL_FOR_S = 5.0


def restore_targets(plan: Plan, candidate: Revision | None) -> tuple[Target, ...]:
    """The targets that restore the previous split, by revision names.

    A new revision that is Ready keeps a tag at 0 %, for debugging; one that never was is left out.
    """
    if candidate is None:
        return plan.undo
    if not candidate.ready:
        return _without(plan.undo, candidate.name)
    if any(line.revision == candidate.name for line in plan.undo):
        return plan.undo
    return with_tag(plan.undo, plan.tag, candidate.name)


def _without(targets: tuple[Target, ...], revision: str) -> tuple[Target, ...]:
    """The targets without a revision, whose share goes to the others in their proportions."""
    others = tuple(line for line in targets if line.revision != revision)
    weights = {line.revision: line.percent for line in others if line.percent}
    parts = scaled_to_100(weights) if weights else {}
    served = tuple(Target(name, part) for name, part in parts.items() if part)
    return (*served, *(line for line in others if not line.percent))


def give_up(
    rollout: Rollout, service: Service, observation: Observation, cause: str, now: datetime, *, aborted: bool = False
) -> Decision:
    """Restores the previous split, or ends at once if nothing was changed or restoring would need a command."""
    if rollout.is_untouched:
        state = ReleaseState.ABORTED if aborted else ReleaseState.FAILED
        return Finish(rollout, state, f"nothing was changed: {cause}")
    if rollout.is_single_write and not aborted:
        return Finish(rollout, ReleaseState.FAILED, f"{cause}; nothing was restored, so check what serves")
    began = rollout.with_progress(
        phase=Phase.RESTORE, write=None, tries=0, waited_s=0.0, baked_s=0.0, cause=cause, aborted=aborted
    )
    return restore(began, service, observation, now)


def restore(rollout: Rollout, service: Service, observation: Observation, now: datetime) -> Decision:
    """The write that restores the previous split, unless that is in place already."""
    plan = rollout.plan
    if deletes_candidate(rollout) and rollout.progress.candidate != service.latest_created:
        plan = replace(plan, tag="")
    targets = restore_targets(plan, observation.revision(rollout.progress.candidate))
    if _build_made_nothing(rollout, service):
        targets = rollout.plan.desired_before
    if not any(line.percent for line in targets):
        outcome = f"{rollout.progress.cause}; nothing served before, so there is nothing to restore"
        return Finish(rollout, ReleaseState.FAILED, outcome)
    scaling = rollout.plan.scaling_before
    if is_desired(service, targets, scaling):
        return finish_restore(rollout, service, targets)
    write = Write(targets, rollout.progress.generation, now, restores=True)
    before = "the previous instances" if scaling else "the previous split"
    sent = rollout.with_progress(phase=Phase.SETTLE, write=write, waited_s=0.0)
    return SendWrite(
        WriteKind.RESTORE,
        sent,
        targets,
        SCALING_MASK if scaling else TRAFFIC_MASK,
        service.etag,
        f"restoring {before}: {rollout.progress.cause}",
        scaling=scaling,
    )


def deletes_candidate(rollout: Rollout) -> bool:
    """Whether the new revision is to be deleted after the restore; only one that this release created ever is."""
    return rollout.policy.delete_failed and rollout.plan.target == CANDIDATE and bool(rollout.progress.candidate)


def finish_restore(rollout: Rollout, service: Service, targets: tuple[Target, ...]) -> Decision:
    """The end, once the previous split is in effect."""
    progress = rollout.progress
    if rollout.plan.scaling is not None or serves(service, targets):
        state = ReleaseState.ABORTED if progress.aborted else ReleaseState.ROLLED_BACK
        return Finish(
            rollout, state, f"{progress.cause}; {_restored_text(rollout, targets)}{_kept_tag_text(rollout, targets)}"
        )
    if progress.waited_s > rollout.policy.guard.ready_within_s:
        outcome = f"{progress.cause}; the previous split was written but does not serve yet; check the service"
        return Finish(rollout, ReleaseState.UNKNOWN, outcome)
    return Wait(rollout, "waiting for the previous split to serve again", settle_pause(rollout))


def _restored_text(rollout: Rollout, targets: tuple[Target, ...]) -> str:
    if rollout.plan.scaling:
        return "the instances are restored"
    return _unbuilt(rollout, targets) if rollout.step.kind is StepKind.BUILD else "the previous split serves again"


def _build_made_nothing(rollout: Rollout, service: Service) -> bool:
    """Whether the build created no revision: then LATEST means the same revision as before."""
    return rollout.plan.build is not None and service.latest_created == rollout.plan.newest


def _unbuilt(rollout: Rollout, targets: tuple[Target, ...]) -> str:
    """The outcome of a build that never served. A revision that starts later must not get traffic automatically."""
    pinned = follows_latest(rollout.plan.desired_before) and not follows_latest(targets)
    return f"traffic is as before{', PINNED: the next deploy gets none automatically' if pinned else ''}"


def settle_pause(rollout: Rollout) -> float:
    """Seconds until the next read while a write settles."""
    return FAST_POLL_S if rollout.progress.waited_s < FAST_POLL_FOR_S else SLOW_POLL_S


def _kept_tag_text(rollout: Rollout, targets: tuple[Target, ...]) -> str:
    candidate = rollout.progress.candidate
    tag = next((line.tag for line in targets if candidate and line.revision == candidate and line.tag), "")
    name = short_revision(rollout.plan.service.name, candidate)
    return f"; {name} keeps the tag {tag} without traffic" if tag else ""
