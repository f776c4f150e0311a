"""Statistics of the live log: entries per second, delay, and lost entries."""

from __future__ import annotations

from collections import deque
from math import floor

from cfconsole.domain.logs.entries import TailBatch
from cfconsole.domain.logs.times import NS

_LAG_VALID_S = 30.0


class LogStats:
    """Counts batches of a tail. Times are seconds since the epoch on the operator's clock."""

    __slots__ = ("_behind", "_behind_at", "_counts", "_started", "_window", "lost")

    def __init__(self, window_s: int = 5) -> None:
        self._window = window_s
        self._counts: deque[tuple[int, int]] = deque()
        self._started: float | None = None
        self._behind: float | None = None
        self._behind_at = 0.0
        self.lost = 0
        """How many entries are missing at least."""

    def count_batch(self, now_s: float, batch: TailBatch) -> None:
        """Counts one response of the tail that arrived at `now_s`."""
        if self._started is None or now_s < self._started:
            self._started = now_s
        self.lost += sum(suppressed.at_least for suppressed in batch.suppressed)
        if not batch.entries:
            return
        self._count(floor(now_s), len(batch.entries))
        self._behind = max(0.0, now_s - batch.entries[-1].timestamp_ns / NS)
        self._behind_at = now_s

    def count_lost(self, at_least: int) -> None:
        """Counts entries that could not be recovered after a break."""
        self.lost += at_least

    def rate(self, now_s: float) -> float:
        """Entries per second over the window, or since the start if that is shorter (but at least a second)."""
        if self._started is None:
            return 0.0
        since = now_s - self._window
        # The oldest second is only partly in the window.
        counted = sum(count * min(1.0, second + 1 - since) for second, count in self._counts if since < second + 1)
        return counted / max(1.0, min(float(self._window), now_s - self._started))

    def behind_s(self, now_s: float) -> float | None:
        """How old the newest entry was on arrival; `None` if none arrived lately, because silence is not delay."""
        return self._behind if abs(now_s - self._behind_at) <= _LAG_VALID_S else None

    def _count(self, second: int, entries: int) -> None:
        counts = self._counts
        if counts and counts[-1][0] >= second:
            entries += sum(count for late, count in counts if late == second)
            # The clock was set back: counts of the future are dropped.
            while counts and counts[-1][0] >= second:
                counts.pop()
        counts.append((second, entries))
        while counts[0][0] < second - self._window:
            counts.popleft()
