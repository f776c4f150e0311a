"""Domain values as JSON by field name and back, so that records outlive fields that are added later.

A field that is unknown here is ignored; one that is missing takes its default.
"""

from typing import TypeVar

import msgspec

T = TypeVar("T")


class UnreadableRecordError(ValueError):
    """A record does not hold what it should."""


def encode(value: object) -> bytes:
    """The value as JSON. Raises `UnreadableRecordError` where a text in it is no Unicode."""
    try:
        return msgspec.json.encode(value)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise UnreadableRecordError(str(error)) from error


def decode(content: bytes, kind: type[T]) -> T:
    """The value that was encoded, types checked. Raises `UnreadableRecordError`."""
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise UnreadableRecordError(str(error)) from error
