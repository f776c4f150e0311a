"""A runner's work without its process: when it says that it began, who counts as looking on, and how it leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from cfconsole.cli.runner.work import GONE_AFTER_S, AnnouncingJournal, DetachedRun, WatcherPresence, leave_with_emulator
from cfconsole.cli.setup.scope import Emulator
from cfconsole.domain.errors import JournalError
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.releases.model import Approval, Release, ReleaseState
from cfconsole.domain.releases.rollout.runner_job import RunnerJob
from cfconsole.domain.releases.rollout.values import Command
from cfconsole.domain.releases.steps import Strategy
from cfconsole.domain.releases.writes import ServiceWrite
from cfconsole.session.ports import AcceptedWrite
from cfconsole.session.releases.record import new_release
from cfconsole.session.watch.wall_clock import WallClock
from cfconsole.store.releases.leases import Watches
from tests.session.manual_clock import ManualClock
from tests.session.releases.rollouts import NEW, deploy_plan, serving_split
from tests.session.scripted import FakeCloud, ScriptedServices

CLOCK = WallClock()
FASTER = 50


class Hurried(WallClock):
    """A clock on which the quarter of a minute that a lost write is read back for is over soon."""

    def now(self) -> datetime:
        now = super().now()
        return now + (now - STARTED) * FASTER

    def monotonic(self) -> float:
        return super().monotonic() * FASTER

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds / FASTER)


STARTED = CLOCK.now()


class Heard:
    """Whoever started the runner hears one thing and is gone."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def begun(self) -> None:
        self._hear("begun")

    def refused(self, sentence: str) -> None:
        self._hear(sentence)

    def _hear(self, what: str) -> None:
        self.said = self.said or [what]


class Hanging(ScriptedServices):
    """Takes what is only to be validated, and never answers a write."""

    def __init__(self, fake: FakeCloud) -> None:
        super().__init__(fake)
        self.asked = asyncio.Event()

    async def write(
        self, key: ServiceKey, write: ServiceWrite, *, etag: str, validate_only: bool = False
    ) -> AcceptedWrite:
        if validate_only:
            return await super().write(key, write, etag=etag, validate_only=True)
        self.asked.set()
        return await asyncio.Future()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
async def journal(tmp_path: Path, heard: Heard) -> AsyncIterator[AnnouncingJournal]:
    journal = AnnouncingJournal(tmp_path / "journal.sqlite", heard.begun)
    yield journal
    await journal.aclose()


def job_of(fake: FakeCloud) -> RunnerJob:
    plan = deploy_plan(fake, Strategy.ALL_AT_ONCE, bake_s=0)
    approval = Approval(plan, "confirm", CLOCK.now())
    return RunnerJob(new_release(approval, "casey@laptop", CLOCK.now()), approval.how)


async def kept(journal: AnnouncingJournal, job: RunnerJob) -> Release:
    release = await journal.release(job.release.id)
    assert release is not None
    return release


async def test_a_release_is_carried_out_to_its_end(journal: AnnouncingJournal, heard: Heard, tmp_path: Path) -> None:
    fake = FakeCloud(CLOCK)
    job = job_of(fake)
    assert await DetachedRun(job, journal, CLOCK, tmp_path, heard).run(fake.cloud)
    assert heard.said == ["begun"]
    assert (await kept(journal, job)).state is ReleaseState.SUCCEEDED
    assert serving_split(fake) == {NEW: 100}


class Forgetful(AnnouncingJournal):
    """Takes no ends."""

    async def finish(self, release: Release) -> None:
        raise JournalError("The disk is full.")


async def test_an_end_that_cannot_be_kept_is_among_the_last_words(
    heard: Heard, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake, journal = FakeCloud(CLOCK), Forgetful(tmp_path / "journal.sqlite", heard.begun)
    assert await DetachedRun(job_of(fake), journal, CLOCK, tmp_path, heard).run(fake.cloud)
    await journal.aclose()
    assert "succeeded: 00043 serves all traffic. The journal is incomplete: The disk is full" in capsys.readouterr().err


async def test_a_call_that_does_not_answer_keeps_nobody(
    journal: AnnouncingJournal, heard: Heard, tmp_path: Path
) -> None:
    fake = FakeCloud(CLOCK)
    services = Hanging(fake)
    job = job_of(fake)
    running = DetachedRun(job, journal, CLOCK, tmp_path, heard, leave_within_s=0.01)
    ended = asyncio.create_task(running.run(fake.cloud._replace(services=services)))
    await services.asked.wait()
    running.leave()
    assert not await ended
    left = await kept(journal, job)
    assert left.state is ReleaseState.INTERRUPTED
    assert "while a call was under way" in left.events[-1].sentence
    # What was intended is on disk, and nobody holds the release: the next one reads back what became of the write.
    assert not await journal.claimed([job.release.id])
    resumed = DetachedRun(replace(job, command=Command.ABORT), journal, Hurried(), tmp_path, Heard())
    assert await resumed.run(fake.cloud)
    assert (await kept(journal, job)).state is ReleaseState.ABORTED


async def test_a_runner_told_to_stop_at_once_begins_nothing(
    journal: AnnouncingJournal, heard: Heard, tmp_path: Path
) -> None:
    fake = FakeCloud(CLOCK)
    running = DetachedRun(job_of(fake), journal, CLOCK, tmp_path, heard)
    running.leave()
    assert not await running.run(fake.cloud)
    assert heard.said[0].startswith("Nothing was changed")
    assert await journal.releases() == ()


async def test_a_release_that_ended_is_not_taken_up(journal: AnnouncingJournal, heard: Heard, tmp_path: Path) -> None:
    fake = FakeCloud(CLOCK)
    job = job_of(fake)
    assert await DetachedRun(job, journal, CLOCK, tmp_path, Heard()).run(fake.cloud)
    late = Heard()
    assert not await DetachedRun(replace(job, command=Command.CONTINUE), journal, CLOCK, tmp_path, late).run(fake.cloud)
    assert "ended" in late.said[0]


async def test_a_short_absence_is_no_farewell(tmp_path: Path) -> None:
    clock, console = ManualClock(), Watches(tmp_path)
    attended = WatcherPresence(Watches(tmp_path), "r1", clock)
    console.watch("r1")
    await clock.advance(100)
    assert attended()
    console.close()
    await clock.advance(GONE_AFTER_S)
    assert attended()
    await clock.advance(1)
    assert not attended()


async def test_a_runner_leaves_with_its_emulator() -> None:
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    address = Emulator(f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
    left = asyncio.Event()
    async with leave_with_emulator(address, left.set, poll_s=0.001):
        assert not left.is_set()
        server.close()
        await server.wait_closed()
        await left.wait()


async def test_the_real_cloud_may_be_out_of_reach() -> None:
    async with leave_with_emulator(None, pytest.fail):
        await asyncio.sleep(0)
