"""The locks of releases, which the kernel releases when a process ends: who runs one, and who watches it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterable
from pathlib import Path

from cfconsole.store.lease import Lease, is_held

_TRIES = 3
_PAUSE_S = 0.01


class Claims:
    """The leases of the processes that run releases: those of this process, and whether another one holds one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._leases: dict[str, Lease] = {}

    def take(self, release_id: str) -> bool:
        """Claims a release for this process, and returns whether it succeeded. Raises `OSError`."""
        for _ in range(_TRIES):
            lease = Lease.take(self._file(release_id))
            if lease is not None:
                self._leases[release_id] = lease
                return True
            # A process that only checks the lease holds it for a moment, too.
            time.sleep(_PAUSE_S)
        return False

    def has(self, release_id: str) -> bool:
        return release_id in self._leases

    def give_back(self, release_id: str) -> None:
        lease = self._leases.pop(release_id, None)
        if lease:
            with contextlib.suppress(OSError):
                lease.file.unlink(missing_ok=True)  # A file without a lock has no meaning.
            lease.release()

    def claimed(self, release_ids: Iterable[str]) -> frozenset[str]:
        """Those that a running process has claimed, this one included."""
        return frozenset(one for one in release_ids if one in self._leases or self._claimed_elsewhere(one))

    def close(self) -> None:
        """Gives up all claims, as the end of the process does."""
        while self._leases:
            self._leases.popitem()[1].release()

    def _claimed_elsewhere(self, release_id: str) -> bool:
        file = self._file(release_id)
        return file.exists() and is_held(file)

    def _file(self, release_id: str) -> Path:
        return self._folder / f"{release_id}.lease"


class Watches:
    """The shared locks of the processes that watch a release. Every method raises `OSError`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptors: dict[str, int] = {}

    def watch(self, release_id: str) -> None:
        if release_id not in self._descriptors:
            descriptor = self._open(release_id)
            # A process that only checks the lock holds it for a moment, so this does not wait long.
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            self._descriptors[release_id] = descriptor

    def unwatch(self, release_id: str) -> None:
        descriptor = self._descriptors.pop(release_id, None)
        if descriptor is not None:
            os.close(descriptor)

    def is_watched(self, release_id: str) -> bool:
        """Whether any process watches the release now, this one included."""
        descriptor = self._open(release_id)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def forget(self, release_id: str) -> None:
        """Removes the lock file of a release that has ended."""
        self._file(release_id).unlink(missing_ok=True)

    def close(self) -> None:
        for release_id in tuple(self._descriptors):
            self.unwatch(release_id)

    def _open(self, release_id: str) -> int:
        file = self._file(release_id)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _file(self, release_id: str) -> Path:
        return self._folder / f"{release_id}.watched"
