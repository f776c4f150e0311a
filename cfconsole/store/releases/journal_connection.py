"""The connection to the journal's file, whose errors become sentences: what happened, and what to do."""

from __future__ import annotations

import contextlib
import errno
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from cfconsole.domain.errors import JournalError
from cfconsole.store.encoding import UnreadableRecordError
from cfconsole.store.releases.journal_file import JournalFile

_Result = TypeVar("_Result")

_FULL = "The disk of the journal {file} is full; free some space and try again."
_LOCKED = "The journal {file} is locked by another process; wait for it or end it, then try again."
_READ_ONLY = "The journal {file} is read-only; check the permissions of the file and its folder."
_DAMAGED = "The journal {file} is damaged or not a journal; keep it as evidence and move it away to start a new one."
_CANT_OPEN = "The journal {file} can't be opened ({detail}); check the folder {folder} and its owner."
_CANT_WRITE = "The journal {file} can't be read or written ({detail}); check the disk and try again."
_UNREADABLE = (
    "The journal {file} can't read or write a record ({detail}); use the version of cfconsole that wrote it,"
    " or move the file away to start a new one."
)
_NOT_TAKEN = "The journal {file} rejected a record ({detail}); restart the console."

_BY_SQLITE_CODE = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_ERROR: _DAMAGED,
    sqlite3.SQLITE_CANTOPEN: _CANT_OPEN,
    sqlite3.SQLITE_IOERR: _CANT_WRITE,
    sqlite3.SQLITE_CONSTRAINT: _NOT_TAKEN,
}
_BY_ERRNO = {errno.ENOSPC: _FULL, errno.EDQUOT: _FULL, errno.EROFS: _READ_ONLY}

_PRIMARY_CODE = 0xFF
"""The mask of the primary code, the lowest byte of SQLite's extended result codes."""


class JournalConnection:
    """The journal's file, opened on first use and again after an error. To be used on one thread."""

    def __init__(self, file: Path, lock_wait_s: float) -> None:
        self._file = file
        self._lock_wait_s = lock_wait_s
        self._open_file: JournalFile | None = None

    def run(self, work: Callable[[JournalFile], _Result]) -> _Result:
        """The result of `work` on the open file. Raises `JournalError`."""
        try:
            with translate_journal_errors(self._file):
                return work(self._open())
        except JournalError:
            # The operator may repair or move the file, so the next call opens it again.
            self.close()
            raise

    def close(self) -> None:
        if self._open_file:
            self._open_file.close()
            self._open_file = None

    def _open(self) -> JournalFile:
        if self._open_file and self._open_file.moved_away:
            self.close()
        if self._open_file is None:
            self._open_file = JournalFile(self._file, self._lock_wait_s)
        return self._open_file


@contextlib.contextmanager
def translate_journal_errors(file: Path) -> Iterator[None]:
    """Turns the errors of SQLite, of the file system and of records into `JournalError`."""
    try:
        yield
    except sqlite3.Error as error:
        # Errors of the Python module itself have no code.
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_IOERR)
        raise _journal_error(_BY_SQLITE_CODE.get(code & _PRIMARY_CODE, _CANT_WRITE), file, str(error)) from error
    except OSError as error:
        raise _journal_error(_BY_ERRNO.get(error.errno or 0, _CANT_OPEN), file, error.strerror or str(error)) from error
    except (UnreadableRecordError, UnicodeError) as error:
        raise _journal_error(_UNREADABLE, file, str(error)) from error


def _journal_error(sentence: str, file: Path, detail: str) -> JournalError:
    return JournalError(sentence.format(file=file, folder=file.parent, detail=detail))
