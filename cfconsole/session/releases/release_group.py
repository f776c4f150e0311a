"""The releases under way in this console. A closing console waits for them or leaves them to a later one."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

from msgspec import Struct
from msgspec.structs import replace

from cfconsole.domain.errors import CloudError
from cfconsole.domain.fleet.services import Service
from cfconsole.domain.releases.model import Approval, Release, ReleaseState
from cfconsole.domain.releases.rollout.progress import ReleaseProgress
from cfconsole.domain.releases.rollout.runner_job import RunnerJob
from cfconsole.domain.source.packages import PackedSource
from cfconsole.session.ports import ClockPort, RunnersPort
from cfconsole.session.releases.plan_facts import busy_refusal
from cfconsole.session.releases.ports import ReleaseListener, ReleasePorts, VariableValues
from cfconsole.session.releases.record import new_release
from cfconsole.session.releases.release_runner import ClaimedRelease, ReleaseRunner
from cfconsole.session.releases.rollout_runner import RolloutRunner
from cfconsole.session.releases.single_write_journal import SingleWriteJournal
from cfconsole.session.releases.source_upload import UploadPorts, end_not_begun, upload_source
from cfconsole.session.state.store import StateStore
from cfconsole.session.state.updates import IntentNotRecorded, ReleaseChanged, ReleaseProgressed, ServiceChanged
from cfconsole.session.watch.pending_work import PendingWork

CLOSED = "its console was closed"


class _NewRelease(Struct, frozen=True):
    """An approved release that begins now."""

    release: Release
    how: str
    """How it was approved."""
    ports: ReleasePorts
    values: VariableValues
    unrecorded: bool
    """Whether the operator confirmed to carry it out even if the journal can't record it."""


class ReleaseGroup:
    """Starts releases, one at a time per service, and waits for them. It never cancels one."""

    def __init__(self, store: StateStore, clock: ClockPort, pending_work: PendingWork, actor: str) -> None:
        self._store = store
        self._clock = clock
        self._pending_work = pending_work
        self._actor = actor
        self._tasks: set[asyncio.Task[object]] = set()
        self._runner: ReleaseRunner | None = None
        self._unanswered: set[str] = set()
        """Releases whose first write has not been answered; the operator waits for it."""
        self._leaving = False

    def start(
        self,
        approval: Approval,
        ports: ReleasePorts,
        values: VariableValues = (),
        *,
        unrecorded: bool = False,
        source: PackedSource | None = None,
    ) -> str:
        """Starts a release and returns its id. It counts as pending work until its first write is answered.

        `source` is uploaded before the release begins.
        """
        release = new_release(approval, self._actor, self._clock.now())
        busy = busy_refusal(self._store.state, approval.plan.service)
        if busy:
            self._show(replace(release, state=ReleaseState.FAILED, ended_at=release.started_at, outcome=busy.sentence))
            return release.id
        self._wait_for(release.id)
        self._show(release)
        new = _NewRelease(release, approval.how, ports, values, unrecorded)
        self.run(f"release {release.id}", self._upload_first(new, source) if source else self._carry_out(new))
        return release.id

    def run_claimed(self, claimed: ClaimedRelease, ports: ReleasePorts) -> None:
        """Carries out a release that another process left."""
        release_id = claimed.record.release.id
        self._wait_for(release_id)
        self.run(f"release {release_id}", self.runner(ports).run_claimed(claimed))

    def runner(self, ports: ReleasePorts) -> ReleaseRunner:
        """The runner of this process."""
        if self._runner is None:
            listener = ReleaseListener(
                self._show, self._show_progress, self._show_service, self._note_answer, lambda: not self._leaving
            )
            self._runner = ReleaseRunner(ports, listener)
        return self._runner

    def rollout(self, release_id: str) -> RolloutRunner | None:
        """The runner of a release in steps in this process, if it has one."""
        return self._runner.rollout(release_id) if self._runner else None

    def leave(self) -> None:
        """Interrupts releases in steps, which the next console can resume; single writes are finished."""
        self._leaving = True
        if self._runner:
            self._runner.leave(CLOSED)

    async def join(self) -> None:
        """Waits until all are done. A cancellation is passed on only then, which leaves no release half-way."""
        cancelled: asyncio.CancelledError | None = None
        while self._tasks:
            try:
                await asyncio.wait(self._tasks)
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled:
            raise cancelled

    def run(self, name: str, work: Coroutine[None, None, object]) -> None:
        """Starts work that a closing console waits for."""
        task: asyncio.Task[object] = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _carry_out(self, new: _NewRelease) -> Coroutine[None, None, Release]:
        runners = new.ports.runners
        return self._launch(new, runners) if runners and new.release.plan.steps else self._run_here(new)

    async def _run_here(self, new: _NewRelease) -> Release:
        def report_unrecorded() -> None:
            self._store.post(IntentNotRecorded(new.release.id, continued=new.unrecorded))

        single_write_journal = SingleWriteJournal(
            new.ports.journal, report_unrecorded, continue_unrecorded=new.unrecorded
        )
        runner = self.runner(new.ports)
        return await runner.run(new.release, new.how, new.values, single_write_journal=single_write_journal)

    async def _upload_first(self, new: _NewRelease, source: PackedSource) -> Release:
        """Uploads the source and carries the release out. If the console closes meanwhile, only a runner begins it."""
        ports = new.ports
        upload_ports = UploadPorts(ports.cloud, ports.journal, ports.clock)
        uploaded = await upload_source(upload_ports, new.release, source, self._show)
        if self._leaving and not ports.runners and not uploaded.ended_at:
            uploaded = await end_not_begun(upload_ports, new.release, CLOSED, self._show)
        if uploaded.ended_at:
            self._note_answer(uploaded.id)
            return uploaded
        return await self._carry_out(replace(new, release=uploaded))

    async def _launch(self, new: _NewRelease, runners: RunnersPort) -> Release:
        """Starts a process for the release; from then on the journal shows how it goes."""
        release = new.release
        runners.watch(release.id)
        try:
            await runners.launch(RunnerJob(release, new.how, new.values))
        except CloudError as error:
            runners.unwatch(release.id)
            outcome = f"nothing was changed: {error.sentence}"
            release = replace(release, state=ReleaseState.FAILED, ended_at=self._clock.now(), outcome=outcome)
            self._show(release)
        finally:
            self._note_answer(release.id)
        return release

    def _wait_for(self, release_id: str) -> None:
        """The release counts as pending work until its first write is answered."""
        self._pending_work.begin()
        self._unanswered.add(release_id)

    def _note_answer(self, release_id: str) -> None:
        if release_id in self._unanswered:
            self._unanswered.remove(release_id)
            self._pending_work.end()

    def _show(self, release: Release) -> None:
        self._store.post(ReleaseChanged(release))

    def _show_progress(self, release_id: str, progress: ReleaseProgress) -> None:
        self._store.post(ReleaseProgressed(release_id, progress))

    def _show_service(self, service: Service) -> None:
        self._store.post(ServiceChanged(self._clock.now(), service))
