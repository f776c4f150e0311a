"""The releases under way in this console. They end by themselves: a closing console waits for them, or leaves them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, NamedTuple

from cfconsole.domain.errors import CloudError
from cfconsole.domain.releases import Approval, Release, ReleaseState
from cfconsole.domain.services import Service
from cfconsole.session.evidence import RequestLog
from cfconsole.session.jobs import Jobs
from cfconsole.session.live_state import LiveState
from cfconsole.session.plans import under_way
from cfconsole.session.ports import ClockPort, Cloud, RunnersPort, SharedJournalPort
from cfconsole.session.releasing import ReleasePorts, Releasing, new_release
from cfconsole.session.updates import IntentUnkept, ReleaseLooked, ReleaseMoved, ServiceChanged
from cfconsole.session.verifying import Verifier

if TYPE_CHECKING:
    from cfconsole.domain.release_watch import ReleaseProgress
    from cfconsole.domain.rollout_values import Rollout, Wish
    from cfconsole.session.record import Record
    from cfconsole.session.rolling import Rolling
    from cfconsole.session.source_builds import Upload
    from cfconsole.session.step_writing import Values
    from cfconsole.session.telling import Telling

CLOSED = "its console was closed"


class GroupPorts(NamedTuple):
    """What releases of a console need."""

    cloud: Cloud
    journal: SharedJournalPort
    clock: ClockPort
    verifier: Verifier
    requests: RequestLog
    runners: RunnersPort | None = None
    """`None`: releases in steps are carried out in this process."""


class ReleaseGroup:
    """Starts releases, one at a time per service, and joins them; nothing here ever cancels one."""

    def __init__(self, live: LiveState, clock: ClockPort, jobs: Jobs, actor: str) -> None:
        self._live = live
        self._clock = clock
        self._jobs = jobs
        self._actor = actor
        self._tasks: set[asyncio.Task[object]] = set()
        self._rolling: dict[str, Rolling] = {}
        self._telling: Telling | None = None
        self._leaving = False

    def start(
        self,
        approval: Approval,
        ports: GroupPorts,
        values: Values = (),
        *,
        unrecorded: bool = False,
        upload: Upload | None = None,
    ) -> str:
        """The id of the release. It is a job of the operator until its first write was answered.

        `upload`: what it needs in the cloud before it may begin.
        """
        release = new_release(approval, self._actor, self._clock.now())
        busy = under_way(self._live.now, approval.plan.service)
        if busy:
            self._show(release._replace(state=ReleaseState.FAILED, ended_at=release.started_at, outcome=busy.sentence))
            return release.id
        self._jobs.begin()
        self._show(release)
        name = f"release {release.id}"
        done = once(self._jobs.end)
        if upload:
            self.run(name, self._uploaded(release, approval, ports, values, done, upload))
        elif approval.plan.steps and ports.runners:
            self.run(name, self._launched(release, approval, ports.runners, values, done))
        elif approval.plan.steps:
            self.run(name, self._rolled(release, approval, ports, values, done))
        else:
            self.run(name, self._released(release, approval, ports, done, unrecorded))
        return release.id

    def go_on(self, record: Record, rollout: Rollout, wish: Wish, ports: GroupPorts) -> None:
        """Carries out in this process what another one left."""
        self._jobs.begin()
        self.run(f"release {record.release.id}", self._carried(record, rollout, ports, once(self._jobs.end), wish=wish))

    def rolling(self, release_id: str) -> Rolling | None:
        """A release in steps that this process carries out."""
        return self._rolling.get(release_id)

    def leave(self) -> None:
        """Releases in steps write nothing more; whoever opens the next console takes them up."""
        self._leaving = True
        for rolling in self._rolling.values():
            rolling.leave(CLOSED)

    async def join(self) -> None:
        """Waits until all are done; a cancellation meanwhile is passed on afterwards, for none is left half-way."""
        cancelled: asyncio.CancelledError | None = None
        while self._tasks:
            try:
                await asyncio.wait(self._tasks)
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled:
            raise cancelled

    def record_of(self, release: Release, journal: SharedJournalPort) -> Record:
        """The record of a release that the journal has, shown as it moves."""
        from cfconsole.session.record import Record

        return Record(release, journal, self._clock, self._show, begun=True)

    def run(self, name: str, work: Coroutine[None, None, object]) -> None:
        """Has work done that a closing console waits for."""
        task: asyncio.Task[object] = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _released(
        self, release: Release, approval: Approval, ports: GroupPorts, done: Callable[[], None], unrecorded: bool
    ) -> Release:
        """A single write."""
        from cfconsole.session.unrecorded import SingleWriteJournal

        def unkept() -> None:
            self._live.post(IntentUnkept(release.id, went_on=unrecorded))

        journal = SingleWriteJournal(ports.journal, unkept, go_on=unrecorded)
        needed = ReleasePorts(ports.cloud.services, journal, ports.clock, ports.verifier)
        return await self._told(await Releasing(release, approval, needed, self._show, done, self._seen).run(), ports)

    async def _uploaded(
        self,
        release: Release,
        approval: Approval,
        ports: GroupPorts,
        values: Values,
        done: Callable[[], None],
        upload: Upload,
    ) -> Release:
        """A release whose source goes up first. A closing console waits for that; a runner begins it all the same."""
        from cfconsole.session.source_deploy import UploadPorts, not_begun

        needed = UploadPorts(ports.cloud, ports.journal, ports.clock)
        there = await upload(needed, release, self._show)
        if self._leaving and not ports.runners and not there.ended_at:
            there = await not_begun(needed, release, CLOSED, self._show)
        if there.ended_at:
            done()
            return there
        if ports.runners:
            return await self._launched(there, approval, ports.runners, values, done)
        return await self._rolled(there, approval, ports, values, done)

    async def _launched(
        self,
        release: Release,
        approval: Approval,
        runners: RunnersPort,
        values: Values,
        done: Callable[[], None],
    ) -> Release:
        """Hands the release to a process of its own; from then on the journal tells how it goes."""
        from cfconsole.domain.run_order import RunOrder

        runners.look_on(release.id)
        try:
            await runners.launch(RunOrder(release, approval.how, values))
        except CloudError as error:
            runners.look_away(release.id)
            outcome = f"nothing was changed: {error.sentence}"
            release = release._replace(state=ReleaseState.FAILED, ended_at=self._clock.now(), outcome=outcome)
            self._show(release)
        finally:
            done()
        return release

    async def _rolled(
        self, release: Release, approval: Approval, ports: GroupPorts, values: Values, done: Callable[[], None]
    ) -> Release:
        from cfconsole.domain.rollout import begin
        from cfconsole.session.record import Record

        record = Record(release, ports.journal, self._clock, self._show)
        rollout = begin(release.plan, self._clock.now())
        return await self._carried(record, rollout, ports, done, how=approval.how, values=values)

    async def _carried(
        self,
        record: Record,
        rollout: Rollout,
        ports: GroupPorts,
        done: Callable[[], None],
        *,
        how: str = "",
        values: Values = (),
        wish: Wish | None = None,
    ) -> Release:
        from cfconsole.domain.rollout_values import Wish
        from cfconsole.session.rolling import Rolling, RollingPorts, Watchers

        needed = RollingPorts(
            ports.cloud,
            ports.journal,
            self._clock,
            ports.requests,
            self._telling_of(ports),
            attended=lambda: not self._leaving,
        )
        watchers = Watchers(self._looked, self._seen, done)
        rolling = Rolling(record, rollout, needed, watchers, how=how, values=values, wish=wish or Wish.NONE)
        self._rolling[record.release.id] = rolling
        try:
            return await self._told(await rolling.run(), ports)
        finally:
            del self._rolling[record.release.id]

    async def _told(self, release: Release, ports: GroupPorts) -> Release:
        """The release, after whoever has to know was told of its end."""
        if release.ended_at is None:
            return release
        ended = await self._telling_of(ports).ended(release)
        if ended is not release:
            self._show(ended)
        return ended

    def _telling_of(self, ports: GroupPorts) -> Telling:
        from cfconsole.session.telling import Telling

        if self._telling is None:
            self._telling = Telling(ports.cloud, self._clock)
        return self._telling

    def _show(self, release: Release) -> None:
        self._live.post(ReleaseMoved(release))

    def _looked(self, release_id: str, progress: ReleaseProgress) -> None:
        self._live.post(ReleaseLooked(release_id, progress))

    def _seen(self, service: Service) -> None:
        self._live.post(ServiceChanged(self._clock.now(), service))


def once(call: Callable[[], None]) -> Callable[[], None]:
    """Calls at the first time only."""
    pending = [call]

    def first() -> None:
        if pending:
            pending.pop()()

    return first
