"""What the screen asks of a session: the only way from here to the cloud."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.buffer import LogBuffer
from cfconsole.domain.logs.entries import LogEntry, Severity
from cfconsole.session.state.console_state import ConsoleState

if TYPE_CHECKING:
    # The types of releases in steps, which the first frame need not wait for.
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
        """Empty when the expression is in force; else the sentence why not, and the old one stays."""
        ...

    @property
    def range_s(self) -> float:
        """How far back the log is read."""
        ...

    def set_range(self, seconds: float) -> None:
        """Reads the log that far back, if it was not."""
        ...

    def set_visible(self, shown: bool) -> None:
        """Whether the log is on the screen."""
        ...


class ChangesPort(Protocol):
    """What a screen may ask for that changes the cloud: plans at once from what is on screen, and what was approved."""

    def plan(self, key: ServiceKey, request: PlanRequest) -> Plan | Refusal: ...

    async def replan(self, key: ServiceKey, request: PlanRequest) -> Plan | Refusal:
        """The plan of the same request from a fresh read."""
        ...

    async def pack(self, key: ServiceKey, directory: str, *, run_tests: bool = True) -> PackedSource | SourceRefusal:
        """Checks and zips the source of a function; takes as long as its tests."""
        ...

    def guard(self, plan: Plan) -> GuardLevel: ...

    def approve(self, plan: Plan, *, typed: str = "") -> Approval | Refusal: ...

    def release(self, approval: Approval, request: PlanRequest, *, unrecorded: bool = False) -> str:
        """Begins what was approved; `request` is what its plan answers. Raises `CloudError`.

        `unrecorded`: a rollback or an undo is carried out also where the journal does not take it.
        """
        ...

    def command(self, release_id: str, command: Command) -> None:
        """Steers a release under way, whichever process carries it out."""
        ...

    async def recovery(self, release_id: str) -> Recovery | Refusal:
        """What can be done about a release that nobody carries out any more, from a fresh read."""
        ...

    async def recover(self, release_id: str, command: Command, *, typed: str = "") -> Refusal | None:
        """Goes on with such a release, puts back what served before, or leaves it (`NONE`)."""
        ...

    async def delete_revision(self, approval: Approval) -> Refusal | None:
        """Deletes the revision of an approved plan; why not, or `None` once it is gone."""
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
        """Where services may run, as far as that was read."""
        ...

    def start(self) -> None:
        """Begins reading the cloud; called once the first frame is out."""
        ...

    def subscribe(self, listener: Callable[[ConsoleState], None]) -> Callable[[], None]: ...

    def select(self, keys: Sequence[ServiceKey]) -> None: ...

    def refresh(self) -> None: ...

    def note_key(self) -> None:
        """A key was pressed: somebody is there."""
        ...

    async def trace(self, entry: LogEntry) -> tuple[LogEntry, ...]:
        """All entries of the entry's trace, across services, in time order. Raises `CloudError`."""
        ...

    async def describe(self, key: ServiceKey) -> str:
        """Raises `CloudError`."""
        ...


class ClockReader(Protocol):
    """The part of the clock port that a screen needs; it never sleeps by itself."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...
