"""Releases that one process runs while others watch: claims, progress and commands."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from cfconsole.domain.errors import JournalError
from cfconsole.domain.releases.model import Evidence, ReleaseEvent, ReleaseState, Verdict
from cfconsole.domain.releases.rollout.progress import CommandRecord, ReleaseProgress
from cfconsole.domain.releases.rollout.step_judgement import EvidenceSource, Judgement
from cfconsole.domain.releases.rollout.values import Command
from cfconsole.store.encoding import decode, encode
from cfconsole.store.releases.journal import Journal
from tests.builders import NOW, release
from tests.store.releases.test_journal import PLANNED, RUNNING

CARRY = """
import asyncio, sys
from pathlib import Path
from cfconsole.store.releases.journal import Journal
from tests.store.releases.test_journal import PLANNED

async def main():
    await Journal(Path(sys.argv[1])).begin(PLANNED)
    print("begun", flush=True)
    input()

asyncio.run(main())
"""
ABORT = CommandRecord(Command.ABORT, "ops@shop.example", NOW)
CONTINUE = CommandRecord(Command.CONTINUE, "me@shop.example", NOW)
BAKING = ReleaseProgress(
    NOW,
    2,
    4,
    "canary 25 %",
    "50 s to go",
    50.0,
    judgement=Judgement(Verdict.HEALTHY, "healthy", NOW, EvidenceSource.REQUEST_LOG, candidate=Evidence(500, 1)),
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
async def journal(file: Path) -> AsyncIterator[Journal]:
    journal = Journal(file)
    yield journal
    await journal.aclose()


@pytest.fixture
async def other(file: Path) -> AsyncIterator[Journal]:
    """The journal of another console."""
    journal = Journal(file)
    yield journal
    await journal.aclose()


async def test_a_running_release_can_not_be_claimed(journal: Journal, other: Journal) -> None:
    await journal.begin(PLANNED)
    assert await other.claimed(["r-1", "r-unknown"]) == {"r-1"}
    assert await journal.claimed(["r-1"]) == {"r-1"}
    assert await other.claim("r-1") is None
    with pytest.raises(JournalError, match="carried out by another process"):
        await other.begin(PLANNED)


async def test_a_released_claim_can_be_taken_once(journal: Journal, other: Journal) -> None:
    await journal.begin(PLANNED)
    await journal.append("r-1", RUNNING)
    await journal.release_claim("r-1")
    assert await other.claimed(["r-1"]) == frozenset()
    assert await other.claim("r-1") == replace(PLANNED, state=ReleaseState.RUNNING, events=(RUNNING,))
    assert await journal.claim("r-1") is None


async def test_a_release_that_ended_or_was_released_leaves_no_file_behind(journal: Journal, tmp_path: Path) -> None:
    await journal.begin(PLANNED)
    await journal.begin(replace(PLANNED, id="r-2"))
    assert {file.name for file in (tmp_path / "carried").iterdir()} == {"r-1.lease", "r-2.lease"}
    await journal.release_claim("r-1")
    await journal.finish(release(id="r-2"))
    assert list((tmp_path / "carried").iterdir()) == []


async def test_an_ended_or_unknown_release_can_not_be_claimed(journal: Journal, other: Journal) -> None:
    await journal.begin(PLANNED)
    await journal.finish(release())
    assert await other.claim("r-1") is None
    assert await other.claim("../r-1") is None
    assert await other.claimed(["r-1"]) == frozenset()


def claiming(file: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", CARRY, str(file)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


async def test_the_kernel_releases_the_claims_of_a_killed_process(journal: Journal, file: Path) -> None:
    with claiming(file) as carrier:
        assert carrier.stdout is not None
        assert await asyncio.to_thread(carrier.stdout.readline) == b"begun\n"
        assert await journal.claimed(["r-1"]) == {"r-1"}
        os.kill(carrier.pid, signal.SIGKILL)
    assert await journal.claimed(["r-1"]) == frozenset()
    assert await journal.claim("r-1") == PLANNED


async def test_a_begin_that_failed_leaves_no_claim(journal: Journal, other: Journal) -> None:
    with pytest.raises(JournalError):
        await journal.begin(replace(PLANNED, actor="\udcff@host"))
    assert await other.claimed(["r-1"]) == frozenset()


def test_a_command_of_any_version_is_understood() -> None:
    kept = {"wish": "go-on", "actor": "me@shop.example", "at": NOW.isoformat()}
    assert decode(json.dumps(kept).encode(), CommandRecord) == CONTINUE
    written = json.loads(encode(CONTINUE))
    assert (written["wish"], written.keys()) == ("go-on", kept.keys())


async def test_commands_keep_their_order_and_are_in_the_chain(journal: Journal, other: Journal) -> None:
    await journal.begin(PLANNED)
    assert await journal.commands("r-1") == ()
    await other.add_command("r-1", CONTINUE)
    await other.add_command("r-1", ABORT)
    assert await journal.commands("r-1") == (CONTINUE, ABORT)
    assert await journal.verify_chain() == 3
    (found,) = await journal.releases()
    assert found == PLANNED, "a command is no step"
    with pytest.raises(JournalError, match="rejected a record"):
        await other.add_command("r-unknown", ABORT)


async def test_others_see_the_last_progress_until_the_end(journal: Journal, other: Journal) -> None:
    await journal.begin(PLANNED)
    await journal.show_progress("r-1", replace(BAKING, left_s=60.0))
    await journal.show_progress("r-1", BAKING)
    assert await other.progress_by_id() == {"r-1": BAKING}
    assert await journal.verify_chain() == 1
    await journal.finish(release())
    assert await other.progress_by_id() == {}


async def test_the_position_grows_with_every_record(journal: Journal, other: Journal) -> None:
    assert await other.position() == 0
    await journal.begin(PLANNED)
    assert await other.position() == 1
    await journal.append("r-1", ReleaseEvent(NOW, ReleaseState.RUNNING, "writing"))
    assert await other.position() == 2
    assert await other.release("r-1") == (await journal.releases())[0]
    assert await other.release("r-unknown") is None
