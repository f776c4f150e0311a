"""Protocols of the session as the screen uses it, which is its only way to the cloud."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.buffer import LogBuffer
from cfconsole.domain.logs.entries import LogEntry, Severity
from cfconsole.session.state.console_state import ConsoleState

if TYPE_CHECKING:
    # The first frame does not wait for the modules of releases.
    from cfconsole.domain.releases.kinds import GuardLevel
    from cfconsole.domain.releases.model import Approval, Plan, Refusal
    from cfconsole.domain.releases.planning.request import PlanRequest
    from cfconsole.domain.releases.rollout.recovery import Recovery
    from cfconsole.domain.releases.rollout.values import Command
    from cfconsole.domain.source.packages import PackedSource, SourceRefusal


class LogViewPort(Protocol):
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
        """Returns why the expression can't be used, and the old one stays; an empty string once it is in force."""
        ...

    @property
    def range_s(self) -> float:
        """How far back the log is read, in seconds."""
        ...

    def set_range(self, seconds: float) -> None:
        """Reads the log at least that far back."""
        ...

    def set_visible(self, visible: bool) -> None:
        """Whether the log is on the screen."""
        ...


class ChangesPort(Protocol):
    """Changes to the cloud: plans from what is on screen, plans from a fresh read, and carrying them out."""

    def plan(self, key: ServiceKey, request: PlanRequest) -> Plan | Refusal: ...

    async def replan(self, key: ServiceKey, request: PlanRequest) -> Plan | Refusal:
        """The plan of the same request from a fresh read."""
        ...

    async def pack(self, key: ServiceKey, directory: str, *, run_tests: bool = True) -> PackedSource | SourceRefusal:
        """Checks and packs the source of a function; takes as long as its tests."""
        ...

    def guard(self, plan: Plan) -> GuardLevel: ...

    def approve(self, plan: Plan, *, typed: str = "") -> Approval | Refusal: ...

    def release(self, approval: Approval, request: PlanRequest, *, unrecorded: bool = False) -> str:
        """Starts the release of an approved plan of that request, and returns its id. Raises `CloudError`.

        `unrecorded`: a rollback or an undo is carried out even if the journal can't record it.
        """
        ...

    def command(self, release_id: str, command: Command) -> None:
        """Sends a command to a release under way, whichever process runs it."""
        ...

    async def recovery(self, release_id: str) -> Recovery | Refusal:
        """What can be done about an interrupted release, from a fresh read."""
        ...

    async def recover(self, release_id: str, command: Command, *, typed: str = "") -> Refusal | None:
        """Resumes an interrupted release, aborts it, or closes it as it stands (`NONE`)."""
        ...

    async def delete_revision(self, approval: Approval) -> Refusal | None:
        """Deletes the revision of an approved plan; returns the reason if it could not be deleted."""
        ...


class SessionPort(Protocol):
    @property
    def state(self) -> ConsoleState: ...

    @property
    def logs(self) -> LogViewPort: ...

    @property
    def changes(self) -> ChangesPort: ...

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions where services can run, as far as they have been read."""
        ...

    def start(self) -> None:
        """Starts reading the cloud; called once the first frame is out."""
        ...

    def subscribe(self, listener: Callable[[ConsoleState], None]) -> Callable[[], None]: ...

    def select(self, keys: Sequence[ServiceKey]) -> None: ...

    def refresh(self) -> None: ...

    def note_key(self) -> None:
        """Notes that a key was pressed, so an operator is present."""
        ...

    async def trace(self, entry: LogEntry) -> tuple[LogEntry, ...]:
        """All entries of the entry's trace, across services, in time order. Raises `CloudError`."""
        ...

    async def describe(self, key: ServiceKey) -> str:
        """Raises `CloudError`."""
        ...


class ClockReader(Protocol):
    """The part of the clock port that the screen needs; the screen never sleeps."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...
