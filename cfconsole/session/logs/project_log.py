"""The log of one project, as its tail and its pages share it: how and within which limits it is read, and its sink."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec import Struct

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.entries import Gap, LogEntry, TailBatch
from cfconsole.session.logs.read_budget import ReadBudget
from cfconsole.session.logs.tail_policy import TailStep
from cfconsole.session.ports import ClockPort, LogsPort
from cfconsole.session.watch.supervisor import CredentialsGate

WasRead = Callable[[Sequence[ServiceKey], int, int], None]
"""Called when a gap of some services, between two moments, was read after all."""


class LogSinkPort(Protocol):
    """Takes entries in any order, including known ones: the console's log, or a command that prints them."""

    def add_batch(self, batch: TailBatch, gaps: Sequence[Gap]) -> None:
        """One response of a tail, with gaps in place of what it says it left out."""
        ...

    def add_page(self, entries: Sequence[LogEntry]) -> None:
        """Entries that were read as a page, newest first."""
        ...

    def add_gap(self, gap: Gap, *, lost: int = 0) -> None:
        """Marks what could not be read; `lost` of them count as lost."""
        ...

    def set_mode(self, project: str, step: TailStep) -> None:
        """How the entries of a project arrive from now on."""
        ...


class ProjectLog(Struct, frozen=True):
    """What the tail and the pages of one project share."""

    project: str
    logs: LogsPort
    sink: LogSinkPort
    clock: ClockPort
    budget: ReadBudget
    gate: CredentialsGate
    jitter: Callable[[], float]
    gap_was_read: WasRead = lambda keys, from_ns, to_ns: None
