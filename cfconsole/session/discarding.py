"""Deletes a revision, once, and waits until it is gone; never against the rules of Cloud Run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from cfconsole.domain.errors import OUTCOME_UNKNOWN, CloudError
from cfconsole.domain.plan_facts import PlanFacts
from cfconsole.domain.releases import Refusal, RefusalReason
from cfconsole.domain.services import ServiceKey, short_revision
from cfconsole.session.ports import ClockPort, ServicesPort

LOOK_S = 1.0
GONE_WITHIN_S = 60.0

Read = Callable[[], Awaitable[PlanFacts]]
"""A fresh read of the service and its revisions. Raises `CloudError`."""


async def discard(
    services: ServicesPort, clock: ClockPort, key: ServiceKey, revision: str, read: Read
) -> Refusal | None:
    """Why a revision that may be deleted was not; `None` once it is gone. Nothing is sent twice."""
    operation = ""
    try:
        operation = (await services.delete_revision(key, revision)).operation
    except CloudError as error:
        if error.kind not in OUTCOME_UNKNOWN:
            return not_deleted(key, revision, error.sentence)
    until = clock.monotonic() + GONE_WITHIN_S
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
                return not_deleted(key, revision, error_said)
        await clock.sleep(LOOK_S)
    short = short_revision(key.name, revision)
    sentence = f"It is not known whether {short} was deleted: {trouble.rstrip('.')}. Look at the revisions again"
    return Refusal(RefusalReason.UNREADABLE, sentence)


def not_deleted(key: ServiceKey, revision: str, why: str) -> Refusal:
    return Refusal(RefusalReason.INVALID, f"{short_revision(key.name, revision)} was not deleted: {why}")
