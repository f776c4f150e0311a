"""Deletes a revision, once, and waits until it is gone; never against the rules of Cloud Run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from cfconsole.domain.errors import OUTCOME_UNKNOWN, CloudError, JournalError
from cfconsole.domain.fleet.services import ServiceKey, short_revision
from cfconsole.domain.releases.model import Refusal, RefusalReason, ReleaseState
from cfconsole.domain.releases.planning.delete_revision import deletion_refusal
from cfconsole.domain.releases.planning.facts import PlanFacts
from cfconsole.domain.releases.rollout.values import Rollout
from cfconsole.session.ports import ClockPort, ServicesPort
from cfconsole.session.releases.record import ReleaseRecord

POLL_S = 1.0
DELETION_TIMEOUT_S = 60.0

ReadFacts = Callable[[], Awaitable[PlanFacts]]
"""A fresh read of the service and its revisions. Raises `CloudError`."""


async def delete_and_wait(
    services: ServicesPort, clock: ClockPort, key: ServiceKey, revision: str, read: ReadFacts
) -> Refusal | None:
    """Why a revision that may be deleted was not; `None` once it is gone. Nothing is sent twice."""
    operation = ""
    try:
        operation = (await services.delete_revision(key, revision)).operation
    except CloudError as error:
        if error.kind not in OUTCOME_UNKNOWN:
            return deletion_failed(key, revision, error.sentence)
    until = clock.monotonic() + DELETION_TIMEOUT_S
    trouble = "it is still listed"
    while clock.monotonic() < until:
        try:
            error_said = (await services.operation(operation)).error if operation else ""
            facts = await read()
        except CloudError as unread_now:
            trouble = unread_now.sentence
        else:
            if facts.revision(revision) is None:
                return None
            if error_said:
                return deletion_failed(key, revision, error_said)
        await clock.sleep(POLL_S)
    short = short_revision(key.name, revision)
    sentence = f"It is not known whether {short} was deleted: {trouble.rstrip('.')}. Look at the revisions again"
    return Refusal(RefusalReason.UNREADABLE, sentence)


async def delete_failed_revision(
    services: ServicesPort, clock: ClockPort, record: ReleaseRecord, rollout: Rollout
) -> str:
    """What became of the revision that a release made and took back: deleted where that is allowed, else why not."""
    key, revision = rollout.plan.service, rollout.progress.candidate
    short = short_revision(key.name, revision)

    async def read() -> PlanFacts:
        return PlanFacts(await services.get_service(key), await services.list_revisions(key))

    try:
        trouble = deletion_refusal(await read(), revision)
        if trouble is None:
            await record.intend(ReleaseState.RUNNING, f"deleting {short}", rollout.progress)
            trouble = await delete_and_wait(services, clock, key, revision, read)
    except (CloudError, JournalError) as error:
        trouble = deletion_failed(key, revision, str(error).rstrip("."))
    return trouble.sentence if trouble else f"{short} was deleted"


def deletion_failed(key: ServiceKey, revision: str, why: str) -> Refusal:
    return Refusal(RefusalReason.INVALID, f"{short_revision(key.name, revision)} was not deleted: {why}")
