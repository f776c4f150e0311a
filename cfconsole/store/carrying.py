"""Who carries a release out: a lease for each one under way, which the kernel takes back when its process dies."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable
from pathlib import Path

from cfconsole.store.lease import Lease, held

_TRIES = 3
_PAUSE_S = 0.01


class Carrying:
    """The leases that this process holds, and the question whether anybody holds one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._leases: dict[str, Lease] = {}

    def take(self, release_id: str) -> bool:
        """Whether the release is this process's now. Raises `OSError`."""
        for _ in range(_TRIES):
            lease = Lease.take(self._file(release_id))
            if lease is not None:
                self._leases[release_id] = lease
                return True
            # Who only asks whether somebody holds it does so for a moment, too.
            time.sleep(_PAUSE_S)
        return False

    def has(self, release_id: str) -> bool:
        return release_id in self._leases

    def give_back(self, release_id: str) -> None:
        lease = self._leases.pop(release_id, None)
        if lease:
            with contextlib.suppress(OSError):
                lease.file.unlink(missing_ok=True)  # A file without a holder means nothing.
            lease.release()

    def held(self, release_ids: Iterable[str]) -> frozenset[str]:
        """Those that a living process carries out, this one included."""
        return frozenset(one for one in release_ids if one in self._leases or self._held_elsewhere(one))

    def close(self) -> None:
        """Gives all back, as the end of the process would."""
        while self._leases:
            self._leases.popitem()[1].release()

    def _held_elsewhere(self, release_id: str) -> bool:
        file = self._file(release_id)
        return file.exists() and held(file)

    def _file(self, release_id: str) -> Path:
        return self._folder / f"{release_id}.lease"
