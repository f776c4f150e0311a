"""Deletes a revision that nobody needs any more, after a fresh read and never against the rules of Cloud Run."""

from __future__ import annotations

from typing import NamedTuple

from cfconsole.domain.errors import CloudError
from cfconsole.domain.plan_facts import PlanFacts
from cfconsole.domain.plan_making import unread
from cfconsole.domain.release_kinds import GuardLevel, ReleaseKind
from cfconsole.domain.releases import Approval, Plan, Refusal, RefusalReason, ReleaseState
from cfconsole.domain.revision_deletion import deletion_trouble, plan_deletion
from cfconsole.domain.services import ServiceKey, short_revision
from cfconsole.session.discarding import discard, not_deleted
from cfconsole.session.live_state import LiveState
from cfconsole.session.plans import facts_of, read_facts, under_way
from cfconsole.session.ports import ClockPort, JournalError, JournalPort, ServicesPort
from cfconsole.session.record import Record
from cfconsole.session.releasing import new_release
from cfconsole.session.settings import SessionSettings
from cfconsole.session.updates import ReleaseMoved


class DeletingPorts(NamedTuple):
    services: ServicesPort
    journal: JournalPort


class Deletion(NamedTuple):
    """A revision that may be deleted, as far as is known, and what the operator has to do for it."""

    service: ServiceKey
    revision: str
    guard: GuardLevel


class RevisionDeleting:
    """Asks and deletes for one console. Nothing that serves moves by it; it is recorded all the same."""

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
        return refusal or Deletion(key, revision, self._settings.guard(ReleaseKind.DELETE))

    async def delete(self, ports: DeletingPorts, deletion: Deletion, typed: str) -> Refusal | None:
        """Why the revision was not deleted; `None` once it is gone. What was sent is in the journal."""
        refusal = self._forbidden(deletion.service) or self._unapproved(deletion, typed)
        if refusal:
            return refusal
        try:
            facts = await self._read(ports.services, deletion.service)
        except CloudError as error:
            return not_deleted(deletion.service, deletion.revision, error.sentence)
        plan = plan_deletion(facts, deletion.revision)
        return plan if isinstance(plan, Refusal) else await self._recorded(ports, deletion, plan)

    async def _recorded(self, ports: DeletingPorts, deletion: Deletion, plan: Plan) -> Refusal | None:
        """The intent is on disk before anything is sent, and what came of it after."""
        now, key = self._clock.now(), deletion.service
        release = new_release(Approval(plan, deletion.guard.value, now), self._settings.actor, now)
        record = Record(release, ports.journal, self._clock, lambda moved: self._live.post(ReleaseMoved(moved)))
        record.show(ReleaseState.RUNNING, f"deleting {short_revision(key.name, deletion.revision)}")
        try:
            await record.begin()
        except JournalError as error:
            refusal = not_deleted(key, deletion.revision, f"{error}")
            await record.end(ReleaseState.FAILED, refusal.sentence, kept=False)
            return refusal._replace(reason=RefusalReason.JOURNAL)
        trouble = await discard(
            ports.services, self._clock, key, deletion.revision, lambda: self._read(ports.services, key)
        )
        await record.end(_state(trouble), trouble.sentence if trouble else "the revision is gone")
        return trouble

    async def _read(self, services: ServicesPort, key: ServiceKey) -> PlanFacts:
        return await read_facts(services, self._live, self._clock, key)

    def _forbidden(self, key: ServiceKey) -> Refusal | None:
        if self._settings.read_only:
            sentence = "This console is read-only; start it without --read-only to delete revisions"
            return Refusal(RefusalReason.READ_ONLY, sentence)
        return under_way(self._live.now, key)

    def _unapproved(self, deletion: Deletion, typed: str) -> Refusal | None:
        guard = self._settings.guard(ReleaseKind.DELETE)
        if guard is not GuardLevel.TYPE_NAME or typed == deletion.service.name:
            return None
        sentence = f"This context is guarded; type the service's name, {deletion.service.name}, to approve"
        return Refusal(RefusalReason.NOT_APPROVED, sentence, (deletion.service.name,))


def _state(trouble: Refusal | None) -> ReleaseState:
    if trouble is None:
        return ReleaseState.SUCCEEDED
    return ReleaseState.UNKNOWN if trouble.reason is RefusalReason.UNREADABLE else ReleaseState.FAILED


def _whole(facts: PlanFacts, name: str) -> str:
    """The whole name of a revision given as tables show it, or by its number where one alone has it."""
    names = [revision.name for revision in facts.revisions]
    given = f"{facts.service.key.name}-{name}"
    fitting = [one for one in names if one == given or one.startswith(f"{given}-")]
    return fitting[0] if name not in names and len(fitting) == 1 else name
