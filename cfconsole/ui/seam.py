"""What the screen asks of a session: the only way from here to the cloud."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from cfconsole.domain.log_buffer import LogBuffer
from cfconsole.domain.logs import LogEntry, Severity
from cfconsole.domain.releases import Approval, GuardLevel, Plan, Refusal, ReleaseKind
from cfconsole.domain.services import ServiceKey
from cfconsole.session.state import ConsoleState


class Logs(Protocol):
    @property
    def buffer(self) -> LogBuffer: ...

    @property
    def min_severity(self) -> Severity: ...

    def set_min_severity(self, severity: Severity) -> None: ...

    @property
    def query(self) -> str:
        """The operator's expression in the Logging query language, empty for none."""
        ...

    async def set_query(self, text: str) -> str:
        """Empty when the expression is in force; else the sentence why not, and the old one stays."""
        ...

    @property
    def back_s(self) -> float:
        """How far back the log is read."""
        ...

    def set_range(self, seconds: float) -> None:
        """Reads the log that far back, if it was not."""
        ...


class Session(Protocol):
    @property
    def state(self) -> ConsoleState: ...

    @property
    def logs(self) -> Logs: ...

    def start(self) -> None:
        """Begins reading the cloud; called once the first frame is out."""
        ...

    def subscribe(self, listener: Callable[[ConsoleState], None]) -> Callable[[], None]: ...

    def select(self, keys: Sequence[ServiceKey]) -> None: ...

    def refresh(self) -> None: ...

    def touched(self) -> None:
        """A key was pressed: somebody is there."""
        ...

    async def trace(self, entry: LogEntry) -> tuple[LogEntry, ...]:
        """All entries of the entry's trace, across services, in time order. Raises `CloudError`."""
        ...

    async def describe(self, key: ServiceKey) -> str:
        """Raises `CloudError`."""
        ...

    def plan(self, kind: ReleaseKind, key: ServiceKey, *, bad: str = "", target: str = "") -> Plan | Refusal: ...

    async def replan(self, plan: Plan) -> Plan | Refusal: ...

    def guard(self, plan: Plan) -> GuardLevel: ...

    def approve(self, plan: Plan, *, typed: str = "") -> Approval | Refusal: ...

    def release(self, approval: Approval) -> str: ...


class Clock(Protocol):
    """The part of the clock port that a screen needs; it never sleeps by itself."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...
