"""What a tail needs of whoever takes its entries: the console's log, or a command that writes them out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cfconsole.domain.logs.entries import Gap, LogEntry, TailBatch
from cfconsole.session.logs.tail_policy import TailStep


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
