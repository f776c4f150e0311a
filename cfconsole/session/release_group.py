"""The releases under way in this process. They end by themselves: a closing console waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from cfconsole.domain.releases import Approval, Release, ReleaseState
from cfconsole.domain.services import Service
from cfconsole.session.jobs import Jobs
from cfconsole.session.live_state import LiveState
from cfconsole.session.plans import under_way
from cfconsole.session.ports import ClockPort
from cfconsole.session.releasing import ReleasePorts, Releasing, new_release
from cfconsole.session.state import ReleaseMoved, ServiceChanged


class ReleaseGroup:
    """Starts releases, one at a time per service, and joins them; nothing here ever cancels one."""

    def __init__(self, live: LiveState, clock: ClockPort, jobs: Jobs, actor: str) -> None:
        self._live = live
        self._clock = clock
        self._jobs = jobs
        self._actor = actor
        self._tasks: set[asyncio.Task[Release]] = set()

    def start(self, approval: Approval, ports: ReleasePorts) -> str:
        """The id of the release. It is a job of the operator until its write was answered."""
        release = new_release(approval, self._actor, self._clock.now())
        busy = under_way(self._live.now, approval.plan.service)
        if busy:
            self._show(release._replace(state=ReleaseState.FAILED, ended_at=release.started_at, outcome=busy.sentence))
            return release.id
        self._jobs.begin()
        self._show(release)
        releasing = Releasing(release, approval, ports, self._show, once(self._jobs.end), self._seen)
        task = asyncio.create_task(releasing.run(), name=f"release {release.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return release.id

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

    def _show(self, release: Release) -> None:
        self._live.post(ReleaseMoved(release))

    def _seen(self, service: Service) -> None:
        self._live.post(ServiceChanged(self._clock.now(), service))


def once(call: Callable[[], None]) -> Callable[[], None]:
    """Calls at the first time only."""
    pending = [call]

    def first() -> None:
        if pending:
            pending.pop()()

    return first
