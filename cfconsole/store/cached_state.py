"""The last known state as bytes, to be read within the time of a first frame."""

from zlib import crc32

import msgspec

from cfconsole.domain.fleet.reads import CachedState

VERSION = 1
"""Grows when a field keeps its name and type and changes its meaning; other changes of the fields are noticed."""


class _CacheFile(msgspec.Struct, frozen=True, array_like=True):
    """What a file holds."""

    version: int
    fields: int
    """Checksum of all field names and types in the body."""
    scope: str
    checksum: int
    """Of the body; what a power cut left of it is not taken for a state."""
    body: bytes


def state_to_bytes(scope: str, cached: CachedState) -> bytes:
    body = msgspec.msgpack.encode(cached)
    return msgspec.msgpack.encode(_CacheFile(VERSION, fields_of(CachedState), scope, crc32(body), body))


def state_from_bytes(scope: str, content: bytes) -> CachedState | None:
    """`None` where it can't be used. Takes about a millisecond for 200 services."""
    try:
        file = msgspec.msgpack.decode(content, type=_CacheFile)
        usable = file == _CacheFile(VERSION, fields_of(CachedState), scope, crc32(file.body), file.body)
        return msgspec.msgpack.decode(file.body, type=CachedState) if usable else None
    except (ValueError, msgspec.MsgspecError):
        return None


def fields_of(kind: type) -> int:
    """Stands for all field names, types and defaults in a type, deeply, and is the same in every process."""
    return crc32(repr(msgspec.inspect.type_info(kind)).encode())
