"""Deletes a revision that nobody needs any more, after a fresh read and never against the rules of Cloud Run."""

from __future__ import annotations

from typing import NamedTuple

from cfconsole.domain.errors import OUTCOME_UNKNOWN, CloudError
from cfconsole.domain.plan_facts import PlanFacts
from cfconsole.domain.plan_making import unread
from cfconsole.domain.releases import GuardLevel, Refusal, RefusalReason, ReleaseKind
from cfconsole.domain.revision_deletion import deletion_trouble
from cfconsole.domain.services import ServiceKey, short_revision
from cfconsole.session.live_state import LiveState
from cfconsole.session.plans import facts_of, read_facts, under_way
from cfconsole.session.ports import ClockPort, ServicesPort
from cfconsole.session.settings import SessionSettings

LOOK_S = 1.0
GONE_WITHIN_S = 60.0


class Deletion(NamedTuple):
    """A revision that may be deleted, as far as is known, and what the operator has to do for it."""

    service: ServiceKey
    revision: str
    guard: GuardLevel


class RevisionDeleting:
    """Asks and deletes for one console. A deletion is no release: nothing that serves moves by it."""

    def __init__(self, live: LiveState, clock: ClockPort, settings: SessionSettings) -> None:
        self._live = live
        self._clock = clock
        self._settings = settings

    def asked(self, key: ServiceKey, name: str) -> Deletion | Refusal:
        """What may be deleted, from the state; `name` may leave out the service's."""
        facts = facts_of(self._live.now, key)
        if isinstance(facts, Refusal):
            return facts
        revision = _whole(facts, name)
        refusal = self._forbidden(key) or unread(facts) or deletion_trouble(facts, revision)
        return refusal or Deletion(key, revision, self._settings.guard(ReleaseKind.DEPLOY))

    async def delete(self, services: ServicesPort, deletion: Deletion, typed: str) -> Refusal | None:
        """Why the revision was not deleted; `None` once it is gone. Nothing is sent twice."""
        refusal = self._forbidden(deletion.service) or self._unapproved(deletion, typed)
        if refusal:
            return refusal
        try:
            facts = await read_facts(services, self._live, self._clock, deletion.service)
        except CloudError as error:
            return _not_deleted(deletion, error.sentence)
        trouble = deletion_trouble(facts, deletion.revision)
        return trouble or await self._sent(services, deletion)

    async def _sent(self, services: ServicesPort, deletion: Deletion) -> Refusal | None:
        operation = ""
        try:
            operation = (await services.delete_revision(deletion.service, deletion.revision)).operation
        except CloudError as error:
            if error.kind not in OUTCOME_UNKNOWN:
                return _not_deleted(deletion, error.sentence)
        return await self._gone(services, deletion, operation)

    async def _gone(self, services: ServicesPort, deletion: Deletion, operation: str) -> Refusal | None:
        """Waits until the revision is not listed any more. A look that fails says nothing and is tried again."""
        until = self._clock.monotonic() + GONE_WITHIN_S
        trouble = "it is still listed"
        while self._clock.monotonic() < until:
            try:
                error = (await services.operation(operation)).error if operation else ""
                facts = await read_facts(services, self._live, self._clock, deletion.service)
            except CloudError as unread_now:
                trouble = unread_now.sentence
            else:
                if facts.revision(deletion.revision) is None:
                    return None
                if error:
                    return _not_deleted(deletion, error)
            await self._clock.sleep(LOOK_S)
        short = short_revision(deletion.service.name, deletion.revision)
        sentence = f"It is not known whether {short} was deleted: {trouble.rstrip('.')}. Look at the revisions again"
        return Refusal(RefusalReason.UNREADABLE, sentence)

    def _forbidden(self, key: ServiceKey) -> Refusal | None:
        if self._settings.read_only:
            sentence = "This console is read-only; start it without --read-only to delete revisions"
            return Refusal(RefusalReason.READ_ONLY, sentence)
        return under_way(self._live.now, key)

    def _unapproved(self, deletion: Deletion, typed: str) -> Refusal | None:
        guard = self._settings.guard(ReleaseKind.DEPLOY)
        if guard is not GuardLevel.TYPE_NAME or typed == deletion.service.name:
            return None
        sentence = f"This context is guarded; type the service's name, {deletion.service.name}, to approve"
        return Refusal(RefusalReason.NOT_APPROVED, sentence, (deletion.service.name,))


def _not_deleted(deletion: Deletion, why: str) -> Refusal:
    short = short_revision(deletion.service.name, deletion.revision)
    return Refusal(RefusalReason.INVALID, f"{short} was not deleted: {why}")


def _whole(facts: PlanFacts, name: str) -> str:
    """The whole name of a revision given as tables show it, or by its number where one alone has it."""
    names = [revision.name for revision in facts.revisions]
    given = f"{facts.service.key.name}-{name}"
    fitting = [one for one in names if one == given or one.startswith(f"{given}-")]
    return fitting[0] if name not in names and len(fitting) == 1 else name
