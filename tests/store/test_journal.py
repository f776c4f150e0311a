"""The journal on disk: what is kept, what a tampered record looks like, and what is said when it fails."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cfconsole.domain.journal_error import JournalError
from cfconsole.domain.releases import Release, ReleaseEvent, ReleaseState
from cfconsole.session.releasing import new_release
from cfconsole.store.journal import Journal
from tests.session.manual_clock import START
from tests.session.releases import ACTOR, approval_of
from tests.session.scripted import FakeCloud
from tests.session.shop import BILLING, ORDERS


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.sqlite"


@pytest.fixture
async def journal(file: Path) -> AsyncIterator[Journal]:
    journal = Journal(file)
    yield journal
    await journal.aclose()


def a_release() -> Release:
    return new_release(approval_of(FakeCloud()), ACTOR, START)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def inside(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def put(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True)
    file.write_bytes(content)


RUNNING = ReleaseEvent(START, ReleaseState.RUNNING, "writing", "operations/1")


async def test_a_release_comes_back_as_it_went_in(journal: Journal) -> None:
    release = a_release()
    await journal.begin(release)
    await journal.append(release.id, RUNNING)
    ended = release._replace(state=ReleaseState.SUCCEEDED, ended_at=START, outcome="done", events=(RUNNING,))
    await journal.finish(ended)
    assert await journal.releases() == (ended,)
    assert await journal.releases(ORDERS) == (ended,)
    assert await journal.releases(BILLING) == ()


async def test_what_a_killed_process_left_behind_can_be_read(journal: Journal, file: Path) -> None:
    release = a_release()
    await journal.begin(release)
    await journal.append(release.id, RUNNING)
    other = Journal(file)
    (found,) = await other.releases()
    await other.aclose()
    assert found.state is ReleaseState.RUNNING
    assert found.plan == release.plan
    assert found.events == (RUNNING,)


async def test_the_newest_come_first_and_no_more_than_asked_for(journal: Journal) -> None:
    for number in range(3):
        await journal.begin(a_release()._replace(id=f"release-{number}"))
    assert [release.id for release in await journal.releases(limit=2)] == ["release-2", "release-1"]


async def test_a_changed_record_breaks_the_chain(journal: Journal, file: Path) -> None:
    release = a_release()
    await journal.begin(release)
    await journal.append(release.id, RUNNING)
    await journal.finish(release)
    assert await journal.verify_chain() is None
    database = sqlite3.connect(file)
    database.execute("UPDATE events SET body = '{}' WHERE number = 2")
    database.commit()
    database.close()
    assert await journal.verify_chain() == 2


async def test_a_record_that_was_cut_out_breaks_the_chain(journal: Journal, file: Path) -> None:
    release = a_release()
    await journal.begin(release)
    await journal.append(release.id, RUNNING)
    await journal.finish(release)
    database = sqlite3.connect(file)
    database.execute("DELETE FROM events WHERE number = 2")
    database.commit()
    database.close()
    assert await journal.verify_chain() == 3


async def test_only_the_owner_may_read_it(journal: Journal, file: Path) -> None:
    await journal.begin(a_release())
    assert mode(file) == 0o600
    assert mode(file.parent) == 0o700
    assert {mode(side) for side in inside(file.parent)} == {0o600}


async def test_a_damaged_file_is_told_from_an_empty_one(journal: Journal, file: Path) -> None:
    put(file, b"this is not a database, and long enough to be looked at" * 100)
    with pytest.raises(JournalError, match="is damaged; move it away"):
        await journal.releases()


async def test_a_folder_that_can_not_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file, not a folder")
    journal = Journal(tmp_path / "state" / "journal.sqlite")
    with pytest.raises(JournalError, match="can't be opened or written"):
        await journal.begin(a_release())
    await journal.aclose()


async def test_a_journal_of_another_version_is_left_alone(journal: Journal, file: Path) -> None:
    await journal.releases()
    database = sqlite3.connect(file)
    database.execute("PRAGMA user_version = 99")
    database.commit()
    database.close()
    other = Journal(file)
    with pytest.raises(JournalError, match="another version"):
        await other.releases()
    await other.aclose()


async def test_an_unreadable_record_is_a_sentence(journal: Journal, file: Path) -> None:
    await journal.begin(a_release())
    database = sqlite3.connect(file)
    database.execute("UPDATE releases SET body = '{'")
    database.commit()
    database.close()
    with pytest.raises(JournalError, match="can't read"):
        await journal.releases()


async def test_a_record_that_is_begun_twice_is_refused(journal: Journal) -> None:
    release = a_release()
    await journal.begin(release)
    with pytest.raises(JournalError, match="could not be used"):
        await journal.begin(release)
    assert await journal.verify_chain() is None
