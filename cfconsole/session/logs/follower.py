"""Follows the logs of several services for commands: the entries of all projects in one order, with their gaps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain

from msgspec import Struct
from msgspec.structs import replace

from cfconsole.domain.logs.entries import Gap, LogEntry, TailBatch
from cfconsole.domain.logs.reorder_queue import ReorderQueue
from cfconsole.domain.logs.rows import Row
from cfconsole.session.logs.project_log import ProjectLog
from cfconsole.session.logs.project_tail import ProjectTail
from cfconsole.session.logs.read_budget import ReadBudget
from cfconsole.session.logs.reader import LogQuery, PastLog
from cfconsole.session.logs.tail_policy import TailMode, TailStep
from cfconsole.session.logs.tail_query import TailQuery
from cfconsole.session.ports import ClockPort, LogsPort
from cfconsole.session.watch.supervisor import CredentialsGate

LOOK_EVERY_S = 0.25
"""How often due entries are delivered; too short to be seen as a delay."""


class FollowSink:
    """The log sink of a command: keeps matching entries until they are due."""

    def __init__(self, clock: ClockPort, query: LogQuery, past: PastLog, report: Callable[[str], None]) -> None:
        self._clock = clock
        self._accepts = query.accepts
        self._report = report
        self._queue = ReorderQueue()
        self._reported: dict[str, str] = {}
        entries = [row for row in past.rows if isinstance(row, LogEntry)]
        for entry in entries:
            self._queue.seen_before(entry)
        # Entries from before the past that was read stay out, even if a page holds them.
        self._floor_ns = entries[0].timestamp_ns if len(entries) >= query.limit else query.since_ns

    def add_batch(self, batch: TailBatch, gaps: Sequence[Gap]) -> None:
        self._add(filter(self._accepts, batch.entries), gaps)

    def add_page(self, entries: Sequence[LogEntry]) -> None:
        self._add(entry for entry in entries if entry.timestamp_ns >= self._floor_ns and self._accepts(entry))

    def add_gap(self, gap: Gap, *, lost: int = 0) -> None:
        self._add((), (gap,))

    def set_mode(self, project: str, step: TailStep) -> None:
        """Reports each problem once, and when it is over."""
        before = self._reported.get(project, "")
        if step.sentence and step.sentence != before:
            self._reported[project] = step.sentence
            self._report(f"The log of {project}: {step.sentence}")
        elif before and not step.sentence and step.mode is TailMode.LIVE:
            del self._reported[project]
            self._report(f"The log of {project}: live again.")

    def due(self) -> list[Row]:
        return self._queue.due(self._clock.monotonic())

    def _add(self, entries: Iterable[LogEntry], gaps: Sequence[Gap] = ()) -> None:
        self._queue.add(chain(entries, gaps), self._clock.monotonic())


class LogFollower(Struct, frozen=True):
    """Follows logs; its fields are what it needs to do so."""

    logs: LogsPort
    clock: ClockPort
    budgets: Mapping[str, ReadBudget]
    gate: CredentialsGate
    jitter: Callable[[], float]
    report: Callable[[str], None]
    """Gets a sentence about each project that is not live."""
    deliver: Callable[[Sequence[Row]], bool]
    """Gets the due rows several times a second, even if there are none; returns whether to continue."""

    async def follow(self, query: LogQuery, past: PastLog) -> None:
        """Continues the past until `deliver` returns false. The tail sessions are closed in any case."""
        sink = FollowSink(self.clock, query, past, self.report)
        async with asyncio.TaskGroup() as group:
            tails = [
                group.create_task(self._tail(project, sink, query, past), name=f"follow {project}")
                for project in query.projects
            ]
            while self.deliver(sink.due()):
                await self.clock.sleep(LOOK_EVERY_S)
            for tail in tails:
                tail.cancel()

    async def _tail(self, project: str, sink: FollowSink, query: LogQuery, past: PastLog) -> None:
        log = ProjectLog(project, self.logs, sink, self.clock, self.budgets[project], self.gate, self.jitter)
        tail = ProjectTail(log)
        # For a project that could not be read before, the newest page is read again.
        read_ns = (query.since_ns, query.until_ns) if project not in past.failed else (0, 0)
        tail_query = TailQuery(query.projects[project], extra=query.expression, background=False)
        tail.set_query(replace(tail_query, read_from_ns=read_ns[0], read_to_ns=read_ns[1]))
        await tail.run()
