"""Throttles that keep calls below the quotas, and pause when a quota is used up all the same."""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from asyncio_throttle.throttler import Throttler

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.gcp.connection.options import RateLimit

FIRST_PAUSE_S = 5.0
MAX_PAUSE_S = 60.0
"""Quotas are counted per minute, so longer pauses gain nothing."""


class _Throttler(Protocol):
    def acquire(self) -> Awaitable[None]: ...


class Throttle:
    """The throttle of one lane: calls to an API that share a limit.

    A call waits while the lane is full, and fails while the lane pauses after a used-up quota.
    """

    def __init__(self, limits: Sequence[RateLimit], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._throttlers: list[_Throttler] = [
            Throttler(limit.calls, limit.period_s, _wake_every_s(limit)) for limit in limits
        ]
        self._monotonic = monotonic
        self._resumes_at = 0.0
        self._pause_s = FIRST_PAUSE_S
        self._refusal: CloudError | None = None

    async def acquire(self) -> None:
        """Returns when a call may be made. Raises the last quota error while the lane pauses because of it."""
        if self._refusal is not None and self._monotonic() < self._resumes_at:
            raise _still_paused(self._refusal, self._resumes_at - self._monotonic())
        for throttler in self._throttlers:
            await throttler.acquire()

    def note_success(self) -> None:
        self._pause_s = FIRST_PAUSE_S
        self._refusal = None

    def note_failure(self, error: CloudError) -> None:
        """Pauses the lane if a quota is used up, for longer each time; jitter keeps several consoles apart."""
        if error.kind is not ErrorKind.QUOTA:
            return
        self._refusal = error
        self._resumes_at = self._monotonic() + self._pause_s * random.uniform(0.8, 1.2)
        self._pause_s = min(self._pause_s * 2, MAX_PAUSE_S)


class Lanes:
    """One throttle for each key (a project, a region), all with the same limits."""

    def __init__(self, limits: Sequence[RateLimit], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._monotonic = monotonic
        self._throttles: dict[tuple[str, ...], Throttle] = {}

    def lane(self, *key: str) -> Throttle:
        if key not in self._throttles:
            self._throttles[key] = Throttle(self._limits, self._monotonic)
        return self._throttles[key]


def _wake_every_s(limit: RateLimit) -> float:
    """How often a waiting call checks again: half the average time between calls, so that waiting costs little."""
    return min(max(limit.period_s / limit.calls / 2, 0.02), 1.0)


def _still_paused(refusal: CloudError, left_s: float) -> CloudError:
    sentence = f"{refusal.sentence} Next try in {max(1, round(left_s))} s."
    return CloudError(
        refusal.kind, sentence, api=refusal.api, code=refusal.code, detail=refusal.detail, quota=refusal.quota
    )
