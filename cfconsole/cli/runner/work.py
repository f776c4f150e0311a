"""What a runner process does: carries one release out, to its end or until it is told to leave it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Protocol

import click

from cfconsole.cli.setup.scope import Emulator
from cfconsole.domain.releases.model import Refusal, Release, ReleaseEvent, ReleaseState
from cfconsole.domain.releases.rollout.runner_job import RunnerJob
from cfconsole.domain.releases.rollout.values import Command
from cfconsole.session.ports import ClockPort, Cloud
from cfconsole.session.releases.ports import ReleaseListener
from cfconsole.session.releases.release_runner import STOPPED, ReleaseRunner, headless_runner
from cfconsole.store.releases.journal import Journal
from cfconsole.store.releases.leases import Watches

EMULATOR_LOOK_S = 1.0
EMULATOR_TRIES = 3
LEAVE_WITHIN_S = 2.5
"""A call under way when it is told to end is waited for so long; that it was intended is on disk."""
GONE_AFTER_S = 15.0
"""A console that is started again, or a line that stalls, is no farewell."""


@contextlib.asynccontextmanager
async def leave_with_emulator(
    emulator: Emulator | None, leave: Callable[[], None], look_s: float = EMULATOR_LOOK_S
) -> AsyncIterator[None]:
    """Calls `leave` once an emulator is gone: its world is gone with it, unlike a cloud that can't be reached."""
    watching = asyncio.create_task(_wait_until_gone(emulator, leave, look_s), name="emulator") if emulator else None
    try:
        yield
    finally:
        if watching:
            watching.cancel()
            await asyncio.wait([watching])


async def _wait_until_gone(emulator: Emulator, leave: Callable[[], None], look_s: float) -> None:
    host, _, port = emulator.grpc.rpartition(":")
    missed = 0
    while missed < EMULATOR_TRIES:
        await asyncio.sleep(look_s)
        try:
            _, writer = await asyncio.open_connection(host, int(port))
        except OSError:
            missed += 1
        else:
            missed = 0
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
    leave()


class StartReplyPort(Protocol):
    """Whoever started the runner."""

    def begun(self) -> None: ...

    def refused(self, sentence: str) -> None: ...


class AnnouncingJournal(Journal):
    """Says when the intent of a release is on disk, or that it continues: from then on it takes commands."""

    def __init__(self, file: Path, begun: Callable[[], None]) -> None:
        super().__init__(file)
        self._begun = begun

    async def begin(self, release: Release) -> None:
        await super().begin(release)
        self._begun()

    async def append(self, release_id: str, event: ReleaseEvent) -> None:
        await super().append(release_id, event)
        self._begun()

    async def finish(self, release: Release) -> None:
        await super().finish(release)
        self._begun()


class WatcherPresence:
    """Whether somebody watches, or did a moment ago."""

    def __init__(self, watches: Watches, release_id: str, clock: ClockPort) -> None:
        self._watches = watches
        self._release_id = release_id
        self._clock = clock
        # Whoever started it may take a moment to watch it.
        self._seen_at = clock.monotonic()

    def __call__(self) -> bool:
        now = self._clock.monotonic()
        if self._watches.is_watched(self._release_id):
            self._seen_at = now
        return now - self._seen_at <= GONE_AFTER_S


class DetachedRun:
    """One release. `leave` may be called at any time, from the loop."""

    def __init__(
        self,
        job: RunnerJob,
        journal: Journal,
        clock: ClockPort,
        folder: Path,
        answer: StartReplyPort,
        leave_within_s: float = LEAVE_WITHIN_S,
    ) -> None:
        self._leave_within_s = leave_within_s
        self._job = job
        self._journal = journal
        self._clock = clock
        self._watches = Watches(folder)
        self._answer = answer
        self._runner: ReleaseRunner | None = None
        self._told_to_leave = False
        self._task: asyncio.Task[Release | Refusal] | None = None

    def leave(self) -> None:
        """Writes nothing more and puts the release down, at the latest when a call under way took too long."""
        self._told_to_leave = True
        if self._runner and self._task:
            self._runner.leave(STOPPED)
            asyncio.get_running_loop().call_later(self._leave_within_s, self._task.cancel)

    async def run(self, cloud: Cloud) -> bool:
        """Whether the release came to an end. Raises `JournalError`."""
        if self._told_to_leave:
            self._answer.refused("Nothing was changed: the runner was told to stop")
            return False
        name = self._job.release.id
        listener = ReleaseListener(is_attended=WatcherPresence(self._watches, name, self._clock))
        self._runner = headless_runner(cloud, self._journal, self._clock, listener)
        self._task = asyncio.create_task(self._carried_out(self._runner), name=f"release {name}")
        await asyncio.wait([self._task])
        if self._task.cancelled():
            await self._interrupted()
            return False
        end = self._task.result()
        if isinstance(end, Refusal):
            self._answer.refused(end.sentence)
            return False
        self._answer.refused(end.outcome)
        if end.ended_at:
            self._watches.forget(name)
            await self._mind_the_record(end)
        return end.ended_at is not None

    async def _mind_the_record(self, end: Release) -> None:
        """An end that the journal could not keep is told where the last words of runners are kept."""
        kept = await self._journal.release(end.id)
        if kept is None or kept.ended_at is None:
            click.echo(f"{end.id}: {end.state}: {end.outcome}", err=True)

    async def _carried_out(self, runner: ReleaseRunner) -> Release | Refusal:
        job = self._job
        if job.command is not Command.NONE:
            return await runner.resume(job.release.id, job.command)
        return await runner.run(job.release, job.how, job.values)

    async def _interrupted(self) -> None:
        """A write that was intended counts as perhaps sent: whoever takes the release up reads it back."""
        sentence = "stopped while a call was under way; the release can be resumed"
        event = ReleaseEvent(self._clock.now(), ReleaseState.INTERRUPTED, sentence)
        await self._journal.append(self._job.release.id, event)
        await self._journal.release_claim(self._job.release.id)
