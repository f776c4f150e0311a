"""Stack traces that arrived as one entry a line, assembled so that they can be displayed and counted as one.

The entries themselves don't change. Lines belong together if one instance wrote them to one log, shortly after each
other, whatever other instances wrote in between and in whichever order they arrived.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from itertools import chain, islice

from msgspec.structs import replace

from cfconsole.domain.logs.entries import Gap, LogEntry, Severity
from cfconsole.domain.logs.rows import Row, RowKey, row_key
from cfconsole.domain.logs.stack_grammar import OPENINGS, LineKind, can_head_frames, following_kind, opening_kind
from cfconsole.domain.logs.times import NS

PAUSE_NS = NS
"""A line that follows the one before it later than this belongs to something else."""
SPAN_NS = 10 * NS
"""The longest time from the first line to the last."""
MAX_STACK_LINES = 500
LOOKBACK_ROWS = 200
"""How many rows are searched for the head of listed frames, because other instances write in between."""

_Writer = tuple[object, ...]
_StackPlace = tuple["SplitStack", RowKey]
"""The stack trace of a row, and the place of the row."""


class SplitStack:
    """The lines of one stack trace, oldest first; at first perhaps a single line."""

    __slots__ = ("_min_lines", "_readings", "closed", "headline_index", "key", "lines")

    def __init__(self, lines: list[LogEntry], reading: LineKind) -> None:
        self.lines = lines
        self.key = row_key(lines[0])
        self.closed: RowKey | None = None
        """The first line of the same source that does not belong to it."""
        self._min_lines = len(lines)
        self._readings = [reading] * len(lines)
        self.headline_index = 0
        """The line that says what happened: the last exception of Python, else the first line."""

    @property
    def is_whole(self) -> bool:
        """False once too few lines are left to recognise a stack trace."""
        return len(self.lines) >= self._min_lines

    @property
    def last(self) -> LogEntry:
        return self.lines[-1]

    @property
    def severity(self) -> int:
        """The highest severity of the lines, or ERROR if none has one, as in printed errors."""
        return max(line.severity for line in self.lines) or Severity.ERROR

    def whole(self) -> LogEntry:
        """The stack trace as one entry, identified by its first line."""
        first = self.lines[0]
        if len(self.lines) == 1:
            return first
        return replace(first, message="\n".join(line.message for line in self.lines), severity=self.severity)

    def append(self, line: LogEntry) -> bool:
        """Adds a line if it continues the stack trace; returns whether it does."""
        moment = line.timestamp_ns
        near = moment - self.last.timestamp_ns <= PAUSE_NS and moment - self.lines[0].timestamp_ns <= SPAN_NS
        reading = (
            following_kind(self._readings[-1], line.message) if near and len(self.lines) < MAX_STACK_LINES else None
        )
        if reading is None:
            return False
        self.lines.append(line)
        self._readings.append(reading)
        self._update_headline(len(self.lines) - 1)
        return True

    def reopen(self, key: RowKey) -> bool:
        """Forgets a closing line from that key on; returns whether a row there may continue the stack trace."""
        if self.closed and self.closed >= key:
            self.closed = None
        return self.closed is None and self.last.timestamp_ns >= key[0] - PAUSE_NS

    def cut(self, key: RowKey) -> list[LogEntry]:
        """Removes and returns the lines from that key on, except the first line."""
        at = max(1, bisect_left(self.lines, key, key=row_key))
        gone = self.lines[at:]
        del self.lines[at:], self._readings[at:]
        self.headline_index = 0
        for number in range(1, at):
            self._update_headline(number)
        return gone

    def _update_headline(self, number: int) -> None:
        if self._readings[number] is LineKind.RAISED and self._readings[number - 1] is LineKind.FRAMES:
            self.headline_index = number


class SplitStacks:
    """The stack traces of one log, without clock or I/O. Rows are added in order.

    After a late row it and all later rows are added again: `cut`, then `add_rows`.
    """

    def __init__(self) -> None:
        self._stacks: list[SplitStack] = []
        """In the order of their first lines."""
        self._lines: dict[RowKey, _StackPlace] = {}
        self._open: dict[_Writer, SplitStack] = {}
        """The last stack trace of each source, if it may continue."""
        self._last_row: RowKey | None = None
        """The last row that was read."""

    def of(self, row: Row) -> SplitStack | None:
        """The stack trace that a row is a line of."""
        line = self._lines.get(row_key(row)) if self._lines else None
        return line[0] if line else None

    def place(self, key: RowKey) -> RowKey:
        """The place of a row: a line stands after the first line of its stack trace, any other row where it is."""
        line = self._lines.get(key)
        return line[1] if line else key

    def since(self, key: RowKey) -> list[SplitStack]:
        """The stack traces that begin at that key or later."""
        return self._stacks[bisect_left(self._stacks, key, key=_key) :]

    def across(self, key: RowKey) -> list[SplitStack]:
        """The stack traces that begin before that key and have lines from it on."""
        return [stack for stack in self._before(key) if row_key(stack.last) >= key] if self._reaches(key) else []

    def cut(self, key: RowKey) -> list[SplitStack]:
        """Forgets the lines from that key on; returns the stack traces of which only a part is left."""
        if not self._reaches(key):
            return []
        begun = self.since(key)
        for stack in begun:
            self._forget(stack.lines)
        del self._stacks[len(self._stacks) - len(begun) :]
        parts = self.across(key)
        for stack in parts:
            self._forget(stack.cut(key))
            if not stack.is_whole:
                self._forget(stack.lines)
                self._stacks.remove(stack)
        self._open = {_source(stack.last): stack for stack in self._before(key) if stack.reopen(key)}
        return parts

    def add_rows(self, before: Sequence[Row], rows: Sequence[Row]) -> list[SplitStack]:
        """Reads rows that follow all others (`before` are the last of those). Returns each stack trace that grew."""
        grown: dict[RowKey, SplitStack] = {}
        self._last_row = row_key(rows[-1])
        self._close_before(rows[0].order[0])
        writing = {labels for *_, labels in self._open}
        for at, row in enumerate(rows):
            # Nearly all rows end here, so this test is cheap.
            if isinstance(row, Gap) or not (row.message[:1] in OPENINGS or (writing and row.labels in writing)):
                continue
            stack = self._read_line(row, at, before, rows)
            if stack:
                writing.add(row.labels)
                grown[stack.key] = stack
        return list(grown.values())

    def forget_before(self, key: RowKey) -> None:
        """Forgets the stack traces whose first line is before that key."""
        at = bisect_left(self._stacks, key, key=_key)
        for stack in self._stacks[:at]:
            self._forget(stack.lines)
        del self._stacks[:at]
        self._open = {source: stack for source, stack in self._open.items() if stack.key >= key}

    def _reaches(self, key: RowKey) -> bool:
        return self._last_row is not None and self._last_row >= key

    def _close_before(self, moment_ns: int) -> None:
        """Drops open stack traces whose last line is too old to be continued."""
        if self._open:
            since = moment_ns - PAUSE_NS
            self._open = {source: one for source, one in self._open.items() if one.last.timestamp_ns >= since}

    def _read_line(self, row: LogEntry, at: int, before: Sequence[Row], rows: Sequence[Row]) -> SplitStack | None:
        if not _is_line(row):
            return None
        if self._open:
            source = _source(row)
            stack = self._open.get(source)
            if stack:
                if stack.append(row):
                    self._note(stack, len(stack.lines) - 1)
                    return stack
                del self._open[source]
                stack.closed = row_key(row)
        return self._open_stack(row, chain(reversed(rows[max(0, at - LOOKBACK_ROWS) : at]), reversed(before)))

    def _open_stack(self, row: LogEntry, earlier: Iterator[Row]) -> SplitStack | None:
        reading = opening_kind(row.message)
        if reading is None:
            return None
        lines = [row]
        if reading is LineKind.LISTED:
            head = self._head(row, earlier)
            if head is None:
                return None
            lines.insert(0, head)
        stack = self._open[_source(row)] = SplitStack(lines, reading)
        insort(self._stacks, stack, key=_key)
        for number in range(len(lines)):
            self._note(stack, number)
        return stack

    def _note(self, stack: SplitStack, number: int) -> None:
        moment, insert_id, log, _ = stack.key
        place = (moment, insert_id, log, f"{number:05}") if number else stack.key
        self._lines[row_key(stack.lines[number])] = (stack, place)

    def _head(self, row: LogEntry, earlier: Iterator[Row]) -> LogEntry | None:
        """The line of the same source before a listed frame: it names the exception."""
        source = _source(row)
        for other in islice(earlier, LOOKBACK_ROWS):
            if row.timestamp_ns - other.order[0] > PAUSE_NS:
                return None
            if isinstance(other, LogEntry) and _is_line(other) and _source(other) == source:
                return other if can_head_frames(other.message) and row_key(other) not in self._lines else None
        return None

    def _before(self, key: RowKey) -> Iterator[SplitStack]:
        """The stack traces that begin before that key and recently enough to continue there, latest first."""
        for at in range(bisect_left(self._stacks, key, key=_key) - 1, -1, -1):
            stack = self._stacks[at]
            if stack.lines[0].timestamp_ns < key[0] - SPAN_NS:
                return
            yield stack

    def _forget(self, lines: Sequence[LogEntry]) -> None:
        for line in lines:
            del self._lines[row_key(line)]


def _key(stack: SplitStack) -> RowKey:
    return stack.key


def _is_line(row: LogEntry) -> bool:
    """Whether an entry is a line of text that a program wrote."""
    return not row.payload and row.request is None and "\n" not in row.message


def _source(row: LogEntry) -> _Writer:
    """The writer of a line: log, revision and instance, which the labels name."""
    return (row.log, row.project, row.region, row.service, row.revision, row.labels)
