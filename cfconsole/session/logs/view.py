"""The log on the screen: its buffer, and which services, severities and range it shows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.buffer import LogBuffer
from cfconsole.domain.logs.entries import GapReason, LogEntry, Severity
from cfconsole.domain.logs.rows import Row

DEFAULT_RANGE_S = 3600.0
FULL_FROM = 0.95
"""In a buffer this full, older entries would fall out at once."""
CROWDED_FROM = 0.75
"""In a buffer this full, the services that are not shown give up their room."""
NOT_CONNECTED = "The console is not connected yet; try again in a moment"


class LogSource(Protocol):
    """The source of a log view's entries; it follows what the view shows."""

    def retarget(self) -> None:
        """The view shows other entries than before."""
        ...

    def forget(self, keys: Collection[ServiceKey]) -> None:
        """The entries of these services left the buffer."""
        ...

    def read_back(self) -> None:
        """The log is to be read back to the start of the view's range."""
        ...

    def set_visible(self, visible: bool) -> None:
        """The log appeared on the screen, or left it."""
        ...

    async def query_error(self, query: str) -> str:
        """Why an expression can't filter the log; empty if it can."""
        ...


class LogView:
    """The log on the screen: that of the selected services, at and above a severity.

    The buffer holds more: services shown lately, and entries below the severity from before it was raised.
    """

    def __init__(self, max_entries: int, max_bytes: int) -> None:
        self.buffer = LogBuffer(max_entries, max_bytes)
        self.min_severity = Severity.DEFAULT
        self.keys: tuple[ServiceKey, ...] = ()
        self.query = ""
        """The operator's current expression in the Logging query language, empty for none."""
        self.range_s = DEFAULT_RANGE_S
        """How far back the log is read; older entries in the buffer stay."""
        self.is_visible = True
        """Whether the log is on the screen."""
        self._entered = ""
        self._buffered: frozenset[ServiceKey] = frozenset()
        self._source: LogSource | None = None

    def attach(self, source: LogSource) -> None:
        """Sets the source of the entries. Without one the view is empty."""
        self._source = source
        source.set_visible(self.is_visible)
        source.retarget()

    def set_visible(self, visible: bool) -> None:
        """Whether the log is on the screen: after half an hour out of sight it is no longer tailed."""
        if visible != self.is_visible:
            self.is_visible = visible
            if self._source:
                self._source.set_visible(visible)

    def set_min_severity(self, severity: Severity) -> None:
        """Logging applies the filter: the tail starts again, and entries of a lower severity are read."""
        if severity != self.min_severity:
            self.min_severity = severity
            self._retarget()

    def select(self, keys: Sequence[ServiceKey]) -> None:
        """The buffer keeps what it holds: returning to a service reads only the entries since."""
        chosen = tuple(sorted(set(keys)))
        if chosen != self.keys:
            self.keys = chosen
            self._buffered |= set(chosen)
            self._retarget()

    def set_range(self, seconds: float) -> None:
        """Reads the log that far back, if it was not read yet and the buffer has room."""
        self.range_s = seconds
        self._retarget()
        self._make_room()
        if self._source and self.buffer.fullness < FULL_FROM:
            self._source.read_back()

    async def set_query(self, text: str) -> str:
        """Filters the log by an expression in the Logging query language, which Logging applies.

        Returns why it can't, and then the previous expression stays; empty if the expression is now in force.
        """
        query = self._entered = text.strip()
        if query == self.query:
            return ""
        sentence = await self._query_error(query) if query else ""
        if self._entered != query:
            return "Another expression was entered in the meantime"
        if not sentence:
            self._narrow(query)
        return sentence

    async def _query_error(self, query: str) -> str:
        return await self._source.query_error(query) if self._source else NOT_CONNECTED

    def _narrow(self, query: str) -> None:
        """Starts the log again, because entries of the old filter may not match the new one."""
        self.query = query
        forgotten, self._buffered = self._buffered, frozenset(self.keys)
        self.buffer.clear()
        self._forget(forgotten)
        self._retarget()

    def remove_gaps(self, services: Sequence[ServiceKey], from_ns: int, to_ns: int) -> None:
        """Removes the gaps between two moments that have been read after all."""
        read = frozenset(services)

        def is_mark(row: Row) -> bool:
            if isinstance(row, LogEntry) or row.reason is not GapReason.NOT_READ:
                return False
            return from_ns < row.to_ns <= to_ns and read.issuperset(row.services)

        self.buffer.retain(lambda row: not is_mark(row))

    def add(self, entries: Sequence[LogEntry]) -> None:
        """Merges the entries of services that are shown or were shown lately."""
        self._make_room()
        buffered = self._buffered
        self.buffer.add(entry for entry in entries if _service(entry) in buffered)

    def _make_room(self) -> None:
        if self.buffer.fullness < CROWDED_FROM or len(self._buffered) == len(self.keys):
            return
        visible = frozenset(self.keys)
        hidden, self._buffered = self._buffered - visible, visible
        self.buffer.retain(lambda row: _belongs(row, visible))
        self._forget(hidden)

    def _retarget(self) -> None:
        if self._source:
            self._source.retarget()

    def _forget(self, keys: Collection[ServiceKey]) -> None:
        if self._source:
            self._source.forget(keys)


def _service(entry: LogEntry) -> ServiceKey:
    return ServiceKey(entry.project, entry.region, entry.service)


def _belongs(row: Row, services: frozenset[ServiceKey]) -> bool:
    if isinstance(row, LogEntry):
        return _service(row) in services
    return not row.services or not services.isdisjoint(row.services)
