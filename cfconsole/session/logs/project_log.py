"""The log of one project, as its tail and its pages need it: how it is read, within which limits, and who takes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.session.logs.intake import LogSinkPort
from cfconsole.session.logs.read_budget import ReadBudget
from cfconsole.session.ports import ClockPort, LogsPort
from cfconsole.session.watch.supervisor import CredentialsGate

WasRead = Callable[[Sequence[ServiceKey], int, int], None]
"""Called when what was marked as not read of some services was read after all, between two moments."""


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
