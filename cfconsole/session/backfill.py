"""Reads the past of a project's log in pages, within the read quota, and marks what could not be read."""

from __future__ import annotations

from collections.abc import Callable

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.log_times import NS, to_ns
from cfconsole.domain.logs import Gap, GapReason, LogEntry
from cfconsole.session.coverage import Coverage
from cfconsole.session.intake import Intake
from cfconsole.session.ports import ClockPort, LogsPort
from cfconsole.session.read_budget import ReadBudget
from cfconsole.session.supervise import CREDENTIALS_LOOK_S, CredentialsGate
from cfconsole.session.tail_decisions import is_deaf
from cfconsole.session.wanted import Wanted

START_PAGE = 500
PAGE = 1000
PAGES_MOST = 5
POLL_PAGES = 2
OVERLAP_S = 10
LEAST_OVERLAP_S = 1
"""In a flood a page is soon full; so much overlap is always read."""
FILL_TRIES = 4
FILL_AGAIN_S = 5.0


class Backfill:
    """The pages of one project. What is read goes to the intake and is noted in `coverage`."""

    def __init__(
        self,
        project: str,
        logs: LogsPort,
        intake: Intake,
        clock: ClockPort,
        budget: ReadBudget,
        gate: CredentialsGate,
        jitter: Callable[[], float],
    ) -> None:
        self._project = project
        self._logs = logs
        self._intake = intake
        self._clock = clock
        self._budget = budget
        self._gate = gate
        self._jitter = jitter
        self.wanted = Wanted()
        self.coverage = Coverage()

    def restart(self, wanted: Wanted) -> None:
        """Something else is wanted from now on."""
        self.wanted, self.coverage = wanted, Coverage()

    async def fill(self, last_ns: int) -> CloudError | None:
        """Reads the newest page, or all since `last_ns` if that is known. What can't be read leaves a gap.

        Tries a few times; returns why it did not work.
        """
        now_ns = to_ns(self._clock.now())
        for attempt in range(1, FILL_TRIES + 1):
            try:
                await (self._read_since(last_ns, GapReason.DISCONNECTED) if last_ns else self._read_newest())
            except CloudError as error:
                if attempt == FILL_TRIES or error.kind in (ErrorKind.DENIED, ErrorKind.CREDENTIALS):
                    if last_ns:
                        self._intake.gap(Gap(GapReason.DISCONNECTED, 0, last_ns, now_ns))
                    return error
                await self._clock.sleep(FILL_AGAIN_S * attempt * self._jitter())
            else:
                return None
        return None

    async def read_on(self) -> None:
        """One round of polling: what came since the last one. Raises `CloudError`."""
        complete_ns = self.coverage.complete_ns
        await (self._read_since(complete_ns, GapReason.NOT_READ, POLL_PAGES) if complete_ns else self._read_newest())
        self.coverage.filled()

    async def is_missed(self) -> bool:
        """Whether pages hold what a stream that was silent should have brought. Raises `CloudError`."""
        now_ns, known_ns = to_ns(self._clock.now()), self.coverage.last_ns
        await self._read_since(known_ns or now_ns, GapReason.DISCONNECTED)
        return is_deaf(known_ns, self.coverage.last_ns, now_ns)

    async def _read_newest(self) -> None:
        since = to_ns(self._clock.now()) - int(self.wanted.back_s) * NS
        await self._paid()
        page = await self._logs.page(self._project, self.wanted.query(since), size=START_PAGE, newest_first=True)
        self._merge(page.entries)
        if page.next_page and page.entries:
            self._intake.gap(Gap(GapReason.NOT_READ, 1, since, _oldest(page.entries)))

    async def _read_since(self, last_ns: int, reason: GapReason, most: int = PAGES_MOST) -> None:
        """Newest first, so that what is cut off is next to what was known before, and one gap marks it."""
        query = self.wanted.query(last_ns - OVERLAP_S * NS)
        oldest, token = 0, ""
        for _ in range(most):
            await self._paid()
            page = await self._logs.page(self._project, query, size=PAGE, newest_first=True, page=token)
            self._merge(page.entries)
            oldest, token = _oldest(page.entries) or oldest, page.next_page
            if not token or oldest <= last_ns - LEAST_OVERLAP_S * NS:
                return
        if oldest > last_ns:
            self._intake.gap(Gap(reason, 1, last_ns, oldest), lost=1)

    async def _paid(self) -> None:
        """Waits until there are credentials, as far as known, and the read quota has room for one more page."""
        while self._gate.closed():
            await self._clock.sleep(CREDENTIALS_LOOK_S)
        while not self._budget.take():
            await self._clock.sleep(self._budget.wait_s())

    def _merge(self, entries: tuple[LogEntry, ...]) -> None:
        self._intake.merge(entries)
        self.coverage.heard(entries)


def _oldest(entries: tuple[LogEntry, ...]) -> int:
    return min((entry.timestamp_ns for entry in entries), default=0)
