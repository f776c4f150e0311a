"""The changes an operator can make to the cloud: plans, approvals, releases, commands to releases, deletions.

Not loaded before the first frame. A refusal is a return value; a missing connection raises `CloudError`.
"""

from __future__ import annotations

from collections.abc import Callable

from cfconsole.domain.errors import CloudError
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.releases.kinds import GuardLevel
from cfconsole.domain.releases.model import Approval, Plan, Refusal, RefusalReason
from cfconsole.domain.releases.planning import planner
from cfconsole.domain.releases.planning.request import PlanRequest, SourceRequest, values_of
from cfconsole.domain.releases.rollout.recovery import Recovery
from cfconsole.domain.releases.rollout.values import Command
from cfconsole.domain.source.packages import PackedSource, SourceRefusal
from cfconsole.session.ports import ClockPort, SourcesPort
from cfconsole.session.releases.approvals import approve
from cfconsole.session.releases.plan_facts import busy_refusal, facts_of, read_facts, read_refusal
from cfconsole.session.releases.ports import ReleasePorts
from cfconsole.session.releases.release_commands import ReleaseCommands
from cfconsole.session.releases.release_group import ReleaseGroup
from cfconsole.session.releases.revision_deletion import delete_revision
from cfconsole.session.releases.single_write_journal import ALLOWED_KINDS
from cfconsole.session.releases.source_upload import pack_source
from cfconsole.session.settings import SessionSettings
from cfconsole.session.state.store import StateStore
from cfconsole.session.watch.pending_work import PendingWork


class Changes:
    """The changes of one console, and the releases that it carries out."""

    def __init__(
        self,
        store: StateStore,
        pending_work: PendingWork,
        clock: ClockPort,
        settings: SessionSettings,
        release_ports: Callable[[], ReleasePorts],
        sources: Callable[[], SourcesPort] | None = None,
    ) -> None:
        """`release_ports` raises `CloudError` while there is no connection; plans need none.

        `sources` loads the port for sources on this machine; without it nothing is built from source.
        """
        self._store = store
        self._pending_work = pending_work
        self._clock = clock
        self._settings = settings
        self._release_ports = release_ports
        self._load_sources = sources
        self._group = ReleaseGroup(store, clock, pending_work, settings.actor)

    def plan(self, key: ServiceKey, request: PlanRequest) -> Plan | Refusal:
        """The plan from the current state, without a read."""
        refusal = busy_refusal(self._store.state, key)
        if refusal:
            return refusal
        facts = facts_of(self._store.state, key)
        return facts if isinstance(facts, Refusal) else planner.plan(facts, request)

    async def replan(self, key: ServiceKey, request: PlanRequest) -> Plan | Refusal:
        """The plan from a fresh read."""
        with self._pending_work.track():
            try:
                services = self._release_ports().cloud.services
                facts = await read_facts(services, self._store, self._clock, key)
            except CloudError as error:
                return read_refusal(error)
        return planner.plan(facts, request)

    async def pack(self, key: ServiceKey, directory: str, *, run_tests: bool = True) -> PackedSource | SourceRefusal:
        """Checks and packs the source of a function, which takes as long as its tests. Uploads nothing."""
        with self._pending_work.track():
            sources = self._load_sources() if self._load_sources else None
            return await pack_source(sources, self._store.state.services.get(key), directory, run_tests)

    def guard(self, plan: Plan) -> GuardLevel:
        """What the operator has to do to approve this plan."""
        return self._settings.guard(plan.kind)

    def approve(self, plan: Plan, *, typed: str = "") -> Approval | Refusal:
        """Checks what the operator did against the guard of the context."""
        refusal = busy_refusal(self._store.state, plan.service)
        if refusal:
            return refusal
        read_only = self._settings.read_only
        return approve(plan, self.guard(plan), read_only=read_only, typed=typed, at=self._clock.now())

    def release(self, approval: Approval, request: PlanRequest, *, unrecorded: bool = False) -> str:
        """Starts an approved release and returns its id; `state.releases` and `state.progress` show how it goes.

        `request` is the request of the plan, with what a plan does not hold. `unrecorded`: the operator confirmed a
        rollback or an undo that the journal can't record. Raises `CloudError` while there is no connection.
        """
        ports = self._release_ports()
        source = request.source if isinstance(request, SourceRequest) else None
        unrecorded = unrecorded and approval.plan.kind in ALLOWED_KINDS
        return self._group.start(approval, ports, values_of(request), unrecorded=unrecorded, source=source)

    def command(self, release_id: str, command: Command) -> None:
        """Aborts, promotes or continues a release under way, whichever process carries it out.

        The state shows the result. A release that has ended stays as it is. Raises `CloudError` while there is no
        connection.
        """
        self._release_commands().command(release_id, command)

    async def recovery(self, release_id: str) -> Recovery | Refusal:
        """What can be done about a release whose process has died, from a fresh read."""
        with self._pending_work.track():
            try:
                return await self._release_commands().recovery(release_id)
            except CloudError as error:
                return Refusal(RefusalReason.UNREADABLE, error.sentence)

    async def recover(self, release_id: str, command: Command, *, typed: str = "") -> Refusal | None:
        """Recovers such a release: `CONTINUE` resumes, `ABORT` restores what served before, `NONE` ends it as it is."""
        with self._pending_work.track():
            try:
                return await self._release_commands().recover(release_id, command, typed)
            except CloudError as error:
                return Refusal(RefusalReason.UNREADABLE, error.sentence)

    async def delete_revision(self, approval: Approval) -> Refusal | None:
        """Deletes the approved revision for good. Returns why it was not deleted; `None` once it is gone."""
        with self._pending_work.track():
            try:
                return await delete_revision(self._release_ports(), self._store, approval, self._settings.actor)
            except CloudError as error:
                return Refusal(RefusalReason.UNREADABLE, error.sentence)

    async def finish(self) -> None:
        """Waits for the releases under way: single writes are finished, releases in steps are interrupted."""
        self._group.leave()
        await self._group.join()

    def _release_commands(self) -> ReleaseCommands:
        return ReleaseCommands(self._group, self._release_ports(), self._store, self._clock, self._settings)
