"""The journal as the session uses it: records read back, killed processes, and processes that share a file."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from cfconsole.domain.errors import JournalError
from cfconsole.domain.releases.model import Difference, Release, ReleaseEvent, ReleaseState
from cfconsole.store.releases.journal import Journal
from tests.builders import NOW, ORDERS, key, plan, release

RUNNING = ReleaseEvent(NOW, ReleaseState.RUNNING, "writing", "operations/1")
VERIFYING = ReleaseEvent(NOW, ReleaseState.VERIFYING, "00041 serves")
PLANNED = release(state=ReleaseState.PLANNED, ended_at=None, outcome="", generation_after=0)

BEGIN_AND_DIE = """
import asyncio, os, signal, sys
from pathlib import Path
from cfconsole.store.releases.journal import Journal
from tests.store.releases.test_journal import PLANNED, RUNNING

async def main():
    journal = Journal(Path(sys.argv[1]))
    await journal.begin(PLANNED)
    await journal.append(PLANNED.id, RUNNING)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""

BEGIN_MANY = """
import asyncio, sys
from pathlib import Path
from msgspec.structs import replace
from cfconsole.store.releases.journal import Journal
from tests.store.releases.test_journal import PLANNED, RUNNING

async def main():
    journal = Journal(Path(sys.argv[1]), lock_wait_s=30)
    for number in range(20):
        begun = replace(PLANNED, id=f"{sys.argv[2]}-{number}")
        await journal.begin(begun)
        await journal.append(begun.id, RUNNING)
    await journal.aclose()

asyncio.run(main())
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.sqlite"


@pytest.fixture
async def journal(file: Path) -> AsyncIterator[Journal]:
    journal = Journal(file)
    yield journal
    await journal.aclose()


def child(code: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", code, *arguments])


def put(file: Path, content: bytes, mode: int = 0o600) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)
    file.chmod(mode)


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}


def ended_well() -> Release:
    """A release with something in every field."""
    rich = plan(differences=(Difference("image", "…ab", "…cd"),), warnings=("LATEST moves",), must_name="00041")
    return release(rich, events=(RUNNING, VERIFYING, ReleaseEvent(NOW, ReleaseState.SUCCEEDED, "5xx fell")))


async def test_a_release_comes_back_as_it_went_in(journal: Journal) -> None:
    ended = ended_well()
    await journal.begin(PLANNED)
    await journal.append(PLANNED.id, RUNNING)
    await journal.append(PLANNED.id, VERIFYING)
    await journal.finish(ended)
    assert await journal.releases() == (ended,)
    assert await journal.releases(ORDERS) == (ended,)
    assert await journal.releases(key("billing")) == ()
    assert await journal.verify_chain() == 4


async def test_a_running_release_has_the_state_of_its_events(journal: Journal) -> None:
    shown_before = replace(PLANNED, events=(ReleaseEvent(NOW, ReleaseState.PLANNED, "approved"),))
    await journal.begin(shown_before)
    assert await journal.releases() == (shown_before,)
    await journal.append(PLANNED.id, RUNNING)
    (found,) = await journal.releases()
    assert found.state is ReleaseState.RUNNING
    assert found.events == (*shown_before.events, RUNNING)


async def test_the_newest_come_first_up_to_the_limit(journal: Journal) -> None:
    for minutes in (3, 1, 2):
        began = replace(PLANNED, id=f"{minutes}-minutes-ago", started_at=NOW - timedelta(minutes=minutes))
        await journal.begin(began)
    assert [found.id for found in await journal.releases(limit=2)] == ["1-minutes-ago", "2-minutes-ago"]
    assert await journal.releases(limit=0) == ()


async def test_two_releases_of_one_moment_are_ordered_by_when_they_were_written(journal: Journal) -> None:
    await journal.begin(replace(PLANNED, id="b"))
    await journal.begin(replace(PLANNED, id="a"))
    assert [found.id for found in await journal.releases()] == ["a", "b"]


async def test_an_empty_journal_is_whole(journal: Journal) -> None:
    assert await journal.releases() == ()
    assert await journal.verify_chain() == 0


async def test_nothing_is_opened_before_it_is_needed(file: Path) -> None:
    await Journal(file).aclose()
    assert not file.parent.exists()


async def test_only_the_owner_may_read_it(journal: Journal, file: Path) -> None:
    await journal.begin(PLANNED)
    found = modes(file.parent)
    assert found.pop("state") == 0o700
    assert found.pop("carried") == 0o700
    assert "journal.sqlite-wal" in found
    assert set(found.values()) == {0o600}


async def test_a_file_that_others_could_read_is_closed_to_them(journal: Journal, file: Path) -> None:
    put(file, b"", 0o644)
    await journal.begin(PLANNED)
    assert modes(file.parent)["journal.sqlite"] == 0o600


async def test_a_killed_process_leaves_what_it_committed(journal: Journal, file: Path) -> None:
    with child(BEGIN_AND_DIE, str(file)) as killed:
        assert await asyncio.to_thread(killed.wait) == -signal.SIGKILL
    (found,) = await journal.releases()
    assert found == replace(PLANNED, state=ReleaseState.RUNNING, events=(RUNNING,))
    await journal.finish(ended_well())
    assert await journal.verify_chain() == 3


async def test_two_journals_see_what_the_other_wrote(journal: Journal, file: Path) -> None:
    other = Journal(file)
    await journal.begin(PLANNED)
    await other.append(PLANNED.id, RUNNING)
    await journal.append(PLANNED.id, VERIFYING)
    assert await other.releases() == await journal.releases()
    assert await other.verify_chain() == 3
    await other.aclose()


async def test_processes_that_open_and_write_at_once_build_one_chain(journal: Journal, file: Path) -> None:
    writers = [child(BEGIN_MANY, str(file), name) for name in ("a", "b", "c")]
    assert [await asyncio.to_thread(writer.wait) for writer in writers] == [0, 0, 0]
    assert await journal.verify_chain() == 120
    assert len(await journal.releases()) == 60


async def test_a_journal_that_was_moved_away_is_started_again(journal: Journal, file: Path) -> None:
    await journal.begin(PLANNED)
    os.rename(file.parent, file.parent.with_name("kept"))
    await journal.begin(PLANNED)
    assert modes(file.parent)["journal.sqlite"] == 0o600
    assert await journal.verify_chain() == 1


async def test_a_closed_journal_is_an_error(journal: Journal) -> None:
    await journal.begin(PLANNED)
    await journal.aclose()
    await journal.aclose()
    with pytest.raises(JournalError, match="is already closed"):
        await journal.releases()
