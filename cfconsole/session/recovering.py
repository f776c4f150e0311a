"""Takes up releases whose process is gone: reads the cloud, says what can be done, and goes on, puts back, or leaves.

Somebody else's change is never written over: such a release ends as superseded, and nothing is written.
"""

from __future__ import annotations

import asyncio
from typing import assert_never

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.recovery import Recovery, Way, resume_choice
from cfconsole.domain.releases import Refusal, RefusalReason, Release, ReleaseState
from cfconsole.domain.rollout_values import Observation, Rollout, Wish
from cfconsole.domain.services import Service
from cfconsole.session.ports import ClockPort, Cloud, SharedJournalPort
from cfconsole.session.record import Record
from cfconsole.session.rollouts import Onlookers, roll_record
from cfconsole.session.telling import Telling


async def read_recovery(cloud: Cloud, clock: ClockPort, release: Release) -> Recovery:
    """What resume, abort and leave would do now."""
    return resume_choice(release, await _observed(cloud, release), clock.now())


async def roll_on(
    cloud: Cloud,
    journal: SharedJournalPort,
    clock: ClockPort,
    release_id: str,
    wish: Wish,
    onlookers: Onlookers | None = None,
) -> Release | Refusal:
    """Goes on with a release, or puts back what served before it (`Wish.ABORT`), in this process.

    Raises `JournalError` where the release can't be read.
    """
    looking = onlookers or Onlookers()
    taken = await take_up(journal, release_id)
    if isinstance(taken, Refusal):
        return taken
    record = Record(taken, journal, clock, looking.moved, begun=True)
    found = await choose(cloud, journal, clock, record, wish)
    match found:
        case Refusal():
            return found
        case Release():
            return await Telling(cloud, clock).ended(found, looking.moved)
        case Rollout():
            steering = Wish.ABORT if wish is Wish.ABORT else Wish.NONE
            return await roll_record(cloud, journal, clock, record, found, looking, wish=steering)
        case _:
            assert_never(found)


async def choose(
    cloud: Cloud, journal: SharedJournalPort, clock: ClockPort, record: Record, wish: Wish
) -> Rollout | Release | Refusal:
    """What to go on from, the release if there was nothing left to do, or why it is put down again.

    The release has to be this process's already.
    """
    recovery = await read_recovery(cloud, clock, record.release)
    way = recovery.abort if wish is Wish.ABORT else recovery.resume
    ended = await _ended(record, recovery, way)
    if ended:
        return ended
    if isinstance(way, Refusal):
        await journal.put_down(record.release.id)
        return way
    return way.rollout


async def take_up(journal: SharedJournalPort, release_id: str) -> Release | Refusal:
    """The release, which is this process's from now on, or why it can't be. Raises `JournalError`."""
    taken = await journal.take_up(release_id)
    if taken:
        return taken
    known = await journal.release(release_id)
    if known is None:
        return Refusal(RefusalReason.NOT_FOUND, f"the journal knows no release {release_id}")
    if known.ended_at:
        return Refusal(RefusalReason.ALREADY_DONE, f"release {release_id} ended: {known.outcome}")
    return Refusal(RefusalReason.BUSY, f"release {release_id} is under way in another process; steer it there")


async def leave(journal: SharedJournalPort, clock: ClockPort, release_id: str) -> Release | Refusal:
    """Ends a release as it is: nothing is written, and it is not offered again. Raises `JournalError`."""
    taken = await take_up(journal, release_id)
    if isinstance(taken, Refusal):
        return taken
    record = Record(taken, journal, clock, lambda release: None, begun=True)
    return await record.end(ReleaseState.INTERRUPTED, "left as it is; look at what serves before doing more")


async def _ended(record: Record, recovery: Recovery, way: Way | Refusal) -> Release | None:
    """The end of a release of which nothing is left to do, or that was overtaken."""
    if isinstance(way, Way) and way.done:
        progress = way.rollout.progress
        record.created(progress.candidate)
        if way.done.state is ReleaseState.SUCCEEDED:
            record.applied(progress.generation)
        return await record.end(way.done.state, way.done.outcome)
    if isinstance(recovery.abort, Refusal) and recovery.abort.reason is RefusalReason.CHANGED:
        return await record.end(ReleaseState.SUPERSEDED, recovery.abort.sentence)
    return None


async def _observed(cloud: Cloud, release: Release) -> Observation:
    key = release.plan.service
    try:
        service, revisions = await asyncio.gather(cloud.services.get_service(key), cloud.services.list_revisions(key))
    except CloudError as error:
        if error.kind is ErrorKind.NOT_FOUND and release.plan.build and release.plan.build.create:
            return Observation(Service(key), attended=True)
        return Observation(None, trouble=error.sentence)
    # Whoever asks looks on.
    return Observation(service, revisions, attended=True)
