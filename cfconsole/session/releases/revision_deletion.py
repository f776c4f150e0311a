"""Deletes revisions, each once, after a fresh read and never against the rules of Cloud Run.

The operator deletes a revision that is no longer needed: nothing that serves moves, and yet it is approved and recorded
like any release. A release deletes the revision that it made and took back, if its plan says so.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from cfconsole.domain.errors import OUTCOME_UNKNOWN, CloudError, JournalError
from cfconsole.domain.fleet.services import ServiceKey, short_revision
from cfconsole.domain.releases.model import Approval, Refusal, RefusalReason, ReleaseState
from cfconsole.domain.releases.planning import planner
from cfconsole.domain.releases.planning.delete_revision import deletion_refusal
from cfconsole.domain.releases.planning.facts import PlanFacts
from cfconsole.domain.releases.planning.request import DeleteRevisionRequest
from cfconsole.domain.releases.rollout.values import Rollout
from cfconsole.session.ports import ClockPort, ServicesPort
from cfconsole.session.releases.plan_facts import busy_refusal, read_facts
from cfconsole.session.releases.ports import ReleasePorts
from cfconsole.session.releases.record import ReleaseRecord, new_release
from cfconsole.session.state.store import StateStore
from cfconsole.session.state.updates import ReleaseChanged

POLL_S = 1.0
DELETION_TIMEOUT_S = 60.0

ReadFacts = Callable[[], Awaitable[PlanFacts]]
"""A fresh read of the service and its revisions. Raises `CloudError`."""


async def delete_revision(ports: ReleasePorts, store: StateStore, approval: Approval, actor: str) -> Refusal | None:
    """Deletes the approved revision. Returns why it was not deleted; `None` once it is gone."""
    key, revision = approval.plan.service, approval.plan.bad
    refusal = busy_refusal(store.state, key)
    if refusal:
        return refusal
    try:
        facts = await read_facts(ports.cloud.services, store, ports.clock, key)
    except CloudError as error:
        return _failure(key, revision, error.sentence)
    fresh = planner.plan(facts, DeleteRevisionRequest(revision))
    return fresh if isinstance(fresh, Refusal) else await _delete_recorded(ports, store, approval, actor)


async def delete_failed_revision(
    services: ServicesPort, clock: ClockPort, record: ReleaseRecord, rollout: Rollout
) -> str:
    """Deletes the revision that a release made and took back. Returns the result as a sentence."""
    key, revision = rollout.plan.service, rollout.progress.candidate
    short = short_revision(key.name, revision)

    async def read() -> PlanFacts:
        return PlanFacts(await services.get_service(key), await services.list_revisions(key))

    try:
        refusal = deletion_refusal(await read(), revision)
        if refusal is None:
            await record.intend(ReleaseState.RUNNING, f"deleting {short}", rollout.progress)
            refusal = await _delete_and_wait(services, clock, key, revision, read)
    except (CloudError, JournalError) as error:
        refusal = _failure(key, revision, str(error).rstrip("."))
    return refusal.sentence if refusal else f"{short} was deleted"


async def _delete_recorded(ports: ReleasePorts, store: StateStore, approval: Approval, actor: str) -> Refusal | None:
    """The intent is on disk before the request is sent, and the outcome after it."""
    key, revision, clock = approval.plan.service, approval.plan.bad, ports.clock
    release = new_release(approval, actor, clock.now())
    record = ReleaseRecord(release, ports.journal, clock, lambda moved: store.post(ReleaseChanged(moved)))
    record.show(ReleaseState.RUNNING, f"deleting {short_revision(key.name, revision)}")
    try:
        await record.begin()
    except JournalError as error:
        refusal = _failure(key, revision, f"{error}")
        await record.end(ReleaseState.FAILED, refusal.sentence, recorded=False)
        return replace(refusal, reason=RefusalReason.JOURNAL)

    async def read() -> PlanFacts:
        return await read_facts(ports.cloud.services, store, clock, key)

    failure = await _delete_and_wait(ports.cloud.services, clock, key, revision, read)
    await record.end(_end_state(failure), failure.sentence if failure else "the revision is gone")
    return failure


async def _delete_and_wait(
    services: ServicesPort, clock: ClockPort, key: ServiceKey, revision: str, read: ReadFacts
) -> Refusal | None:
    """Sends one request and waits. Returns why the revision was not deleted; `None` once it is gone."""
    operation = ""
    try:
        operation = (await services.delete_revision(key, revision)).operation
    except CloudError as error:
        if error.kind not in OUTCOME_UNKNOWN:
            return _failure(key, revision, error.sentence)
    until = clock.monotonic() + DELETION_TIMEOUT_S
    reason = "it is still listed"
    while clock.monotonic() < until:
        try:
            operation_error = (await services.operation(operation)).error if operation else ""
            facts = await read()
        except CloudError as error:
            reason = error.sentence
        else:
            if facts.revision(revision) is None:
                return None
            if operation_error:
                return _failure(key, revision, operation_error)
        await clock.sleep(POLL_S)
    short = short_revision(key.name, revision)
    sentence = f"It is not known whether {short} was deleted: {reason.rstrip('.')}. Refresh the revisions"
    return Refusal(RefusalReason.UNREADABLE, sentence)


def _failure(key: ServiceKey, revision: str, why: str) -> Refusal:
    return Refusal(RefusalReason.INVALID, f"{short_revision(key.name, revision)} was not deleted: {why}")


def _end_state(failure: Refusal | None) -> ReleaseState:
    if failure is None:
        return ReleaseState.SUCCEEDED
    return ReleaseState.UNKNOWN if failure.reason is RefusalReason.UNREADABLE else ReleaseState.FAILED
