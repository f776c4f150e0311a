"""Domain values as JSON by field name and back, so that records stay readable when fields are added.

An unknown field is ignored; a missing one takes its default.
"""

from typing import TypeVar

import msgspec

T = TypeVar("T")


class UnreadableRecordError(ValueError):
    """A record can't be written or read."""


def encode(value: object) -> bytes:
    """The value as JSON. Raises `UnreadableRecordError` for text that is not valid Unicode."""
    try:
        return msgspec.json.encode(value)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise UnreadableRecordError(str(error)) from error


def decode(content: bytes, kind: type[T]) -> T:
    """The encoded value, with its types checked. Raises `UnreadableRecordError`."""
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise UnreadableRecordError(str(error)) from error
