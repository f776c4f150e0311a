"""Leases: locks on files, each with a note of its holder. A lease ends with the process that holds it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import msgspec


class Lease:
    """An exclusive lock on a file, which the kernel releases when its holder ends, however it ends."""

    def __init__(self, file: Path, descriptor: int) -> None:
        self.file = file
        self._descriptor = descriptor

    @classmethod
    def take(cls, file: Path) -> Lease | None:
        """The lease, or `None` where another process holds it. Raises `OSError` where the file can't be opened."""
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return None
            if _leads_to(file, descriptor):
                return cls(file, descriptor)
            # The last holder removed the file after it was opened here, so others would lock a new file of that name.
            os.close(descriptor)

    def read(self) -> Mapping[str, str]:
        """The note of the last holder; empty where there is none that can be read."""
        try:
            note = msgspec.json.decode(self.file.read_bytes() or b"{}")
        except (OSError, ValueError, msgspec.MsgspecError):
            return {}
        return {str(key): str(value) for key, value in note.items()} if isinstance(note, dict) else {}

    def write(self, note: Mapping[str, str]) -> None:
        """Writes a note for the next holder."""
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, msgspec.json.encode(note), 0)

    def release(self) -> None:
        os.close(self._descriptor)

    def __enter__(self) -> Lease:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def is_held(file: Path) -> bool:
    """Whether a process holds the lease on this file now."""
    lease = Lease.take(file)
    if lease is None:
        return True
    lease.release()
    return False


def _leads_to(file: Path, descriptor: int) -> bool:
    """Whether the path still leads to the file that was opened."""
    try:
        return os.path.samestat(file.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
