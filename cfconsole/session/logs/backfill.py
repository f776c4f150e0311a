"""Reads the past of a project's log in pages within the read quota, and marks what could not be read as a gap."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from msgspec.structs import replace

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.entries import Gap, GapReason, LogEntry
from cfconsole.domain.logs.times import NS, to_ns
from cfconsole.session.logs.coverage import Coverage
from cfconsole.session.logs.project_log import ProjectLog
from cfconsole.session.logs.tail_policy import LATE_S, is_stalled
from cfconsole.session.logs.tail_query import TailQuery
from cfconsole.session.logs.view import DEFAULT_RANGE_S
from cfconsole.session.watch.supervisor import CREDENTIALS_POLL_S

START_PAGE = 500
PAGE = 1000
MAX_PAGES = 5
POLL_PAGES = 2
OVERLAP_S = 10
"""How far beyond a break the log is read back at once; `read_late_entries` finds what comes later than that."""
LATE_PAGES = 2
CLOCK_SKEW_S = 300
"""A page proves nothing about the last moments before it was read, because the clocks of Google and here differ."""
MAX_LOOKBACK_S = 24 * 3600
BACKGROUND_S = 180
FILL_TRIES = 4
FILL_RETRY_S = 5.0


class Backfill:
    """The pages of one project. What is read goes to the sink and is noted in `coverage`."""

    def __init__(self, log: ProjectLog, wait_if_obsolete: Callable[[], Awaitable[None]]) -> None:
        self._log = log
        self._wait_if_obsolete = wait_if_obsolete
        self._query = TailQuery()
        self._stream_broke = False
        """Whether entries are missing because a stream broke."""
        self._breaks: list[tuple[int, int]] = []
        """The breaks that were read back, perhaps before all their entries could be listed; oldest first."""
        self._late = asyncio.Event()
        """Set while there are breaks to read back once more."""
        self.coverage = Coverage()

    def set_query(self, query: TailQuery) -> None:
        """What was read stays known, even of services that are no longer selected."""
        if query != self._query:
            self._stream_broke = False
        self._query = query
        self.coverage.set_query(query)

    def set_range(self, back_s: float) -> None:
        """Sets how far back the log is to be read."""
        self._query = replace(self._query, range_s=back_s)

    @property
    def now_ns(self) -> int:
        return to_ns(self._log.clock.now())

    @property
    def unread_services(self) -> tuple[ServiceKey, ...]:
        """The selected services that are known too little to read on from there."""
        since, known = self._since(), self.coverage.known
        return tuple(key for key in self._query.keys if key not in known or known[key].to_ns < since)

    async def fill_newest(self) -> CloudError | None:
        """Reads the newest page of the unread services. If that fails, it leaves a gap.

        Like `fill_gap`, it tries a few times and returns the error if all attempts failed.
        """
        keys = self.unread_services
        since = min([self._since(), *self._ends(keys)])
        error = await self._retry(lambda: self._read_newest(keys)) if keys else None
        if error:
            now_ns = self.now_ns
            self._log.sink.add_gap(Gap(GapReason.NOT_READ, 0, since, now_ns, keys))
            self.coverage.begin(keys, now_ns, now_ns)
        return error

    async def fill_gap(self) -> CloudError | None:
        """Reads on from where the log of each service is complete."""
        known = self.coverage.known
        reason = GapReason.DISCONNECTED if self._stream_broke else GapReason.NOT_READ
        if self._stream_broke and known:
            self._note_break(min(span.to_ns for span in known.values()))
        error = await self._retry(lambda: self._read_on(reason, MAX_PAGES)) if known else None
        if error:
            since = min(span.to_ns for span in known.values()) - OVERLAP_S * NS
            self._log.sink.add_gap(Gap(reason, 0, since, self.now_ns, tuple(known)))
        return error

    def mark_filled(self) -> None:
        """Everything was read or marked: until it breaks, the stream alone brings everything."""
        self._stream_broke = True
        self.coverage.mark_filled()

    async def poll(self) -> None:
        """Reads what came since the last page. Raises `CloudError`."""
        unread = self.unread_services
        await (self._read_newest(unread) if unread else self._read_on(GapReason.NOT_READ, POLL_PAGES, lost_counts=True))
        self.coverage.mark_filled()

    async def read_background(self) -> None:
        """Reads the background events of the last minutes, including known ones. Raises `CloudError`."""
        if self._query.background:
            since = self.now_ns - BACKGROUND_S * NS
            await self._page(self._query.query((), since_ns=since), START_PAGE)

    async def has_missed_entries(self) -> bool:
        """Whether pages hold entries that a silent stream should have brought. Raises `CloudError`."""
        if not self.coverage.is_filled:
            return False
        now_ns, known_ns = self.now_ns, self.coverage.last_ns
        read = await self._read_on(GapReason.DISCONNECTED, MAX_PAGES)
        stalled = is_stalled(known_ns, read, now_ns)
        if stalled:
            self._note_break(known_ns)
        return stalled

    async def read_late_entries(self) -> None:
        """Reads late entries of breaks, each break once more a while after its end. Never returns.

        A read that fails is repeated.
        """
        while True:
            while not self._breaks:
                self._late.clear()
                await self._late.wait()
            over_ns = self._breaks[0][1] + LATE_S * NS
            await self._log.clock.sleep(max(0, over_ns - self.now_ns) / NS)
            while not self.coverage.is_filled:
                # Newer entries are read first.
                await self._log.clock.sleep(1.0)
            try:
                await self._read_late()
            except CloudError:
                await self._log.clock.sleep(LATE_S * self._log.jitter())

    async def _read_late(self) -> None:
        """Reads the breaks once more that ended long enough ago, up to a few pages. Raises `CloudError`."""
        due = [(since, until) for since, until in self._breaks if until + LATE_S * NS <= self.now_ns]
        if not due:
            return
        since = min(since for since, _ in due) - LATE_S * NS
        await self._read_pages(self._query.query(since_ns=since, until_ns=due[-1][1]), LATE_PAGES)
        self._breaks = [one for one in self._breaks if one not in due]

    def _note_break(self, since: int) -> None:
        """Notes that a break since a moment is over."""
        self._breaks.append((since, self.now_ns))
        self._late.set()

    async def _read_pages(self, query: str, max_pages: int) -> None:
        token = ""
        for _ in range(max_pages):
            _, token = await self._page(query, PAGE, token)
            if not token:
                return

    async def read_back(self) -> CloudError | None:
        """Reads back to the start of the range, up to a few pages, and marks where it had to stop."""
        since = self.now_ns - int(self._query.range_s) * NS
        starts = {key: span.from_ns for key, span in self.coverage.known.items() if span.from_ns > since}
        if not starts:
            return None
        keys, until = tuple(starts), max(starts.values())
        error = await self._retry(lambda: self._read_down(keys, since, until))
        if error:
            self._log.sink.add_gap(Gap(GapReason.NOT_READ, 0, since, until, keys))
        return error

    async def _read_down(self, keys: tuple[ServiceKey, ...], since: int, until: int) -> None:
        query = self._query.query(keys, since_ns=since, until_ns=until + 1)
        oldest, token = until, ""
        for _ in range(MAX_PAGES):
            entries, token = await self._page(query, PAGE, token)
            oldest = _oldest(entries) or oldest if token else since
            self.coverage.extend_back(keys, oldest)
            self._log.gap_was_read(keys, oldest, until)
            if not token:
                return
            self._log.sink.add_gap(Gap(GapReason.NOT_READ, 1, since, oldest, keys))

    async def _retry(self, read: Callable[[], Awaitable[object]]) -> CloudError | None:
        for attempt in range(1, FILL_TRIES + 1):
            try:
                await read()
            except CloudError as error:
                if attempt == FILL_TRIES or error.kind in (ErrorKind.DENIED, ErrorKind.CREDENTIALS):
                    return error
                await self._log.clock.sleep(FILL_RETRY_S * attempt * self._log.jitter())
            else:
                break
        return None

    async def _read_newest(self, keys: Sequence[ServiceKey]) -> None:
        read_ns, ends = self.now_ns, self._ends(keys)
        since = self._since()
        if ends:
            since = min(since, max(min(ends), read_ns - MAX_LOOKBACK_S * NS))
        entries, more = await self._page(self._query.query(keys, since_ns=since), START_PAGE)
        oldest = _oldest(entries) if more and entries else since
        if oldest > since or any(end < since for end in ends):
            self._log.sink.add_gap(Gap(GapReason.NOT_READ, int(bool(more)), min([since, *ends]), oldest, tuple(keys)))
        newest = min(max((entry.timestamp_ns for entry in entries), default=0), read_ns)
        self.coverage.begin(keys, oldest, newest or read_ns - CLOCK_SKEW_S * NS)

    async def _read_on(self, reason: GapReason, max_pages: int, *, lost_counts: bool = False) -> list[int]:
        """Reads on from the known spans. Returns the moments of what was read.

        Newest first: what is cut off then borders on what was known before, and one gap marks it.
        """
        ends = {key: span.to_ns for key, span in self.coverage.known.items()}
        if not ends:
            return []
        since, read_ns = min(ends.values()), self.now_ns
        was_filled = self.coverage.is_filled
        # Until the last page is read, the newest entry of the first says nothing about those before it.
        self.coverage.reopen()
        moments, oldest = await self._read_down_to(since, tuple(ends), max_pages)
        behind = tuple(key for key, end in ends.items() if end - OVERLAP_S * NS < oldest)
        if behind:
            # If only the overlap was cut short, late entries may be missing; otherwise some are.
            missing = int(any(end < oldest for end in ends.values()))
            counted = missing if lost_counts or reason is GapReason.DISCONNECTED else 0
            self._log.sink.add_gap(Gap(reason, missing, since - OVERLAP_S * NS, oldest, behind), lost=counted)
        newest = max(moments, default=0)
        self.coverage.extend(ends, max(min(newest, read_ns), read_ns - CLOCK_SKEW_S * NS))
        if was_filled:
            self.coverage.mark_filled()
        return moments

    async def _read_down_to(self, since: int, keys: tuple[ServiceKey, ...], max_pages: int) -> tuple[list[int], int]:
        """Reads up to `max_pages`, newest first. Returns their moments, and the oldest or 0 if that is all."""
        query = self._query.query(keys, since_ns=since - OVERLAP_S * NS)
        moments: list[int] = []
        oldest, token = 0, ""
        for _ in range(max_pages):
            entries, token = await self._page(query, PAGE, token)
            moments += [entry.timestamp_ns for entry in entries]
            oldest = _oldest(entries) or oldest
            if not token or oldest <= since - OVERLAP_S * NS:
                return moments, 0
        return moments, oldest

    async def _page(self, query: str, size: int, token: str = "") -> tuple[tuple[LogEntry, ...], str]:
        """Reads a page, once the credentials gate is open and the read quota has room."""
        while self._log.gate.closed():
            await self._log.clock.sleep(CREDENTIALS_POLL_S)
        await self._log.budget.wait_and_take()
        page = await self._log.logs.page(self._log.project, query, size=size, newest_first=True, page=token)
        await self._wait_if_obsolete()
        self._log.sink.add_page(page.entries)
        self.coverage.note_entries(page.entries, self.now_ns)
        return page.entries, page.next_page

    def _ends(self, keys: Sequence[ServiceKey]) -> list[int]:
        """The moments since which services that were read before may lack entries."""
        return [end - OVERLAP_S * NS for end in self.coverage.ends(keys)]

    def _since(self) -> int:
        """The start of the first read of a log; a shorter range does not make it later."""
        return self.now_ns - int(max(self._query.range_s, DEFAULT_RANGE_S)) * NS


def _oldest(entries: Sequence[LogEntry]) -> int:
    return min((entry.timestamp_ns for entry in entries), default=0)
