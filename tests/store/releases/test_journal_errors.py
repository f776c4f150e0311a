"""The errors of a journal that can't be used, and the detection of changed records."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from cfconsole.domain.errors import JournalError
from cfconsole.store.releases.journal import Journal
from cfconsole.store.releases.journal_connection import translate_journal_errors
from cfconsole.store.releases.journal_file import JournalFile
from tests.builders import key, plan, release
from tests.store.releases.test_journal import PLANNED, RUNNING, put

BEGIN_WITHOUT_ROOM = """
import asyncio, resource, sys
from pathlib import Path
from msgspec.structs import replace
from cfconsole.domain.errors import JournalError
from cfconsole.store.releases.journal import Journal
from tests.store.releases.test_journal import PLANNED

async def main():
    journal = Journal(Path(sys.argv[1]))
    await journal.begin(PLANNED)
    resource.setrlimit(resource.RLIMIT_FSIZE, (70_000, 70_000))
    try:
        for number in range(100):
            await journal.begin(replace(PLANNED, id=f"r-{number}"))
    except JournalError as error:
        print(number, error)
    await journal.aclose()

asyncio.run(main())
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
async def journal(file: Path) -> AsyncIterator[Journal]:
    journal = Journal(file, lock_wait_s=0.05)
    yield journal
    await journal.aclose()


def content_of(file: Path) -> bytes:
    return file.read_bytes()


def by_hand(file: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as database:
        for statement in statements:
            database.execute(statement)


async def three_events(journal: Journal) -> None:
    await journal.begin(PLANNED)
    await journal.append(PLANNED.id, RUNNING)
    await journal.finish(release())


@pytest.mark.parametrize("table", ["events", "releases"])
@pytest.mark.parametrize("change", ["UPDATE {} SET rowid = 9", "DELETE FROM {}"])
async def test_nothing_is_changed_or_removed(journal: Journal, file: Path, table: str, change: str) -> None:
    await three_events(journal)
    with pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
        by_hand(file, change.format(table))
    assert await journal.verify_chain() == 3


@pytest.mark.parametrize(
    ("tampering", "event"),
    [
        ("UPDATE events SET body = '{}' WHERE number = 2", 2),
        ("UPDATE events SET kind = 'end' WHERE number = 2", 2),
        ("UPDATE events SET release_id = 'another' WHERE number = 1", 1),
        ("UPDATE events SET number = 4 WHERE number = 3", 3),
        ("DELETE FROM events WHERE number = 1", 1),
        ("DELETE FROM events WHERE number = 2", 2),
        ("DELETE FROM events WHERE number = 3", 3),
        ("DELETE FROM events", 1),
        ("INSERT INTO events VALUES (4, 'r-1', 'event', '{}', 'made', 'up')", 4),
        ("INSERT INTO releases VALUES ('made up', 'p/r/s', '2026')", 4),
    ],
)
async def test_a_chain_that_was_broken_by_hand_is_found(
    journal: Journal, file: Path, tampering: str, event: int
) -> None:
    await three_events(journal)
    by_hand(file, "DROP TRIGGER events_UPDATE", "DROP TRIGGER events_DELETE", tampering)
    with pytest.raises(JournalError, match=rf"was changed after it was written: event {event} "):
        await journal.verify_chain()


async def test_what_was_not_committed_was_never_there(journal: Journal, file: Path) -> None:
    await journal.begin(PLANNED)
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as cut_off:
        cut_off.execute("BEGIN IMMEDIATE")
        cut_off.execute("INSERT INTO events VALUES (2, 'r-1', 'event', '{}', '', '')")
    await journal.append(PLANNED.id, RUNNING)
    assert await journal.verify_chain() == 2


async def test_a_release_begins_once(journal: Journal) -> None:
    await journal.begin(PLANNED)
    with pytest.raises(JournalError, match="rejected a record"):
        await journal.begin(PLANNED)
    assert await journal.verify_chain() == 1


async def test_a_step_needs_its_release(journal: Journal) -> None:
    with pytest.raises(JournalError, match="rejected a record"):
        await journal.append("r-unknown", RUNNING)
    assert await journal.verify_chain() == 0


async def test_a_text_that_no_file_can_hold_is_refused_whole(journal: Journal) -> None:
    with pytest.raises(JournalError, match="can't read or write a record"):
        await journal.begin(replace(PLANNED, actor="\udcff@host"))
    with pytest.raises(JournalError, match="can't read or write a record"):
        await journal.begin(replace(PLANNED, plan=plan(service=key("\udcff"))))
    assert await journal.releases() == ()
    assert await journal.verify_chain() == 0


async def test_a_lock_held_too_long_is_a_sentence_and_then_forgotten(journal: Journal, file: Path) -> None:
    await journal.begin(PLANNED)
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert len(await journal.releases()) == 1
        with pytest.raises(JournalError, match="locked by another process; wait for it or end it"):
            await journal.append(PLANNED.id, RUNNING)
    await journal.append(PLANNED.id, RUNNING)
    assert await journal.verify_chain() == 2


def test_a_full_disk_is_a_sentence_and_leaves_the_chain_whole(file: Path) -> None:
    journal = JournalFile(file, lock_wait_s=1)
    journal.begin(PLANNED)
    journal._database.execute("PRAGMA max_page_count = 10")
    with pytest.raises(JournalError, match="is full; free some space"), translate_journal_errors(file):
        journal.begin(release(plan(why="x" * 50_000), id="r-2"))
    journal._database.execute("PRAGMA max_page_count = 10000")
    journal.append(PLANNED.id, RUNNING)
    assert journal.broken_at() == (2, 0)
    assert len(journal.releases(None, 9)) == 1
    journal.close()


async def test_a_write_that_the_system_refuses_keeps_what_was_written(journal: Journal, file: Path) -> None:
    command = [sys.executable, "-c", BEGIN_WITHOUT_ROOM, str(file)]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True)
    number, _, sentence = done.stdout.partition(" ")
    assert "can't be read or written (disk I/O error)" in sentence, done.stderr
    assert await journal.verify_chain() == 1 + int(number)


