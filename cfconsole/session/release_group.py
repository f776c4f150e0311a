"""The releases under way in this console. They end by themselves: a closing console waits for them, or leaves them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, NamedTuple

from cfconsole.domain.errors import CloudError
from cfconsole.domain.releases import Approval, Release, ReleaseState
from cfconsole.domain.services import Service
from cfconsole.session.jobs import Jobs
from cfconsole.session.live_state import LiveState
from cfconsole.session.plans import under_way
from cfconsole.session.ports import ClockPort, JournalPort, RunnersPort
from cfconsole.session.record import Record
from cfconsole.session.release_ports import ReleasePorts, Watchers
from cfconsole.session.releasing import Releasing, new_release
from cfconsole.session.updates import IntentUnkept, ReleaseLooked, ReleaseMoved, ServiceChanged

if TYPE_CHECKING:
    from cfconsole.domain.release_watch import ReleaseProgress
    from cfconsole.domain.rollout_values import Rollout, Wish
    from cfconsole.domain.sources import PackedSource
    from cfconsole.session.release_ports import Values
    from cfconsole.session.rolling import Rolling
    from cfconsole.session.telling import Telling

CLOSED = "its console was closed"


class _Begun(NamedTuple):
    """A release that was approved here and begins now."""

    release: Release
    approval: Approval
    ports: ReleasePorts
    values: Values
    done: Callable[[], None]
    """The operator need not wait for it any more."""


class ReleaseGroup:
    """Starts releases, one at a time per service, and joins them; nothing here ever cancels one."""

    def __init__(self, live: LiveState, clock: ClockPort, jobs: Jobs, actor: str) -> None:
        self._live = live
        self._clock = clock
        self._jobs = jobs
        self._actor = actor
        self._tasks: set[asyncio.Task[object]] = set()
        self._releasing: set[Releasing] = set()
        self._rolling: dict[str, Rolling] = {}
        self._telling: Telling | None = None
        self._leaving = False

    def start(
        self,
        approval: Approval,
        ports: ReleasePorts,
        values: Values = (),
        *,
        unrecorded: bool = False,
        source: PackedSource | None = None,
    ) -> str:
        """The id of the release. It is a job of the operator until its first write was answered.

        `source` is uploaded before anything else.
        """
        release = new_release(approval, self._actor, self._clock.now())
        busy = under_way(self._live.now, approval.plan.service)
        if busy:
            self._show(release._replace(state=ReleaseState.FAILED, ended_at=release.started_at, outcome=busy.sentence))
            return release.id
        self._jobs.begin()
        self._show(release)
        begun = _Begun(release, approval, ports, values, once(self._jobs.end))
        self.run(f"release {release.id}", self._work(begun, unrecorded, source))
        return release.id

    def go_on(self, record: Record, rollout: Rollout, wish: Wish, ports: ReleasePorts) -> None:
        """Carries out in this process what another one left."""
        self._jobs.begin()
        self.run(f"release {record.release.id}", self._carried(record, rollout, ports, once(self._jobs.end), wish=wish))

    def rolling(self, release_id: str) -> Rolling | None:
        """A release in steps that this process carries out."""
        return self._rolling.get(release_id)

    def leave(self) -> None:
        """Releases in steps write nothing more, for the next console takes them up; others are carried through."""
        self._leaving = True
        for rolling in self._rolling.values():
            rolling.leave(CLOSED)
        for releasing in self._releasing:
            releasing.leave()

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

    def record_of(self, release: Release, journal: JournalPort, *, begun: bool = False) -> Record:
        """The record of a release, shown as it moves; `begun`: the journal has it."""
        return Record(release, journal, self._clock, self._show, begun=begun)

    def run(self, name: str, work: Coroutine[None, None, object]) -> None:
        """Has work done that a closing console waits for."""
        task: asyncio.Task[object] = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _work(self, begun: _Begun, unrecorded: bool, source: PackedSource | None) -> Coroutine[None, None, Release]:
        if source:
            return self._uploaded(begun, source)
        return self._in_steps(begun) if begun.release.plan.steps else self._released(begun, unrecorded)

    def _in_steps(self, begun: _Begun) -> Coroutine[None, None, Release]:
        runners = begun.ports.runners
        return self._launched(begun, runners) if runners else self._rolled(begun)

    async def _released(self, begun: _Begun, unrecorded: bool) -> Release:
        """A single write."""
        from cfconsole.session.unrecorded import SingleWriteJournal

        def unkept() -> None:
            self._live.post(IntentUnkept(begun.release.id, went_on=unrecorded))

        ports = begun.ports
        record = self.record_of(begun.release, SingleWriteJournal(ports.journal, unkept, go_on=unrecorded))
        releasing = Releasing(record, begun.approval, ports, Watchers(seen=self._seen, sent=begun.done))
        self._releasing.add(releasing)
        try:
            return await self._telling_of(ports).ended(await releasing.run(), self._show)
        finally:
            self._releasing.discard(releasing)

    async def _uploaded(self, begun: _Begun, source: PackedSource) -> Release:
        """A release whose source goes up first. A closing console waits for that; a runner begins it all the same."""
        from cfconsole.session.source_deploy import UploadPorts, not_begun, upload_source

        ports = begun.ports
        needed = UploadPorts(ports.cloud, ports.journal, ports.clock)
        there = await upload_source(needed, begun.release, source, self._show)
        if self._leaving and not ports.runners and not there.ended_at:
            there = await not_begun(needed, begun.release, CLOSED, self._show)
        if there.ended_at:
            begun.done()
            return there
        return await self._in_steps(begun._replace(release=there))

    async def _launched(self, begun: _Begun, runners: RunnersPort) -> Release:
        """Hands the release to a process of its own; from then on the journal tells how it goes."""
        from cfconsole.domain.run_order import RunOrder

        release = begun.release
        runners.look_on(release.id)
        try:
            await runners.launch(RunOrder(release, begun.approval.how, begun.values))
        except CloudError as error:
            runners.look_away(release.id)
            outcome = f"nothing was changed: {error.sentence}"
            release = release._replace(state=ReleaseState.FAILED, ended_at=self._clock.now(), outcome=outcome)
            self._show(release)
        finally:
            begun.done()
        return release

    async def _rolled(self, begun: _Begun) -> Release:
        from cfconsole.domain.rollout import begin

        record = self.record_of(begun.release, begun.ports.journal)
        rollout = begin(begun.release.plan, self._clock.now())
        how, values = begun.approval.how, begun.values
        return await self._carried(record, rollout, begun.ports, begun.done, how=how, values=values)

    async def _carried(
        self,
        record: Record,
        rollout: Rollout,
        ports: ReleasePorts,
        done: Callable[[], None],
        *,
        how: str = "",
        values: Values = (),
        wish: Wish | None = None,
    ) -> Release:
        from cfconsole.domain.rollout_values import Wish
        from cfconsole.session.rolling import Rolling

        watchers = Watchers(self._looked, self._seen, done, attended=lambda: not self._leaving)
        telling = self._telling_of(ports)
        rolling = Rolling(record, rollout, ports, telling, watchers, how=how, values=values, wish=wish or Wish.NONE)
        self._rolling[record.release.id] = rolling
        try:
            return await telling.ended(await rolling.run(), self._show)
        finally:
            del self._rolling[record.release.id]

    def _telling_of(self, ports: ReleasePorts) -> Telling:
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
