"""Recovers releases whose process has died: reads the cloud, and offers to resume, to abort or to leave them.

Other people's changes are never overwritten: such a release ends as superseded, with nothing written.
"""

from __future__ import annotations

import asyncio

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.fleet.services import Service
from cfconsole.domain.releases.model import Refusal, RefusalReason, Release, ReleaseState
from cfconsole.domain.releases.rollout.recovery import Recovery, RecoveryOption, recovery_options
from cfconsole.domain.releases.rollout.values import Command, Observation, Rollout
from cfconsole.session.ports import ClockPort, Cloud, SharedJournalPort
from cfconsole.session.releases.record import ReleaseRecord


async def read_recovery(cloud: Cloud, clock: ClockPort, release: Release) -> Recovery:
    """What resuming, aborting and leaving the release would do now."""
    return recovery_options(release, await _observe(cloud, release), clock.now())


async def decide(
    cloud: Cloud, journal: SharedJournalPort, clock: ClockPort, record: ReleaseRecord, command: Command
) -> Rollout | Release | Refusal:
    """Decides how to continue a release that this process has claimed.

    Returns where to continue, the ended release if nothing was left to do, or why its claim was given up.
    """
    recovery = await read_recovery(cloud, clock, record.release)
    way = recovery.abort if command is Command.ABORT else recovery.resume
    ended = await _end_if_over(record, recovery, way)
    if ended:
        return ended
    if isinstance(way, Refusal):
        await journal.release_claim(record.release.id)
        return way
    return way.rollout


async def claim(journal: SharedJournalPort, release_id: str) -> Release | Refusal:
    """Claims a release for this process. Returns it, or why it can't be claimed. Raises `JournalError`."""
    claimed = await journal.claim(release_id)
    if claimed:
        return claimed
    known = await journal.release(release_id)
    if known is None:
        return Refusal(RefusalReason.NOT_FOUND, f"the journal has no release {release_id}")
    if known.ended_at:
        return Refusal(RefusalReason.ALREADY_DONE, f"release {release_id} ended: {known.outcome}")
    return Refusal(RefusalReason.BUSY, f"release {release_id} is running in another process; control it there")


async def leave_as_is(journal: SharedJournalPort, clock: ClockPort, release_id: str) -> Release | Refusal:
    """Ends a release as it is, with nothing written. Raises `JournalError`."""
    claimed = await claim(journal, release_id)
    if isinstance(claimed, Refusal):
        return claimed
    record = ReleaseRecord(claimed, journal, clock, lambda release: None, begun=True)
    return await record.end(ReleaseState.INTERRUPTED, "left as it is; check what serves before doing more")


async def _end_if_over(record: ReleaseRecord, recovery: Recovery, way: RecoveryOption | Refusal) -> Release | None:
    """Ends a release with nothing left to do, or one that another change superseded; `None` for any other."""
    if isinstance(way, RecoveryOption) and way.end:
        progress = way.end.rollout.progress
        record.set_candidate(progress.candidate)
        if way.end.state is ReleaseState.SUCCEEDED:
            record.set_generation(progress.generation)
        return await record.end(way.end.state, way.end.outcome)
    if isinstance(recovery.abort, Refusal) and recovery.abort.reason is RefusalReason.CHANGED:
        return await record.end(ReleaseState.SUPERSEDED, recovery.abort.sentence)
    return None


async def _observe(cloud: Cloud, release: Release) -> Observation:
    key = release.plan.service
    try:
        service, revisions = await asyncio.gather(cloud.services.get_service(key), cloud.services.list_revisions(key))
    except CloudError as error:
        if error.kind is ErrorKind.NOT_FOUND and release.plan.build and release.plan.build.create:
            return Observation(Service(key), attended=True)
        return Observation(None, read_error=error.sentence)
    # The operator who asks is there.
    return Observation(service, revisions, attended=True)
