"""Deletes a revision that nobody needs any more, after a fresh read and never against the rules of Cloud Run.

Nothing that serves moves by it; it is approved and recorded like any release all the same.
"""

from __future__ import annotations

from msgspec.structs import replace

from cfconsole.domain.errors import CloudError
from cfconsole.domain.fleet.services import short_revision
from cfconsole.domain.releases.model import Approval, Refusal, RefusalReason, ReleaseState
from cfconsole.domain.releases.planning import planner
from cfconsole.domain.releases.planning.facts import PlanFacts
from cfconsole.domain.releases.planning.request import DeleteRevisionRequest
from cfconsole.session.ports import JournalError
from cfconsole.session.releases.deletion_write import delete_and_wait, deletion_failed
from cfconsole.session.releases.plan_facts import busy_refusal, read_facts
from cfconsole.session.releases.ports import ReleasePorts
from cfconsole.session.releases.record import ReleaseRecord, new_release
from cfconsole.session.state.store import StateStore
from cfconsole.session.state.updates import ReleaseMoved


async def delete_revision(ports: ReleasePorts, live: StateStore, approval: Approval, actor: str) -> Refusal | None:
    """Why the revision was not deleted; `None` once it is gone. What was sent is in the journal."""
    key, revision = approval.plan.service, approval.plan.bad
    refusal = busy_refusal(live.state, key)
    if refusal:
        return refusal
    try:
        facts = await read_facts(ports.cloud.services, live, ports.clock, key)
    except CloudError as error:
        return deletion_failed(key, revision, error.sentence)
    fresh = planner.plan(facts, DeleteRevisionRequest(revision))
    return fresh if isinstance(fresh, Refusal) else await _recorded(ports, live, approval, actor)


async def _recorded(ports: ReleasePorts, live: StateStore, approval: Approval, actor: str) -> Refusal | None:
    """The intent is on disk before anything is sent, and what came of it after."""
    key, revision, clock = approval.plan.service, approval.plan.bad, ports.clock
    release = new_release(approval, actor, clock.now())
    record = ReleaseRecord(release, ports.journal, clock, lambda moved: live.post(ReleaseMoved(moved)))
    record.show(ReleaseState.RUNNING, f"deleting {short_revision(key.name, revision)}")
    try:
        await record.begin()
    except JournalError as error:
        refusal = deletion_failed(key, revision, f"{error}")
        await record.end(ReleaseState.FAILED, refusal.sentence, kept=False)
        return replace(refusal, reason=RefusalReason.JOURNAL)

    async def read() -> PlanFacts:
        return await read_facts(ports.cloud.services, live, clock, key)

    trouble = await delete_and_wait(ports.cloud.services, clock, key, revision, read)
    await record.end(_state(trouble), trouble.sentence if trouble else "the revision is gone")
    return trouble


def _state(trouble: Refusal | None) -> ReleaseState:
    if trouble is None:
        return ReleaseState.SUCCEEDED
    return ReleaseState.UNKNOWN if trouble.reason is RefusalReason.UNREADABLE else ReleaseState.FAILED
