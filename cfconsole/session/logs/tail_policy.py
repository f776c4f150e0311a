"""What to do when a tail ends or can't be opened. Pure: from the error and the past to the next step."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.logs.times import NS

MAX_PAUSE_S = 30.0
BROKEN_PAUSE_S = 60.0
POLL_AFTER_QUOTA_S = 60.0
"""Somebody else may close a tail session any minute; Logging allows 10 per project."""
POLL_AFTER_UNSUPPORTED_S = 600.0
MIN_LIFETIME_S = 5.0
"""A tail that lived this long worked; its end is not one more failure in a row."""


REFUSAL_WITHIN_S = 1.0
"""A session that is refused is refused within this time."""
OVERLAP_READ_AFTER_S = 10.0
"""A session may take seconds until it really runs; a quiet one shows no sign of it but its age."""
FIRST_SILENCE_S = 60.0
MAX_SILENCE_S = 600.0
LATE_S = 30
"""Entries may come this late without anything being wrong."""
MANY_ENTRIES = 1000
"""So many are not late all at once."""


class TailMode(StrEnum):
    """How the entries of a project come, best first."""

    LIVE = "live"
    STARTING = "starting"
    POLLING = "polling"
    PAUSED = "paused"
    """Nobody is there to read them."""
    BROKEN = "broken"


class TailStep(Struct, frozen=True):
    """The next step: pause, then open again, or poll for a while before that."""

    mode: TailMode
    pause_s: float = 0.0
    poll_s: float = 0.0
    failures: int = 0
    """Failures in a row, this one included."""
    sentence: str = ""


def next_tail_step(error: CloudError, failures: int, lived_s: float) -> TailStep:
    """`failures` in a row before this one; `lived_s` is how long the tail that ended was open."""
    failures = 1 if lived_s >= MIN_LIFETIME_S else failures + 1
    match error.kind:
        case ErrorKind.ENDED:
            # The hourly end is no trouble and is filled without a gap; only a tail that ends at once has to be slowed.
            return TailStep(TailMode.STARTING, 0.0 if failures == 1 else _back_off(failures), failures=failures)
        case ErrorKind.QUOTA:
            return TailStep(TailMode.POLLING, 0.0, POLL_AFTER_QUOTA_S, failures, f"polling: {error.sentence}")
        case ErrorKind.UNSUPPORTED:
            return TailStep(TailMode.POLLING, 0.0, POLL_AFTER_UNSUPPORTED_S, failures, f"polling: {error.sentence}")
        case ErrorKind.DENIED | ErrorKind.DISABLED | ErrorKind.INVALID | ErrorKind.NOT_FOUND | ErrorKind.CREDENTIALS:
            return TailStep(TailMode.BROKEN, BROKEN_PAUSE_S, 0.0, failures, error.sentence)
        case _:
            return TailStep(TailMode.STARTING, _back_off(failures), 0.0, failures, f"reconnecting: {error.sentence}")


def is_stalled(known_ns: int, read: Sequence[int], now_ns: int) -> bool:
    """Whether a silent stream does not deliver: pages hold entries that it should have brought long ago.

    `read` are the moments of what pages hold; `known_ns` is the newest that was known before.
    """
    missed = [moment for moment in read if moment > known_ns]
    return len(missed) >= MANY_ENTRIES or any(moment < now_ns - LATE_S * NS for moment in missed)


def longer_silence(silence_s: float) -> float:
    """How long a stream that proved to be merely quiet is left alone."""
    return min(MAX_SILENCE_S, silence_s * 2)


def _back_off(failures: int) -> float:
    return min(MAX_PAUSE_S, 2.0 ** min(failures - 1, 10))


def worst_step(modes: dict[str, TailStep]) -> TailStep | None:
    """Of the tails of several projects the one that an operator must know about."""
    order = list(TailMode)
    return max(modes.values(), key=lambda step: order.index(step.mode), default=None)
