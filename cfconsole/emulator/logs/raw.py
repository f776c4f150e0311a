"""Raw protobuf messages of Cloud Logging, about ten times faster to read than the client library's wrappers."""

from __future__ import annotations

from typing import Any, TypeAlias

from google.cloud.audit import audit_log_pb2
from google.cloud.logging_v2.types import LogEntry

RawEntry: TypeAlias = Any
"""A `google.logging.v2.LogEntry` of the protobuf runtime, which has no type stubs for it."""

new_entry: Any = LogEntry.pb()
AUDIT_LOG = audit_log_pb2.AuditLog
"""Imported because unpacking audit payloads needs the type to be registered."""

GIGA = 1_000_000_000
LENGTH_DELIMITED = 2


def nanoseconds(stamp: Any) -> int:
    """A protobuf Timestamp or Duration in nanoseconds."""
    return int(stamp.seconds) * GIGA + int(stamp.nanos)


def set_nanoseconds(stamp: Any, value: int) -> None:
    """Sets a protobuf Timestamp to nanoseconds since the epoch."""
    stamp.seconds, stamp.nanos = divmod(value, GIGA)


def embedded(field: int, message: bytes) -> bytes:
    """`message`, in wire format, as the length-delimited field `field` of an enclosing message."""
    return _varint(field << 3 | LENGTH_DELIMITED) + _varint(len(message)) + message


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)
