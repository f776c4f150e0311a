"""A journal written by an earlier version: it opens, reads and writes the same bytes, and its release resumes."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from cfconsole.domain.releases.model import Release, ReleaseEvent, ReleaseState, Verdict
from cfconsole.domain.releases.rollout.machine import new_rollout
from cfconsole.domain.releases.rollout.progress import CommandRecord, ReleaseProgress
from cfconsole.domain.releases.rollout.recovery import RecoveryOption, recovery_options, rollout_of
from cfconsole.domain.releases.rollout.values import Command
from cfconsole.domain.releases.steps import Answer, Phase, Strategy
from cfconsole.domain.source.function_builds import UploadedSource
from cfconsole.store.encoding import decode, encode
from cfconsole.store.releases.journal import Journal
from tests.builders import NOW, full
from tests.domain.releases.rollout.rollouts import Cloud

KINDS: dict[str, type[msgspec.Struct]] = {
    "begin": Release,
    "end": Release,
    "event": ReleaseEvent,
    "wish": CommandRecord,
}


class Row(msgspec.Struct):
    """One row of one table; `body` is its text as stored."""

    table: str
    id: str = ""
    service: str = ""
    started_at: str = ""
    number: int = 0
    release_id: str = ""
    kind: str = ""
    body: msgspec.Raw = msgspec.Raw()
    before: str = ""
    hash: str = ""

    def values(self) -> tuple[object, ...]:
        match self.table:
            case "releases":
                return (self.id, self.service, self.started_at)
            case "events":
                return (self.number, self.release_id, self.kind, bytes(self.body), self.before, self.hash)
            case _:
                return (self.release_id, bytes(self.body))


LINES = Path(__file__).with_name("earlier_journal.jsonl").read_bytes().splitlines()
ROWS = [msgspec.json.decode(line, type=Row) for line in LINES]


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    file = tmp_path / "state" / "journal.sqlite"
    empty = Journal(file)
    assert await empty.releases() == ()
    await empty.aclose()
    database = sqlite3.connect(file)
    with database:
        for row in ROWS:
            values = row.values()
            database.execute(f"INSERT INTO {row.table} VALUES ({', '.join('?' * len(values))})", values)
    database.close()
    journal = Journal(file)
    yield journal
    await journal.aclose()


async def test_its_releases_are_listed_as_it_left_them(journal: Journal) -> None:
    assert await journal.verify_chain() == 11
    source, canary, done = await journal.releases()
    assert [one.state for one in (source, canary, done)] == ["planned", "verifying", "succeeded"]
    assert source.plan.build
    assert source.plan.build.source == UploadedSource("bucket", "1.zip")
    assert canary.plan.strategy is Strategy.CANARY
    assert canary.plan.change
    assert [(one.name, one.removed) for one in canary.plan.change.env] == [("LEVEL", False), ("OLD", True)]
    assert [step.label for step in canary.plan.steps][1:] == ["canary 5 %", "canary 50 %", "canary 100 %"]
    assert (done.ended_at, done.events[0].operation) == (NOW - timedelta(minutes=8), "operations/1")


async def test_commands_and_progress_are_read(journal: Journal) -> None:
    (given,) = await journal.commands("r-canary")
    assert (given.command, given.actor) == (Command.CONTINUE, "ops@shop.example")
    look = (await journal.progress_by_id())["r-canary"]
    assert look.judgement
    assert (look.step, look.left_s, look.judgement.verdict) == (2, 41.5, Verdict.HEALTHY)


@pytest.mark.parametrize("row", [row for row in ROWS if row.body], ids=lambda row: f"{row.table}-{row.number}")
def test_every_record_is_written_byte_for_byte_as_before(row: Row) -> None:
    body = bytes(row.body)
    assert encode(decode(body, KINDS[row.kind] if row.kind else ReleaseProgress)) == body


async def test_its_release_is_claimed_and_ends(journal: Journal) -> None:
    release = await journal.claim("r-canary")
    assert release
    progress = rollout_of(release).progress
    assert (progress.step, progress.phase, progress.candidate) == (1, Phase.BAKE, full("00043"))
    writes = [event.progress.write for event in release.events if event.progress and event.progress.write]
    assert [write.answer for write in writes] == [Answer.NONE, Answer.ACCEPTED] * 2
    cloud = Cloud()
    cloud.step(cloud.until(new_rollout(release.plan, NOW), 2))
    choice = recovery_options(release, cloud.see(rollout_of(release)), cloud.now)
    assert isinstance(choice.resume, RecoveryOption), choice.resume
    end = cloud.run(choice.resume.rollout)
    assert end.state is ReleaseState.SUCCEEDED
    await journal.append(release.id, ReleaseEvent(cloud.now, end.state, end.outcome, progress=end.rollout.progress))
    await journal.finish(replace(release, state=end.state, ended_at=cloud.now, outcome=end.outcome))
    assert await journal.verify_chain() == 13
    found = await journal.release(release.id)
    assert found
    assert (found.state, found.plan) == (ReleaseState.SUCCEEDED, release.plan)
