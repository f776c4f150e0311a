"""The last known state as one file per scope, so that the next start has something to show before anything is read.

A cache is never needed: one that can't be read counts as none, and one that can't be written disturbs nobody.
"""

import asyncio
import contextlib
import os
import re
import tempfile
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import msgspec

from cfconsole.domain.reads import Cached
from cfconsole.store.encoding import fields_of

VERSION = 1
"""Grows when a field keeps its name and type and changes its meaning; other changes of the fields are noticed."""

_NAME_CHARACTERS = 60


class _Kept(NamedTuple):
    """What a file holds. The body is written without field names, to be read within the time of a first frame."""

    version: int
    fields: int
    """Checksum of all field names and types in the body."""
    scope: str
    checksum: int
    """Of the body; what a power cut left of it is not taken for a state."""
    body: bytes


class StateCache:
    """Caches in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, scope: str) -> Cached | None:
        """`None` where there is none or it can't be used. Takes about a millisecond for 200 services."""
        try:
            kept = msgspec.msgpack.decode(self._file(scope).read_bytes(), type=_Kept)
            usable = kept[:4] == (VERSION, _fields(), scope, crc32(kept.body))
            return msgspec.msgpack.decode(kept.body, type=Cached) if usable else None
        except (OSError, ValueError, msgspec.MsgspecError):
            return None

    async def save(self, scope: str, cached: Cached) -> None:
        """Replaces the file as a whole. On a full disk there is no cache, which is no reason to disturb anybody."""
        with contextlib.suppress(OSError):
            await asyncio.to_thread(self._save, scope, cached)

    def _save(self, scope: str, cached: Cached) -> None:
        body = msgspec.msgpack.encode(cached)
        content = msgspec.msgpack.encode(_Kept(VERSION, _fields(), scope, crc32(body), body))
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


def _fields() -> int:
    return crc32(fields_of(Cached).encode())
