"""Pages of listings, with opaque tokens."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from cfconsole.emulator.errors import invalid_argument

Row = TypeVar("Row")
DEFAULT_SIZE = 100
MAX_SIZE = 1_000


def page_of(rows: Sequence[Row], page_size: int, page_token: str) -> tuple[Sequence[Row], str]:
    """The rows of one page and the token of the next, which is empty on the last page.

    A size of 0 means the default, and sizes above the maximum are reduced to it. A negative size or an invalid token
    is INVALID_ARGUMENT.
    """
    if page_size < 0:
        raise invalid_argument("page_size must not be negative.")
    start = _offset(page_token)
    end = start + min(page_size or DEFAULT_SIZE, MAX_SIZE)
    return rows[start:end], _token(end) if end < len(rows) else ""


def _token(offset: int) -> str:
    return base64.urlsafe_b64encode(f"offset:{offset}".encode()).decode()


def _offset(token: str) -> int:
    if not token:
        return 0
    try:
        label, _, number = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise invalid_argument("page_token is not valid.") from None
    if label != "offset" or not number.isdigit():
        raise invalid_argument("page_token is not valid.")
    return int(number)
