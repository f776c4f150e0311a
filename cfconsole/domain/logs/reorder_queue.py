"""A short queue that puts the rows of a live log in order of time and drops duplicates."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from heapq import heappop, heappush

from cfconsole.domain.logs.entries import LogEntry
from cfconsole.domain.logs.rows import Row, RowKey, row_key

HOLD_S = 1.0
"""How long a row waits for older ones that arrive later."""
MAX_KNOWN = 100_000
"""How many entries are recognised when they are read again; no break is read back further."""
MAX_HELD = 50_000


class ReorderQueue:
    """A mutable queue without clock or I/O. A row that arrives too late comes out nevertheless, out of order."""

    def __init__(self, hold_s: float = HOLD_S, max_known: int = MAX_KNOWN, max_held: int = MAX_HELD) -> None:
        self._hold_s = hold_s
        self._generation = max(1, max_known // 2)
        self._most_held = max_held
        self._rows: list[tuple[RowKey, int, Row]] = []
        self._count = 0
        self._arrivals: deque[tuple[float, RowKey]] = deque()
        """When rows arrived, with the newest key of each arrival."""
        # Two generations, because removing single entries from a set of this size costs more than keeping them.
        self._young: set[tuple[str, int, str]] = set()
        self._old: set[tuple[str, int, str]] = set()

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, rows: Iterable[Row], now_s: float) -> None:
        """Adds rows in any order; entries that were added before are dropped."""
        keys = [self._push(row) for row in rows if not (isinstance(row, LogEntry) and self.seen_before(row))]
        if keys:
            self._arrivals.append((now_s, max(keys)))

    def seen_before(self, entry: LogEntry) -> bool:
        """Whether an entry was added before; it counts as added from now on."""
        identity = entry.identity
        if identity in self._young or identity in self._old:
            return True
        self._young.add(identity)
        if len(self._young) >= self._generation:
            self._old, self._young = self._young, set()
        return False

    def due(self, now_s: float) -> list[Row]:
        """The rows that waited long enough, with all older ones, and the oldest rows beyond the limit."""
        newest: RowKey | None = None
        while self._arrivals and self._arrivals[0][0] + self._hold_s <= now_s:
            key = self._arrivals.popleft()[1]
            newest = key if newest is None else max(newest, key)
        out: list[Row] = []
        while self._rows and (len(self._rows) > self._most_held or (newest is not None and self._rows[0][0] <= newest)):
            out.append(heappop(self._rows)[2])
        return out

    def _push(self, row: Row) -> RowKey:
        key = row_key(row)
        self._count += 1
        heappush(self._rows, (key, self._count, row))
        return key
