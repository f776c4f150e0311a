"""The journal's SQLite file. Records are only ever added, each event with the hash of the one before.

All of it runs on one thread. It raises `sqlite3.Error`, `OSError` and `UnreadableRecordError`, and `JournalError` for a
file of another version.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from datetime import UTC
from hashlib import sha256
from pathlib import Path

from msgspec.structs import replace

from cfconsole.domain.errors import JournalError
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.releases.model import Release, ReleaseEvent
from cfconsole.domain.releases.rollout.progress import CommandRecord, ReleaseProgress
from cfconsole.store.encoding import UnreadableRecordError, decode, encode

SCHEMA = 3
_UPGRADABLE = (0, 2)
"""Formats that only lack tables: an empty file, and one without the table `looks`."""
FIRST_HASH = "0" * 64

_BUSY_PAUSE_S = 0.01
_TABLES = """
CREATE TABLE IF NOT EXISTS releases (
    id TEXT PRIMARY KEY, service TEXT NOT NULL, started_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS releases_by_start ON releases (started_at);
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY AUTOINCREMENT, release_id TEXT NOT NULL REFERENCES releases (id),
    kind TEXT NOT NULL, body BLOB NOT NULL, before TEXT NOT NULL, hash TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS events_by_release ON events (release_id, number);
CREATE TABLE IF NOT EXISTS looks (release_id TEXT PRIMARY KEY REFERENCES releases (id), body BLOB NOT NULL);
"""
_APPEND_ONLY = """
CREATE TRIGGER IF NOT EXISTS {table}_{change} BEFORE {change} ON {table}
BEGIN SELECT RAISE(ABORT, 'the journal is only ever added to'); END;
"""


class JournalFile:
    """An open journal, to be used only on the thread that opened it."""

    def __init__(self, file: Path, lock_wait_s: float) -> None:
        """Opens the file, or creates it so that only its owner can read it."""
        _make_private(file)
        self._database = sqlite3.connect(file, timeout=lock_wait_s, isolation_level=None)
        try:
            _prepare(self._database, file, lock_wait_s)
            self._inode = _inode(file)
        except BaseException:
            self._database.close()
            raise
        self._file = file

    @property
    def moved_away(self) -> bool:
        """Whether the path no longer leads to the open file, so that nobody would find what is written to it."""
        return _inode(self._file) != self._inode

    def begin(self, release: Release) -> None:
        started_at = release.started_at.astimezone(UTC).isoformat(timespec="microseconds")
        body = encode(release)
        with self._writing():
            self._database.execute(
                "INSERT INTO releases VALUES (?, ?, ?)", (release.id, str(release.plan.service), started_at)
            )
            self._add(release.id, "begin", body)

    def append(self, release_id: str, event: ReleaseEvent) -> None:
        body = encode(event)
        with self._writing():
            self._add(release_id, "event", body)

    def finish(self, release: Release) -> None:
        body = encode(release)
        with self._writing():
            self._add(release.id, "end", body)
            self._database.execute("DELETE FROM looks WHERE release_id = ?", (release.id,))

    def add_command(self, release_id: str, record: CommandRecord) -> None:
        body = encode(record)
        with self._writing():
            self._add(release_id, "wish", body)

    def commands(self, release_id: str) -> tuple[CommandRecord, ...]:
        rows = self._database.execute(
            "SELECT body FROM events WHERE release_id = ? AND kind = 'wish' ORDER BY number", (release_id,)
        )
        return tuple(decode(body, CommandRecord) for (body,) in rows.fetchall())

    def set_progress(self, release_id: str, progress: ReleaseProgress) -> None:
        body = encode(progress)
        with self._writing():
            self._database.execute("INSERT OR REPLACE INTO looks VALUES (?, ?)", (release_id, body))

    def progress_by_id(self) -> dict[str, ReleaseProgress]:
        rows = self._database.execute("SELECT release_id, body FROM looks").fetchall()
        return {release_id: decode(body, ReleaseProgress) for release_id, body in rows}

    def position(self) -> int:
        """The number of the newest event."""
        (number,) = self._database.execute("SELECT max(number) FROM events").fetchone()
        return number or 0

    def knows(self, release_id: str) -> bool:
        return self._database.execute("SELECT 1 FROM releases WHERE id = ?", (release_id,)).fetchone() is not None

    def release(self, release_id: str) -> Release | None:
        """A release, built from its events; one that never ended has the state of its last event."""
        rows = self._database.execute(
            "SELECT kind, body FROM events WHERE release_id = ? ORDER BY number", (release_id,)
        )
        return _release_of(rows.fetchall())

    def releases(self, service: ServiceKey | None, limit: int) -> tuple[Release, ...]:
        where, values = ("WHERE service = ?", (str(service),)) if service else ("", ())
        newest = f"SELECT id FROM releases {where} ORDER BY started_at DESC, rowid DESC LIMIT ?"
        names = self._database.execute(newest, (*values, max(limit, 0))).fetchall()
        return tuple(self._known(name) for (name,) in names)

    def broken_at(self) -> tuple[int, int]:
        """The number of events, and the number of the first one that was changed (0 for none)."""
        rows = self._database.execute("SELECT number, release_id, kind, body, before, hash FROM events ORDER BY number")
        before, expected = FIRST_HASH, 0
        for expected, (number, release_id, kind, body, stored_before, stored) in enumerate(rows, start=1):
            # A row that was edited by hand may hold values of any type.
            hashed = _hash(before, str(release_id), str(kind), body) if isinstance(body, bytes) else ""
            if (number, stored_before, stored) != (expected, before, hashed):
                return expected, expected
            before = hashed
        return expected, 0 if self._count_written() == expected and not self._releases_without_begin() else expected + 1

    def close(self) -> None:
        self._database.close()

    def _known(self, release_id: str) -> Release:
        release = self.release(release_id)
        if release is None:
            raise UnreadableRecordError(f"release {release_id} has no beginning")
        return release

    def _add(self, release_id: str, kind: str, body: bytes) -> None:
        last = self._database.execute("SELECT hash FROM events ORDER BY number DESC LIMIT 1").fetchone()
        before = last[0] if last else FIRST_HASH
        self._database.execute(
            "INSERT INTO events (release_id, kind, body, before, hash) VALUES (?, ?, ?, ?, ?)",
            (release_id, kind, body, before, _hash(before, release_id, kind, body)),
        )

    def _count_written(self) -> int:
        """How many events were ever written. SQLite counts them apart, so events removed at the end are noticed."""
        row = self._database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
        return int(row[0]) if row else 0

    def _releases_without_begin(self) -> int:
        """The number of releases without a `begin` event."""
        begun = "SELECT release_id FROM events WHERE kind = 'begin'"
        row = self._database.execute(f"SELECT count(*) FROM releases WHERE id NOT IN ({begun})").fetchone()
        return int(row[0])

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """A transaction. It takes the write lock at once, so that two processes never add to the same last event."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise


def _release_of(rows: Iterable[tuple[str, bytes]]) -> Release | None:
    release: Release | None = None
    for kind, body in rows:
        if kind in ("begin", "end"):
            release = decode(body, Release)
        elif kind == "event" and release:
            event = decode(body, ReleaseEvent)
            release = replace(release, state=event.state, events=(*release.events, event))
    return release


def _hash(before: str, release_id: str, kind: str, body: bytes) -> str:
    return sha256(b"\n".join((before.encode(), release_id.encode(), kind.encode(), body))).hexdigest()


def _make_private(file: Path) -> None:
    """Creates folder and file with modes for the owner alone; SQLite's side files get the mode of the file.

    An existing file is not opened, because closing it again would drop the locks of this process on it (POSIX).
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        if file.stat().st_mode & 0o077:
            file.chmod(0o600)
        return
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _prepare(database: sqlite3.Connection, file: Path, lock_wait_s: float) -> None:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version not in (*_UPGRADABLE, SCHEMA):
        age = "a newer" if version > SCHEMA else "an older"
        raise JournalError(
            f"The journal {file} was written by {age} version of cfconsole (format {version}, here {SCHEMA});"
            " use that version, or move the file away to start a new one."
        )
    _write_ahead(database, lock_wait_s)
    database.execute("PRAGMA synchronous = FULL")
    database.execute("PRAGMA foreign_keys = ON")
    if version != SCHEMA:
        refusals = "".join(
            _APPEND_ONLY.format(table=table, change=change)
            for table in ("releases", "events")
            for change in ("UPDATE", "DELETE")
        )
        database.executescript(f"BEGIN IMMEDIATE; {_TABLES} {refusals} PRAGMA user_version = {SCHEMA}; COMMIT;")


def _write_ahead(database: sqlite3.Connection, lock_wait_s: float) -> None:
    """Switches to WAL, and waits while another process that opens the same new file does so; SQLite itself does not."""
    deadline = time.monotonic() + lock_wait_s
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_BUSY_PAUSE_S)


def _inode(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino
