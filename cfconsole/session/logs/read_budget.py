"""Limits one console's reads of the log to its share of the 60 per minute that a project has."""

from __future__ import annotations

from collections import deque

from cfconsole.session.ports import ClockPort

READS_PER_MINUTE = 10
BURST = 5
MINUTE_S = 60.0
MIN_WAIT_S = 0.01


class ReadBudget:
    """A token bucket of `BURST` reads that fills at `READS_PER_MINUTE`, and the count of the last minute."""

    def __init__(self, clock: ClockPort) -> None:
        self._clock = clock
        self._left = float(BURST)
        self._filled_at = clock.monotonic()
        self._taken: deque[float] = deque()

    def take(self) -> bool:
        """Whether a read may be made now; if so it counts as made."""
        self._fill()
        if self._left < 1.0:
            return False
        self._left -= 1.0
        self._taken.append(self._clock.monotonic())
        return True

    async def wait_and_take(self) -> None:
        """Returns once a read may be made; it counts as made."""
        while not self.take():
            # A wait below the clock's resolution would be none.
            await self._clock.sleep(max(MIN_WAIT_S, self.wait_s()))

    def wait_s(self) -> float:
        """Seconds until the next read may be made."""
        self._fill()
        return max(0.0, (1.0 - self._left) * MINUTE_S / READS_PER_MINUTE)

    def last_minute(self) -> int:
        """Reads made in the last 60 seconds."""
        since = self._clock.monotonic() - MINUTE_S
        while self._taken and self._taken[0] <= since:
            self._taken.popleft()
        return len(self._taken)

    def _fill(self) -> None:
        now = self._clock.monotonic()
        self._left = min(float(BURST), self._left + (now - self._filled_at) * READS_PER_MINUTE / MINUTE_S)
        self._filled_at = now
