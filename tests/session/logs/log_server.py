"""A log server that answers queries as Cloud Logging does, with tails that can break or stall."""

from __future__ import annotations

import contextlib
import re
from bisect import bisect_left, insort
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import NamedTuple

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.logs.entries import GapReason, LogEntry, LogPage, Severity, Suppression, TailBatch
from cfconsole.domain.logs.query import AUDIT_LOG, REQUEST_LOG
from cfconsole.session.ports import ClockPort
from tests.session.logs.log_pages import TailStream, page_of
from tests.session.scripted import FakeCloud, ScriptedCloud, error

SESSIONS = 10


class ServedQuery(NamedTuple):
    """What a query of the console selects."""

    since_ns: int
    until_ns: int
    services: frozenset[str]
    min_severity: int
    background: bool
    extra: str
    trace: str

    def accepts(self, entry: LogEntry) -> bool:
        if self.trace:
            return entry.trace == self.trace
        if self.background and entry.log == AUDIT_LOG:
            return True
        severe = entry.severity >= self.min_severity or entry.log == REQUEST_LOG
        return entry.service in self.services and severe and self.extra in entry.message


def parse_query(query: str) -> ServedQuery:
    """Reads the bounds, names and severity; an operator's expression stands for a part of the message."""
    severity = re.search(r"severity>=(\w+)", query)
    extra = re.search(r"\(\n(.*)\n\)", query)
    trace = re.search(r'trace="projects/[^/]+/traces/([^"]+)"', query)
    return ServedQuery(
        _bound(r'timestamp>="([^"]+)Z"', query, 0),
        _bound(r'timestamp<"([^"]+)Z"', query, 1 << 63),
        frozenset(re.findall(r'service_name="([^"]+)"', query)),
        Severity[severity[1]] if severity else 0,
        "cloudaudit" in query,
        extra[1] if extra else "",
        trace[1] if trace else "",
    )


def _bound(pattern: str, query: str, otherwise: int) -> int:
    found = re.search(pattern, query)
    if not found:
        return otherwise
    seconds, _, fraction = found[1].partition(".")
    return int(datetime.fromisoformat(f"{seconds}+00:00").timestamp()) * 10**9 + int(fraction.ljust(9, "0"))


class ServedTail(TailStream):
    """One open session of the server."""

    def __init__(self, selected: ServedQuery) -> None:
        super().__init__()
        self.query = selected
        self.stalled = False
        """Open, but it delivers nothing any more."""

    def send(self, entries: tuple[LogEntry, ...], suppressed: tuple[Suppression, ...] = ()) -> None:
        accepted = tuple(entry for entry in entries if self.query.accepts(entry))
        if not self.stalled and (accepted or suppressed):
            self.put(TailBatch(accepted, suppressed))

    def end(self, kind: ErrorKind) -> None:
        self.put(error(kind))


class LogServer:
    """The logs port. `others` is the number of sessions that other clients have open."""

    def __init__(self, clock: ClockPort, called: Callable[[str], None] = lambda method: None) -> None:
        self._clock = clock
        self._called = called
        self._log: list[tuple[tuple[int, str], LogEntry]] = []
        self.tails: list[ServedTail] = []
        self.others = 0
        self.queries: list[str] = []
        self.answers_after_s = 0.0
        """How long a page takes."""
        self.page_errors: list[CloudError] = []
        """Each is raised by one page."""

    def keep(self, *entries: LogEntry) -> None:
        """Adds entries that can be listed; no tail brings them."""
        for entry in entries:
            insort(self._log, (entry.order, entry), key=lambda item: item[0])

    def say(self, *entries: LogEntry) -> None:
        """Adds entries that can be listed, and that every open tail brings in one batch, in order."""
        self.keep(*entries)
        ordered = tuple(sorted(entries, key=lambda entry: entry.order))
        for tail in self.tails:
            tail.send(ordered)

    def suppress(self, count: int) -> None:
        """Every open tail reports that it left out so many entries."""
        for tail in self.tails:
            tail.send((), (Suppression(GapReason.RATE_LIMIT, count),))

    async def page(self, project: str, query: str, *, size: int, newest_first: bool, page: str = "") -> LogPage:
        self.queries.append(query)
        self._called("page")
        if self.answers_after_s:
            await self._clock.sleep(self.answers_after_s)
        if self.page_errors:
            raise self.page_errors.pop(0)
        selected = parse_query(query)
        start = bisect_left(self._log, (selected.since_ns, ""), key=lambda item: item[0])
        stop = bisect_left(self._log, (selected.until_ns, ""), key=lambda item: item[0])
        found = [entry for _, entry in self._log[start:stop] if selected.accepts(entry)]
        if newest_first:
            found.reverse()
        return page_of(found, size, page)

    def tail(self, project: str, query: str) -> AbstractAsyncContextManager[AsyncIterator[TailBatch]]:
        return self._tail(query)

    @contextlib.asynccontextmanager
    async def _tail(self, query: str) -> AsyncIterator[AsyncIterator[TailBatch]]:
        self._called("tail")
        if len(self.tails) + self.others >= SESSIONS:
            raise error(ErrorKind.QUOTA, "There are too many tail sessions open")
        tail = ServedTail(parse_query(query))
        self.tails.append(tail)
        try:
            yield tail.batches()
        finally:
            self.tails.remove(tail)


class LoggedCloud(FakeCloud):
    """A `FakeCloud` whose logs are those of a `LogServer`."""

    def __init__(self, clock: ClockPort) -> None:
        super().__init__(clock)
        self.server = LogServer(clock, self.called)

    @property
    def cloud(self) -> ScriptedCloud:
        return super().cloud._replace(logs=self.server)
