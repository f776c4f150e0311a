"""The log of one project, as its tail and its pages need it: how it is read, within which limits, and who takes it."""

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
"""Called when what was marked as not read of some services was read after all, between two moments."""


class LogSinkPort(Protocol):
    """Takes entries in any order; those of a page may be known already, and so may those of a batch."""

    def add_batch(self, batch: TailBatch, gaps: Sequence[Gap]) -> None:
        """One response of a tail, and what it says it left out as gaps in their place."""
        ...

    def add_page(self, entries: Sequence[LogEntry]) -> None:
        """Entries that were read as a page, newest first."""
        ...

    def add_gap(self, gap: Gap, *, lost: int = 0) -> None:
        """Marks what could not be read; `lost` counts it as lost, too."""
        ...

    def set_mode(self, project: str, step: TailStep) -> None:
        """How the entries of a project come from now on."""
        ...


class ProjectLog(Struct, frozen=True):
    """What a tail and the pages of one project share."""

    project: str
    logs: LogsPort
    sink: LogSinkPort
    clock: ClockPort
    budget: ReadBudget
    gate: CredentialsGate
    jitter: Callable[[], float]
    gap_was_read: WasRead = lambda keys, from_ns, to_ns: None
