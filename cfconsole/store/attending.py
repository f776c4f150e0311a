"""Who looks on at a release: any number of consoles, each with a lock that the kernel takes back at its death."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class Attending:
    """The locks of this process, and the question whether anybody has one. Raises `OSError`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptors: dict[str, int] = {}

    def look_on(self, release_id: str) -> None:
        if release_id not in self._descriptors:
            descriptor = self._opened(release_id)
            # Whoever only asks holds it for a moment, so this does not wait long.
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            self._descriptors[release_id] = descriptor

    def look_away(self, release_id: str) -> None:
        descriptor = self._descriptors.pop(release_id, None)
        if descriptor is not None:
            os.close(descriptor)

    def attended(self, release_id: str) -> bool:
        """Whether some process looks on now, this one included."""
        descriptor = self._opened(release_id)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def forget(self, release_id: str) -> None:
        """The release is over: nobody has to look on."""
        self._file(release_id).unlink(missing_ok=True)

    def close(self) -> None:
        for release_id in tuple(self._descriptors):
            self.look_away(release_id)

    def _opened(self, release_id: str) -> int:
        file = self._file(release_id)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _file(self, release_id: str) -> Path:
        return self._folder / f"{release_id}.watched"
