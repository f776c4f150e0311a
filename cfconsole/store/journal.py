"""The append-only record of releases in SQLite. All of it happens on one thread; a write returns when it is on disk.

Every event carries the hash of the one before, so a record that was changed or cut out afterwards shows.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import msgspec

from cfconsole.domain.journal_error import JournalError
from cfconsole.domain.releases import Release, ReleaseEvent
from cfconsole.domain.services import ServiceKey

SCHEMA = 1
LOCK_WAIT_S = 5.0
FIRST_HASH = "0" * 64

_TABLES = """
CREATE TABLE IF NOT EXISTS releases (
    id TEXT PRIMARY KEY, service TEXT NOT NULL, started_at TEXT NOT NULL, state TEXT NOT NULL, body BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS newest ON releases (started_at);
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY, release_id TEXT NOT NULL, kind TEXT NOT NULL, body BLOB NOT NULL,
    before TEXT NOT NULL, hash TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS of_release ON events (release_id);
"""

T = TypeVar("T")


class Journal:
    """One file, opened at the first use. Raises `JournalError` when something could not be kept or given."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        self._database: sqlite3.Connection | None = None

    async def begin(self, release: Release) -> None:
        """Returns only when the intent is on disk."""
        await self._do(partial(self._begin, release))

    async def append(self, release_id: str, event: ReleaseEvent) -> None:
        await self._do(partial(self._append, release_id, event))

    async def finish(self, release: Release) -> None:
        await self._do(partial(self._finish, release))

    async def releases(self, service: ServiceKey | None = None, limit: int = 100) -> tuple[Release, ...]:
        """Newest first. One that never ended keeps the state of its last event."""
        return await self._do(partial(self._releases, service, limit))

    async def verify_chain(self) -> int | None:
        """The number of the first event that is not what was written, `None` if all are."""
        return await self._do(self._broken_event)

    async def aclose(self) -> None:
        """Closes the file; the journal can't be used afterwards."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()

    async def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._guarded, work)

    def _guarded(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            if self._database is None:
                self._database = _opened(self._file)
            return work(self._database)
        except (sqlite3.Error, OSError) as error:
            raise JournalError(_sentence(error, self._file)) from error
        except msgspec.MsgspecError as error:
            sentence = f"The journal {self._file} holds a record this version can't read; move the file away to go on"
            raise JournalError(sentence) from error

    def _begin(self, release: Release, database: sqlite3.Connection) -> None:
        body = msgspec.json.encode(release)
        with _Transaction(database):
            database.execute(
                "INSERT INTO releases VALUES (?, ?, ?, ?, ?)",
                (release.id, str(release.plan.service), release.started_at.isoformat(), release.state.value, body),
            )
            _chain(database, release.id, "begin", body)

    def _append(self, release_id: str, event: ReleaseEvent, database: sqlite3.Connection) -> None:
        with _Transaction(database):
            _chain(database, release_id, "event", msgspec.json.encode(event))
            database.execute("UPDATE releases SET state = ? WHERE id = ?", (event.state.value, release_id))

    def _finish(self, release: Release, database: sqlite3.Connection) -> None:
        body = msgspec.json.encode(release)
        with _Transaction(database):
            _chain(database, release.id, "end", body)
            database.execute(
                "UPDATE releases SET state = ?, body = ? WHERE id = ?", (release.state.value, body, release.id)
            )

    def _releases(self, service: ServiceKey | None, limit: int, database: sqlite3.Connection) -> tuple[Release, ...]:
        where, values = ("WHERE service = ?", (str(service),)) if service else ("", ())
        rows = database.execute(
            f"SELECT id, body FROM releases {where} ORDER BY started_at DESC, id DESC LIMIT ?", (*values, limit)
        )
        return tuple(self._with_events(database, name, body) for name, body in rows.fetchall())

    def _with_events(self, database: sqlite3.Connection, release_id: str, body: bytes) -> Release:
        release = msgspec.json.decode(body, type=Release)
        if release.ended_at:
            return release
        rows = database.execute(
            "SELECT body FROM events WHERE release_id = ? AND kind = 'event' ORDER BY number", (release_id,)
        )
        events = tuple(msgspec.json.decode(event, type=ReleaseEvent) for (event,) in rows.fetchall())
        state = events[-1].state if events else release.state
        return release._replace(state=state, events=(*release.events, *events))

    def _broken_event(self, database: sqlite3.Connection) -> int | None:
        before = FIRST_HASH
        rows = database.execute(
            "SELECT number, release_id, kind, CAST(body AS BLOB), before, hash FROM events ORDER BY number"
        )
        for expected, (number, release_id, kind, body, said_before, said) in enumerate(rows, start=1):
            before = _hash(before, release_id, kind, body) if said_before == before else ""
            if number != expected or said != before:
                return int(number)
        return None

    def _close(self) -> None:
        if self._database:
            self._database.close()
            self._database = None


class _Transaction:
    """Takes the write lock at once, so that two processes never build on the same last event."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def __enter__(self) -> None:
        self._database.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self._database.execute("COMMIT" if kind is None else "ROLLBACK")


def _opened(file: Path) -> sqlite3.Connection:
    """The database, made if need be, for its owner's eyes only. SQLite's own side files take over the file's mode."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    database = sqlite3.connect(file, timeout=LOCK_WAIT_S, isolation_level=None)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version == 0:
            database.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {SCHEMA}; COMMIT;")
        elif version != SCHEMA:
            raise sqlite3.DatabaseError(f"schema {version}")
    except BaseException:
        database.close()
        raise
    return database


def _chain(database: sqlite3.Connection, release_id: str, kind: str, body: bytes) -> None:
    row = database.execute("SELECT hash FROM events ORDER BY number DESC LIMIT 1").fetchone()
    before = row[0] if row else FIRST_HASH
    database.execute(
        "INSERT INTO events (release_id, kind, body, before, hash) VALUES (?, ?, ?, ?, ?)",
        (release_id, kind, body, before, _hash(before, release_id, kind, body)),
    )


def _hash(before: str, release_id: str, kind: str, body: bytes) -> str:
    return sha256(b"\n".join((before.encode(), release_id.encode(), kind.encode(), body))).hexdigest()


def _sentence(error: Exception, file: Path) -> str:
    said = str(error)
    if "locked" in said or "busy" in said:
        return f"The journal {file} is locked by another process; end it or try again"
    if "full" in said or getattr(error, "errno", None) == 28:
        return f"The disk is full, so the journal {file} can't be written; make room and try again"
    if isinstance(error, OSError) or "readonly" in said or "unable to open" in said:
        return f"The journal {file} can't be opened or written; check who owns it and its folder"
    if isinstance(error, sqlite3.DatabaseError) and ("malformed" in said or "not a database" in said):
        return f"The journal {file} is damaged; move it away to start a new one, and keep it for the record"
    if "schema" in said:
        return f"The journal {file} was written by another version of cfconsole; use that one or move the file away"
    return f"The journal {file} could not be used: {said}"
