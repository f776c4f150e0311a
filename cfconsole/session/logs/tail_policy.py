"""The next step when a tail has ended or can't be opened. Pure: it follows from the error and the failures before."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.logs.times import NS

MAX_PAUSE_S = 30.0
BROKEN_PAUSE_S = 60.0
POLL_AFTER_QUOTA_S = 60.0
"""Another client may close a tail session at any minute; Logging allows 10 per project."""
POLL_AFTER_UNSUPPORTED_S = 600.0
MIN_LIFETIME_S = 5.0
"""A tail that lasted this long has worked; its end is not another failure in a row."""


REFUSAL_WITHIN_S = 1.0
"""A refusal of a session arrives within this time."""
OVERLAP_READ_AFTER_S = 10.0
"""A session may take seconds until it delivers; on a quiet log only its age shows that it does."""
FIRST_SILENCE_S = 60.0
MAX_SILENCE_S = 600.0
LATE_S = 30
"""Entries may arrive this late with nothing wrong."""
MANY_ENTRIES = 1000
"""So many entries are never late at once."""


class TailMode(StrEnum):
    """How the entries of a project arrive, best first."""

    LIVE = "live"
    STARTING = "starting"
    POLLING = "polling"
    PAUSED = "paused"
    """No operator is there to read them."""
    BROKEN = "broken"


class TailStep(Struct, frozen=True):
    """The next step: pause, then open again, or poll for a while before that."""

    mode: TailMode
    pause_s: float = 0.0
    poll_s: float = 0.0
    failures: int = 0
    """Failures in a row, including this one."""
    sentence: str = ""


def next_tail_step(error: CloudError, failures: int, lived_s: float) -> TailStep:
    """`failures` in a row before this one; `lived_s` is how long the tail that ended was open."""
    failures = 1 if lived_s >= MIN_LIFETIME_S else failures + 1
    match error.kind:
        case ErrorKind.ENDED:
            # The hourly end is no error and is filled without a gap; only a tail that ends at once needs a pause.
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
    """Whether a silent stream has stalled: pages hold entries that it should have brought long ago.

    `read` are the moments of the entries in pages; `known_ns` is the newest known before.
    """
    missed = [moment for moment in read if moment > known_ns]
    return len(missed) >= MANY_ENTRIES or any(moment < now_ns - LATE_S * NS for moment in missed)


def longer_silence(silence_s: float) -> float:
    """How long a stream that proved to be merely quiet is left unchecked."""
    return min(MAX_SILENCE_S, silence_s * 2)


def _back_off(failures: int) -> float:
    return min(MAX_PAUSE_S, 2.0 ** min(failures - 1, 10))


def worst_step(modes: dict[str, TailStep]) -> TailStep | None:
    """The step of the tail that is worst off, among those of several projects."""
    order = list(TailMode)
    return max(modes.values(), key=lambda step: order.index(step.mode), default=None)
