"""The entries of one project: a tail, the entries it missed read back, and polling if there can be no tail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection

from msgspec.structs import replace

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.entries import Gap, TailBatch
from cfconsole.session.logs.backfill import Backfill
from cfconsole.session.logs.project_log import ProjectLog
from cfconsole.session.logs.silence import SilenceDetector
from cfconsole.session.logs.tail_policy import (
    OVERLAP_READ_AFTER_S,
    REFUSAL_WITHIN_S,
    TailMode,
    TailStep,
    next_tail_step,
)
from cfconsole.session.logs.tail_query import TailQuery
from cfconsole.session.watch.supervisor import CREDENTIALS_POLL_S, cloud_error_of

POLL_EVERY_S = 6.0
PAUSED_EVERY_S = 60.0
PAUSED_STEP = TailStep(TailMode.PAUSED, sentence="paused after 30 min without a key; press any key to resume")
POLL_LOOK_S = 0.5


class ProjectTail:
    """The tail of one project; `run` runs until cancelled."""

    def __init__(self, log: ProjectLog) -> None:
        self._log = log
        self._past = Backfill(log, self._wait_if_obsolete)
        self._query = TailQuery()
        self._changed = asyncio.Event()
        self._further = asyncio.Event()
        self._paused = False
        self._step = TailStep(TailMode.STARTING)
        self._past_sentence = ""

    @property
    def is_live(self) -> bool:
        return self._step.mode is TailMode.LIVE

    def set_query(self, query: TailQuery) -> None:
        """Opens another tail if the query selects other entries; its range does not concern the tail."""
        changed = replace(query, range_s=self._query.range_s) != self._query
        self._query = query
        if changed:
            self._changed.set()

    def read_back(self) -> None:
        """Reads the log further back if less than the range was read."""
        self._further.set()

    def covers(self, key: ServiceKey) -> bool:
        """Whether the tail brings the requests of a service: they are tailed at any severity."""
        return self.is_live and key in self._query.keys

    def forget(self, keys: Collection[ServiceKey]) -> None:
        """The entries of these services have left the buffer, and are read again when they are selected again."""
        self._past.coverage.forget(keys)

    def retry(self) -> None:
        """Reopens the tail, whatever it waits for."""
        self._changed.set()

    def pause(self) -> None:
        """Closes the tail session; changes of services are read once a minute."""
        self._paused = True
        self._changed.set()

    def resume(self) -> None:
        """Opens a session again and reads what came in the meantime."""
        self._paused = False
        self._set_step(TailStep(TailMode.STARTING))
        self._changed.set()

    async def run(self) -> None:
        while True:
            self._changed.clear()
            self._past.set_query(self._query)
            async with asyncio.TaskGroup() as group:
                coming = self._run_paused() if self._paused else self._keep_tailing()
                tasks = (
                    group.create_task(coming, name=f"tail {self._log.project}"),
                    group.create_task(self._read_back_on_demand(), name=f"further back {self._log.project}"),
                    group.create_task(self._past.read_late_entries(), name=f"late {self._log.project}"),
                )
                await self._changed.wait()
                for task in tasks:
                    task.cancel()

    async def _read_back_on_demand(self) -> None:
        """Reads back on request, after newer entries have been read."""
        while True:
            await self._further.wait()
            query = self._query
            self._past.set_range(query.range_s)
            if not self._past.coverage.is_filled:
                await self._log.clock.sleep(POLL_LOOK_S)
                continue
            self._set_past(await self._past.read_back())
            if query == self._query:
                self._further.clear()

    async def _keep_tailing(self) -> None:
        failures = 0
        while True:
            if self._log.gate.closed():
                await self._log.clock.sleep(CREDENTIALS_POLL_S)
                continue
            opened_at = self._log.clock.monotonic()
            error = await self._tail_once()
            if error.kind is ErrorKind.CREDENTIALS:
                self._log.gate.close(error)
            step = next_tail_step(error, failures, self._log.clock.monotonic() - opened_at)
            failures = step.failures
            self._set_step(step)
            if step.poll_s:
                await self._poll(step)
            elif error.kind is not ErrorKind.CREDENTIALS:
                await self._log.clock.sleep(step.pause_s * self._log.jitter())

    async def _tail_once(self) -> CloudError:
        """Tails until the stream ends and returns why. Missed entries are read while new ones already arrive."""
        try:
            async with (
                self._log.logs.tail(self._log.project, self._query.query()) as stream,
                asyncio.TaskGroup() as group,
            ):
                silence = SilenceDetector(self._log.clock, self._past.has_missed_entries)
                self._past_sentence = ""
                self._past.coverage.reopen()
                filling = group.create_task(self._fill(silence), name=f"backfill {self._log.project}")
                ends = [
                    group.create_task(self._drain(stream, silence)),
                    group.create_task(self._watch_silence(silence)),
                ]
                done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                for task in (filling, *ends):
                    task.cancel()
        except Exception as failure:
            return cloud_error_of(failure)
        return done.pop().result()

    async def _drain(self, stream: AsyncIterator[TailBatch], silence: SilenceDetector) -> CloudError:
        try:
            async for batch in stream:
                await self._wait_if_obsolete()
                silence.note_batch()
                self._log.sink.add_batch(batch, self._gaps(batch))
                self._past.coverage.note_entries(batch.entries, self._past.now_ns)
                await asyncio.sleep(0)  # A flood must not keep the loop from the keyboard.
        except Exception as failure:
            return cloud_error_of(failure)
        return CloudError(ErrorKind.ENDED, "The log stream ended; reopening", api="Logging")

    async def _wait_if_obsolete(self) -> None:
        """Keeps out the entries of an old query: once the query has changed, the tail is about to close."""
        if self._changed.is_set():
            await asyncio.Event().wait()

    def _gaps(self, batch: TailBatch) -> list[Gap]:
        """The gaps for what a response left out, between the newest entry before it and its own newest."""
        until = batch.entries[-1].timestamp_ns if batch.entries else self._past.now_ns
        since = min(self._past.coverage.last_ns, until) or until
        return [Gap(left_out.reason, left_out.at_least, since, until) for left_out in batch.suppressed]

    async def _watch_silence(self, silence: SilenceDetector) -> CloudError:
        """Reports the tail as live once it can no longer be refused."""
        await silence.wait_for_first(REFUSAL_WITHIN_S)
        self._set_step(TailStep(TailMode.LIVE, sentence=self._past_sentence))
        return await silence.wait_until_stalled()

    async def _fill(self, silence: SilenceDetector) -> None:
        """Reads the newest page at once, or after a break everything since; then what came until the session began."""
        past = self._past
        errors = []
        new = past.unread_services
        if new:
            errors.append(await past.fill_newest())
        if len(new) < len(self._query.keys):
            await silence.wait_for_first(REFUSAL_WITHIN_S)
            running = silence.has_received
            errors.append(await past.fill_gap())
        else:
            running = not new
        if not running and not any(errors):
            # The session may have begun after that read, so the time between the two is read, too.
            await silence.wait_for_first(OVERLAP_READ_AFTER_S)
            errors.append(await past.fill_gap())
        past.mark_filled()
        self._set_past(next(filter(None, errors), None))

    def _set_past(self, error: CloudError | None) -> None:
        self._past_sentence = f"past entries missing: {error.sentence}" if error else ""
        if error and self.is_live:
            self._set_step(TailStep(TailMode.LIVE, sentence=self._past_sentence))

    async def _poll(self, step: TailStep) -> None:
        """Reads pages within the quota for a while; after that the tail is tried again."""
        until = self._log.clock.monotonic() + step.poll_s
        while self._log.clock.monotonic() < until:
            try:
                await self._past.poll()
                self._set_step(step)
            except Exception as failure:
                error = cloud_error_of(failure)
                self._set_step(replace(step, mode=TailMode.BROKEN, sentence=error.sentence))
                if error.kind is ErrorKind.CREDENTIALS:
                    return
            await self._log.clock.sleep(POLL_EVERY_S * self._log.jitter())

    async def _run_paused(self) -> None:
        self._set_step(PAUSED_STEP)
        while True:
            await self._log.clock.sleep(PAUSED_EVERY_S * self._log.jitter())
            try:
                await self._past.read_background()
                self._set_step(PAUSED_STEP)
            except Exception as failure:
                error = cloud_error_of(failure)
                if error.kind is ErrorKind.CREDENTIALS:
                    self._log.gate.close(error)
                self._set_step(replace(PAUSED_STEP, sentence=f"{PAUSED_STEP.sentence} ({error.sentence})"))

    def _set_step(self, step: TailStep) -> None:
        self._step = step
        self._log.sink.set_mode(self._log.project, step)
