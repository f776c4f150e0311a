"""Detects a stream that is open but has stalled: it delivers nothing although there are entries."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.session.logs.tail_policy import FIRST_SILENCE_S, longer_silence
from cfconsole.session.ports import ClockPort


class SilenceDetector:
    """Watches one stream. `has_missed_entries` reads what a silent stream should have brought.

    While that read fails with a `CloudError`, silence proves nothing.
    """

    def __init__(self, clock: ClockPort, has_missed_entries: Callable[[], Awaitable[bool]]) -> None:
        self._clock = clock
        self._has_missed_entries = has_missed_entries
        self._received = asyncio.Event()
        self._received_at = clock.monotonic()

    @property
    def has_received(self) -> bool:
        """Whether anything came on this stream."""
        return self._received.is_set()

    def note_batch(self) -> None:
        """A batch came."""
        self._received.set()
        self._received_at = self._clock.monotonic()

    async def wait_for_first(self, seconds: float) -> None:
        """Waits for the first batch of this stream, at most so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with self._clock.timeout(seconds):
                await self._received.wait()

    async def wait_until_stalled(self) -> CloudError:
        """Returns once the stream has proved to be stalled."""
        silence_s, checked_at = FIRST_SILENCE_S, self._received_at
        while True:
            received_at = self._received_at
            due = max(received_at, checked_at) + silence_s
            await self._clock.sleep(max(0.0, due - self._clock.monotonic()))
            if self._received_at != received_at:
                silence_s = FIRST_SILENCE_S
            elif await self._is_stalled():
                return CloudError(ErrorKind.UNAVAILABLE, "The log stream went silent; reopening", api="Logging")
            else:
                silence_s, checked_at = longer_silence(silence_s), self._clock.monotonic()

    async def _is_stalled(self) -> bool:
        try:
            return await self._has_missed_entries()
        except CloudError:
            return False