@pytest.mark.parametrize(
    "content",
    [b"this is not a database, and long enough to be looked at" * 100, b"SQLite format 3\0" + b"\xff" * 4096],
    ids=["text", "SQLite header"],
)
async def test_a_damaged_file_is_refused_and_left_alone(journal: Journal, file: Path, content: bytes) -> None:
    put(file, content)
    with pytest.raises(JournalError, match="is damaged or not a journal; keep it"):
        await journal.begin(PLANNED)
    assert content_of(file) == content


async def test_once_a_damaged_file_is_moved_away_the_journal_works(journal: Journal, file: Path) -> None:
    put(file, b"damaged" * 1000)
    with pytest.raises(JournalError):
        await journal.begin(PLANNED)
    os.rename(file, file.with_suffix(".kept"))
    await journal.begin(PLANNED)
    assert await journal.verify_chain() == 1


async def test_a_folder_that_can_not_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file, not a folder")
    journal = Journal(tmp_path / "state" / "journal.sqlite")
    with pytest.raises(JournalError, match=r"can't be opened .*; check the folder"):
        await journal.begin(PLANNED)
    await journal.aclose()


async def test_a_folder_in_place_of_the_file_is_a_sentence(journal: Journal, file: Path) -> None:
    os.mkdir(file)
    with pytest.raises(JournalError, match="can't be opened"):
        await journal.releases()


@pytest.mark.parametrize(("version", "age"), [(99, "a newer"), (1, "an older")])
async def test_a_journal_of_another_version_is_left_alone(journal: Journal, file: Path, version: int, age: str) -> None:
    by_hand(file, f"PRAGMA user_version = {version}")
    before = content_of(file)
    with pytest.raises(JournalError, match=f"was written by {age} version of cfconsole"):
        await journal.begin(PLANNED)
    assert content_of(file) == before


async def test_a_journal_without_the_newest_tables_gets_them_and_keeps_its_chain(journal: Journal, file: Path) -> None:
    await three_events(journal)
    await journal.aclose()
    by_hand(file, "DROP TABLE looks", "PRAGMA user_version = 2")
    grown = Journal(file)
    assert await grown.progress_by_id() == {}
    assert await grown.releases() == (release(),)
    assert await grown.verify_chain() == 3
    await grown.aclose()


async def test_an_unreadable_record_is_a_sentence(journal: Journal, file: Path) -> None:
    await journal.begin(PLANNED)
    by_hand(file, "DROP TRIGGER events_UPDATE", "UPDATE events SET body = CAST('{' AS BLOB)")
    with pytest.raises(JournalError, match="can't read or write a record"):
        await journal.releases()


async def test_a_release_without_a_beginning_is_a_sentence(journal: Journal, file: Path) -> None:
    await journal.begin(PLANNED)
    by_hand(file, "INSERT INTO releases VALUES ('made up', 'p/r/s', '2026')")
    with pytest.raises(JournalError, match="release made up has no beginning"):
        await journal.releases()
