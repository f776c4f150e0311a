"""The last known state, one file per scope, shown at the next start until the first reads arrive.

The cache is optional: a file that can't be read counts as missing, and an error while writing is ignored.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import tempfile
from pathlib import Path
from zlib import crc32

from cfconsole.domain.fleet.reads import CachedState
from cfconsole.store.cached_state import state_from_bytes, state_to_bytes

_NAME_CHARACTERS = 60


class StateCache:
    """The cached states in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, scope: str) -> CachedState | None:
        """The cached state of a scope; `None` where there is none or it can't be used."""
        try:
            content = self._file(scope).read_bytes()
        except OSError:
            return None
        return state_from_bytes(scope, content)

    async def save(self, scope: str, cached: CachedState) -> None:
        """Replaces the file as a whole. Errors, such as a full disk, are ignored."""
        with contextlib.suppress(OSError):
            await asyncio.to_thread(self._save, scope, cached)

    def _save(self, scope: str, cached: CachedState) -> None:
        content = state_to_bytes(scope, cached)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=self._folder, prefix=".state-")  # 0600 by itself
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, self._file(scope))
        except BaseException:
            os.unlink(name)
            raise

    def _file(self, scope: str) -> Path:
        readable = re.sub(r"[^A-Za-z0-9_.-]+", "-", scope)[:_NAME_CHARACTERS]
        return self._folder / f"state-{readable}-{crc32(scope.encode('utf-8', 'surrogatepass')):08x}.msgpack"
