"""Keeps the entries of one project coming: one tail, what it missed read back, polling where it can't be had."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.log_query import QueryTooLong, service_query
from cfconsole.domain.log_times import NS, to_ns
from cfconsole.domain.logs import Gap, GapReason, LogEntry, Severity, TailBatch
from cfconsole.domain.services import ServiceKey
from cfconsole.session.ports import ClockPort, LogsPort
from cfconsole.session.read_budget import ReadBudget
from cfconsole.session.supervise import CREDENTIALS_LOOK_S, CredentialsGate, as_cloud_error
from cfconsole.session.tail_decisions import (
    FIRST_SILENCE_S,
    PROVEN_S,
    SEAM_AFTER_S,
    TailMode,
    TailStep,
    is_deaf,
    longer_silence,
    next_step,
)
from cfconsole.session.tailing import LogIntake

START_PAGE = 500
PAGE = 1000
PAGES_MOST = 5
POLL_PAGES = 2
START_BACK_S = 3600
"""Lists are always bounded in time: unbounded ones can take minutes."""
OVERLAP_S = 10
LEAST_OVERLAP_S = 1
"""In a flood a page is soon full; so much overlap is always read."""
POLL_EVERY_S = 6.0
FILL_TRIES = 4
FILL_AGAIN_S = 5.0


class Wanted(NamedTuple):
    """What is tailed: the services of this project that somebody looks at, and always the background events."""

    keys: tuple[ServiceKey, ...] = ()
    min_severity: Severity = Severity.DEFAULT
    filling: int = 0
    """Counts how often the log was emptied and has to be filled again."""

    def query(self, since_ns: int | None = None) -> str:
        """Raises `CloudError` if so many services are selected that the filter is longer than Logging allows."""
        try:
            return service_query(self.keys, self.min_severity, since_ns=since_ns)
        except QueryTooLong as error:
            raise CloudError(ErrorKind.INVALID, str(error), api="Logging") from error


class ProjectTail:
    """The tail of one project; `run` goes on until cancelled."""

    def __init__(
        self,
        project: str,
        logs: LogsPort,
        intake: LogIntake,
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
        self._wanted = Wanted()
        self._changed = asyncio.Event()
        self._last_ns = 0
        """The newest entry of what is wanted now."""
        self._complete_ns = 0
        """Up to here everything was read or its absence marked; 0 before the first page."""
        self._filled = False
        """Whether everything since the last break was read, so that live entries are all there is."""
        self._heard = asyncio.Event()
        self._heard_at = 0.0
        self._past_sentence = ""

    def want(self, wanted: Wanted) -> None:
        """Closes the tail and opens another if something else is wanted now."""
        if wanted != self._wanted:
            self._wanted = wanted
            self._changed.set()

    def covers(self, key: ServiceKey) -> bool:
        """Whether the requests of a service come by themselves: they are tailed at any severity."""
        return key in self._wanted.keys and self._intake.is_live(self._project)

    def retry(self) -> None:
        """Opens the tail anew, whatever it waits for."""
        self._changed.set()

    async def run(self) -> None:
        while True:
            self._changed.clear()
            self._last_ns = self._complete_ns = 0
            async with asyncio.TaskGroup() as group:
                attending = group.create_task(self._attend(), name=f"tail {self._project}")
                await self._changed.wait()
                attending.cancel()

    async def _attend(self) -> None:
        failures = 0
        while True:
            if self._gate.closed():
                await self._clock.sleep(CREDENTIALS_LOOK_S)
                continue
            opened_at = self._clock.monotonic()
            error = await self._live()
            if error.kind is ErrorKind.CREDENTIALS:
                self._gate.close()
            step = next_step(error, failures, self._clock.monotonic() - opened_at)
            failures = step.failures
            self._intake.mode(self._project, step)
            if step.poll_s:
                await self._poll(step)
            elif error.kind is not ErrorKind.CREDENTIALS:
                await self._clock.sleep(step.pause_s * self._jitter())

    async def _live(self) -> CloudError:
        """Tails until the stream ends and returns why. What was missed is read while new entries already come."""
        try:
            async with self._logs.tail(self._project, self._wanted.query()) as stream, asyncio.TaskGroup() as group:
                self._filled, self._past_sentence = False, ""
                self._heard.clear()
                self._heard_at = self._clock.monotonic()
                filling = group.create_task(self._fill(self._complete_ns), name=f"backfill {self._project}")
                ends = [group.create_task(self._drain(stream)), group.create_task(self._attend_silence())]
                done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                for task in (filling, *ends):
                    task.cancel()
        except Exception as failure:
            return as_cloud_error(failure)
        return done.pop().result()

    async def _attend_silence(self) -> CloudError:
        """Calls the tail live once it was not refused; returns when it delivers nothing although there is something."""
        await self._heard_within(PROVEN_S)
        self._intake.mode(self._project, TailStep(TailMode.LIVE, sentence=self._past_sentence))
        silence_s = FIRST_SILENCE_S
        while True:
            heard_at = self._heard_at
            await self._clock.sleep(silence_s)
            if self._heard_at != heard_at:
                silence_s = FIRST_SILENCE_S
            elif await self._deaf():
                return CloudError(ErrorKind.UNAVAILABLE, "The tail had gone silent; it is opened anew", api="Logging")
            else:
                silence_s = longer_silence(silence_s)

    async def _deaf(self) -> bool:
        """Reads what a silent stream should have brought. While that can't be read, silence proves nothing."""
        now_ns, known_ns = to_ns(self._clock.now()), self._last_ns
        try:
            await self._read_since(known_ns or now_ns, GapReason.DISCONNECTED)
        except CloudError:
            return False
        return is_deaf(known_ns, self._last_ns, now_ns)

    async def _heard_within(self, seconds: float) -> None:
        """Waits for the first batch of this tail, but not longer."""
        with contextlib.suppress(TimeoutError):
            async with self._clock.timeout(seconds):
                await self._heard.wait()

    async def _drain(self, stream: AsyncIterator[TailBatch]) -> CloudError:
        try:
            async for batch in stream:
                self._heard.set()
                self._heard_at = self._clock.monotonic()
                self._intake.live_batch(batch, self._last_ns)
                self._remember(batch.entries)
                await asyncio.sleep(0)  # A flood must not keep the loop from the keyboard.
        except Exception as failure:
            return as_cloud_error(failure)
        return CloudError(ErrorKind.ENDED, "The tail ended; a new one is opened", api="Logging")

    async def _fill(self, last_ns: int) -> None:
        """Reads the newest page at once, or after a break all since the last entry; then what came in between."""
        if last_ns:
            await self._heard_within(PROVEN_S)
        running, read_ns = last_ns and self._heard.is_set(), to_ns(self._clock.now())
        if not await self._try_to_fill(last_ns):
            return
        if not running:
            # The session may have begun after that read, so the seam between the two is read, too.
            await self._heard_within(SEAM_AFTER_S)
            await self._try_to_fill(last_ns or read_ns)
        self._completed()

    async def _try_to_fill(self, last_ns: int) -> bool:
        """Says whether the past could be read. What can't be read leaves a gap."""
        now_ns = to_ns(self._clock.now())
        for attempt in range(1, FILL_TRIES + 1):
            try:
                await (self._read_since(last_ns, GapReason.DISCONNECTED) if last_ns else self._read_newest())
            except CloudError as error:
                if attempt < FILL_TRIES and error.kind not in (ErrorKind.DENIED, ErrorKind.CREDENTIALS):
                    await self._clock.sleep(FILL_AGAIN_S * attempt * self._jitter())
                    continue
                if last_ns:
                    self._intake.gap(Gap(GapReason.DISCONNECTED, 0, last_ns, now_ns))
                self._past_sentence = f"no past: {error.sentence}"
                if self._intake.is_live(self._project):
                    self._intake.mode(self._project, TailStep(TailMode.LIVE, sentence=self._past_sentence))
                self._completed()
                return False
            return True
        return False

    async def _read_newest(self) -> None:
        since = to_ns(self._clock.now()) - START_BACK_S * NS
        await self._paid()
        page = await self._logs.page(self._project, self._wanted.query(since), size=START_PAGE, newest_first=True)
        self._merge(page.entries)
        if page.next_page and page.entries:
            self._intake.gap(Gap(GapReason.NOT_READ, 1, since, _oldest(page.entries)))

    async def _read_since(self, last_ns: int, reason: GapReason, most: int = PAGES_MOST) -> None:
        """Newest first, so that what is cut off is next to what was known before, and one gap marks it."""
        query = self._wanted.query(last_ns - OVERLAP_S * NS)
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

    async def _poll(self, step: TailStep) -> None:
        """Reads pages within the quota for a while, then lets the tail be tried again."""
        until = self._clock.monotonic() + step.poll_s
        while self._clock.monotonic() < until:
            try:
                await self._read_on()
                self._completed()
                self._intake.mode(self._project, step)
            except Exception as failure:
                error = as_cloud_error(failure)
                self._intake.mode(self._project, step._replace(mode=TailMode.BROKEN, sentence=error.sentence))
                if error.kind is ErrorKind.CREDENTIALS:
                    return
            await self._clock.sleep(POLL_EVERY_S * self._jitter())

    async def _read_on(self) -> None:
        if self._complete_ns:
            await self._read_since(self._complete_ns, GapReason.NOT_READ, POLL_PAGES)
        else:
            await self._read_newest()

    def _completed(self) -> None:
        self._filled = True
        self._complete_ns = self._last_ns

    async def _paid(self) -> None:
        """Waits until there are credentials, as far as known, and the read quota has room for one more page."""
        while self._gate.closed():
            await self._clock.sleep(CREDENTIALS_LOOK_S)
        while not self._budget.take():
            await self._clock.sleep(self._budget.wait_s())

    def _merge(self, entries: tuple[LogEntry, ...]) -> None:
        self._intake.merge(entries)
        self._remember(entries)

    def _remember(self, entries: tuple[LogEntry, ...]) -> None:
        if entries:
            self._last_ns = max(self._last_ns, entries[0].timestamp_ns, entries[-1].timestamp_ns)
        if self._filled:
            self._complete_ns = self._last_ns


def _oldest(entries: tuple[LogEntry, ...]) -> int:
    return min((entry.timestamp_ns for entry in entries), default=0)
