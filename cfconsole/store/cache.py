"""The last known state as one file per scope, so that the next start has something to show before anything is read.

A cache is never needed: one that can't be read counts as none.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import msgspec

from cfconsole.domain.cached import Cached

VERSION = 1
"""Grows whenever a kept value changes its shape; older files count as none."""


class _Header(NamedTuple):
    version: int
    body: bytes


class StateCache:
    """Caches in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, scope: str) -> Cached | None:
        """`None` where there is none or it can't be used."""
        try:
            header = msgspec.msgpack.decode(self._file(scope).read_bytes(), type=_Header)
            return msgspec.msgpack.decode(header.body, type=Cached) if header.version == VERSION else None
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return None

    async def save(self, scope: str, cached: Cached) -> None:
        """Replaces the file as a whole. On a full disk there is no cache, which is no reason to disturb anybody."""
        with contextlib.suppress(OSError):
            await asyncio.to_thread(self._save, scope, cached)

    def _save(self, scope: str, cached: Cached) -> None:
        content = msgspec.msgpack.encode(_Header(VERSION, msgspec.msgpack.encode(cached)))
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
        return self._folder / f"state-{quote(scope, safe='')}.msgpack"
