"""Errors of cloud calls and of the journal, with sentences an operator can act on."""

from __future__ import annotations

from enum import StrEnum


class ErrorKind(StrEnum):
    """What a failed call means for the console, whatever its status code."""

    CREDENTIALS = "credentials"
    """Missing or expired; nothing will work until the operator logs in again."""
    DENIED = "denied"
    """The caller lacks a permission; whether the data exist is unknown."""
    DISABLED = "disabled"
    """The API is disabled in the project."""
    NOT_FOUND = "not-found"
    CONFLICT = "conflict"
    """Somebody else changed the resource since it was read."""
    INVALID = "invalid"
    """The request itself is wrong: a filter, a name, a mask."""
    QUOTA = "quota"
    UNAVAILABLE = "unavailable"
    """The API or the network is down; trying later may help."""
    TIMEOUT = "timeout"
    """No answer in time. A write may or may not have been applied."""
    UNSUPPORTED = "unsupported"
    ENDED = "ended"
    """A stream reached its maximum duration."""
    INTERNAL = "internal"


OUTCOME_UNKNOWN = frozenset({ErrorKind.TIMEOUT, ErrorKind.UNAVAILABLE, ErrorKind.INTERNAL})
"""After one of these a write may have been applied: read the service back, never resend."""


class CloudError(Exception):
    """A failed call to a cloud API.

    `sentence` tells the operator what happened and what to do; `detail` is the API's own text. Both
    are already safe to show. `quota` names the limit that was hit, where the API says which.
    """

    def __init__(
        self, kind: ErrorKind, sentence: str, *, api: str = "", code: str = "", detail: str = "", quota: str = ""
    ) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.sentence = sentence
        self.api = api
        self.code = code
        self.detail = detail
        self.quota = quota


class JournalError(Exception):
    """The journal could not be read or written; the text is a sentence for the operator."""
