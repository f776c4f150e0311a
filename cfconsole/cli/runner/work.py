"""The work of a runner process: it carries out one release until it ends, or until the process is stopped."""

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

EMULATOR_POLL_S = 1.0
EMULATOR_TRIES = 3
LEAVE_WITHIN_S = 2.5
"""How long a stopped runner waits for a call under way. The intent is already on disk."""
GONE_AFTER_S = 15.0
"""How long a watcher may be absent, for a restarted console or a stalled connection."""


@contextlib.asynccontextmanager
async def leave_with_emulator(
    emulator: Emulator | None, leave: Callable[[], None], poll_s: float = EMULATOR_POLL_S
) -> AsyncIterator[None]:
    """Calls `leave` once the emulator is gone: unlike with an unreachable cloud, the services are gone too."""
    watching = asyncio.create_task(_wait_until_gone(emulator, leave, poll_s), name="emulator") if emulator else None
    try:
        yield
    finally:
        if watching:
            watching.cancel()
            await asyncio.wait([watching])


async def _wait_until_gone(emulator: Emulator, leave: Callable[[], None], poll_s: float) -> None:
    host, _, port = emulator.grpc.rpartition(":")
    failures = 0
    while failures < EMULATOR_TRIES:
        await asyncio.sleep(poll_s)
        try:
            _, writer = await asyncio.open_connection(host, int(port))
        except OSError:
            failures += 1
        else:
            failures = 0
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
    leave()


class StartReplyPort(Protocol):
    """The reply to the process that started the runner."""

    def begun(self) -> None: ...

    def refused(self, sentence: str) -> None: ...


class AnnouncingJournal(Journal):
    """A journal that calls back once a release is on disk: from then on it takes commands."""

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
    """Whether a console is watching the release, or was until a moment ago."""

    def __init__(self, watches: Watches, release_id: str, clock: ClockPort) -> None:
        self._watches = watches
        self._release_id = release_id
        self._clock = clock
        # The starter may take a moment to mark itself as a watcher.
        self._seen_at = clock.monotonic()

    def __call__(self) -> bool:
        now = self._clock.monotonic()
        if self._watches.is_watched(self._release_id):
            self._seen_at = now
        return now - self._seen_at <= GONE_AFTER_S


class DetachedRun:
    """One release, carried out here. `leave` may be called at any time, from the loop."""

    def __init__(
        self,
        job: RunnerJob,
        journal: Journal,
        clock: ClockPort,
        folder: Path,
        reply: StartReplyPort,
        leave_within_s: float = LEAVE_WITHIN_S,
    ) -> None:
        self._leave_within_s = leave_within_s
        self._job = job
        self._journal = journal
        self._clock = clock
        self._watches = Watches(folder)
        self._reply = reply
        self._runner: ReleaseRunner | None = None
        self._leaving = False
        self._task: asyncio.Task[Release | Refusal] | None = None

    def leave(self) -> None:
        """Writes nothing more and gives the release up, at the latest when a call under way takes too long."""
        self._leaving = True
        if self._runner and self._task:
            self._runner.leave(STOPPED)
            asyncio.get_running_loop().call_later(self._leave_within_s, self._task.cancel)

    async def run(self, cloud: Cloud) -> bool:
        """Whether the release came to an end. Raises `JournalError`."""
        if self._leaving:
            self._reply.refused("Nothing was changed: the runner was told to stop")
            return False
        name = self._job.release.id
        listener = ReleaseListener(is_attended=WatcherPresence(self._watches, name, self._clock))
        self._runner = headless_runner(cloud, self._journal, self._clock, listener)
        self._task = asyncio.create_task(self._carry_out(self._runner), name=f"release {name}")
        await asyncio.wait([self._task])
        if self._task.cancelled():
            await self._record_interruption()
            return False
        end = self._task.result()
        if isinstance(end, Refusal):
            self._reply.refused(end.sentence)
            return False
        self._reply.refused(end.outcome)
        if end.ended_at:
            self._watches.forget(name)
            await self._print_unstored_end(end)
        return end.ended_at is not None

    async def _print_unstored_end(self, end: Release) -> None:
        """Prints an end that the journal could not store to the runner's log."""
        stored = await self._journal.release(end.id)
        if stored is None or stored.ended_at is None:
            click.echo(f"{end.id}: {end.state}: {end.outcome}", err=True)

    async def _carry_out(self, runner: ReleaseRunner) -> Release | Refusal:
        job = self._job
        if job.command is not Command.NONE:
            return await runner.resume(job.release.id, job.command)
        return await runner.run(job.release, job.how, job.values)

    async def _record_interruption(self) -> None:
        """Records the interruption. An intended write may have been sent; a resume reads it back."""
        sentence = "stopped while a call was under way; the release can be resumed"
        event = ReleaseEvent(self._clock.now(), ReleaseState.INTERRUPTED, sentence)
        await self._journal.append(self._job.release.id, event)
        await self._journal.release_claim(self._job.release.id)
