"""The tail of one project on a log server, without a console, and a sink that keeps everything."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.buffer import LogBuffer
from cfconsole.domain.logs.entries import Gap, LogEntry, TailBatch
from cfconsole.session.logs.project_log import ProjectLog
from cfconsole.session.logs.project_tail import ProjectTail
from cfconsole.session.logs.read_budget import ReadBudget
from cfconsole.session.logs.tail_policy import TailMode, TailStep
from cfconsole.session.logs.tail_query import TailQuery
from cfconsole.session.watch.supervisor import CredentialsGate
from tests.session.logs.log_server import LogServer
from tests.session.manual_clock import ManualClock
from tests.session.shop import ORDERS, PROJECT


class Ledger:
    """A log sink with room for everything."""

    def __init__(self) -> None:
        self.buffer = LogBuffer(max_entries=10**9, max_bytes=10**15)
        self.gaps: list[Gap] = []
        self.steps: list[TailStep] = []

    def add_batch(self, batch: TailBatch, gaps: Sequence[Gap]) -> None:
        self.buffer.add(batch.entries)
        self.gaps += gaps

    def add_page(self, entries: Sequence[LogEntry]) -> None:
        self.buffer.add(entries)

    def add_gap(self, gap: Gap, *, lost: int = 0) -> None:
        self.gaps.append(gap)

    def set_mode(self, project: str, step: TailStep) -> None:
        self.steps.append(step)

    @property
    def modes(self) -> set[TailMode]:
        return {step.mode for step in self.steps}

    @property
    def entries(self) -> list[LogEntry]:
        rows = self.buffer.rows(0, len(self.buffer))
        return [row for row in rows if isinstance(row, LogEntry)]


class BareTail:
    """A tail with its clock, its server and its sink."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.server = LogServer(self.clock)
        self.ledger = Ledger()
        budget = ReadBudget(self.clock)
        log = ProjectLog(PROJECT, self.server, self.ledger, self.clock, budget, CredentialsGate(), lambda: 1.0)
        self.tail = ProjectTail(log)

    def select(self, *keys: ServiceKey) -> None:
        self.tail.set_query(TailQuery(keys))


@contextlib.asynccontextmanager
async def bare_tail(*keys: ServiceKey) -> AsyncIterator[BareTail]:
    bare = BareTail()
    bare.select(*(keys or (ORDERS,)))
    running = asyncio.create_task(bare.tail.run())
    try:
        await bare.clock.advance(15)
        yield bare
    finally:
        running.cancel()
        await asyncio.wait([running])
    assert bare.server.tails == []
