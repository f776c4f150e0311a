"""What the session needs from the edges. Adapters satisfy these by shape; `cli` is where that is checked.

Every method of a cloud port raises `CloudError` and nothing else when the call fails. Cancelling is always allowed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from cfconsole.domain.errors import JournalError
from cfconsole.domain.fleet.metrics import MetricsRead
from cfconsole.domain.fleet.reads import AcceptedWrite, CachedState, OperationState, ServicesRead
from cfconsole.domain.fleet.services import Revision, Service, ServiceKey
from cfconsole.domain.health.alerts import Alert
from cfconsole.domain.logs.entries import LogPage, TailBatch
from cfconsole.domain.releases.model import Release, ReleaseEvent

if TYPE_CHECKING:
    from cfconsole.domain.releases.notices import Notice
    from cfconsole.domain.releases.rollout.probes import ProbeAnswer
    from cfconsole.domain.releases.rollout.progress import CommandRecord, ReleaseProgress
    from cfconsole.domain.releases.rollout.runner_job import RunnerJob
    from cfconsole.domain.releases.team import TeamRelease
    from cfconsole.domain.releases.writes import ServiceWrite
    from cfconsole.domain.source.function_builds import BuildState, FunctionDeploy, UploadedSource
    from cfconsole.domain.source.packages import PackedSource, SourceRefusal, SourceSpec

__all__ = [
    "AcceptedWrite",
    "AlertsPort",
    "CachePort",
    "CachedState",
    "ClockPort",
    "Cloud",
    "FunctionsPort",
    "HistoryPort",
    "JournalError",
    "JournalPort",
    "LogsPort",
    "MetricsPort",
    "NotifyPort",
    "OperationState",
    "ProbesPort",
    "RunnersPort",
    "ServicesPort",
    "ServicesRead",
    "SharedJournalPort",
    "SourcesPort",
]


class ServicesPort(Protocol):
    async def regions(self, project: str) -> tuple[str, ...]:
        """Every region where services may run."""
        ...

    async def list_services(self, project: str, regions: Sequence[str]) -> ServicesRead:
        """Raises `CloudError` only when nothing at all could be read."""
        ...

    async def get_service(self, key: ServiceKey) -> Service: ...

    async def list_revisions(self, key: ServiceKey) -> tuple[Revision, ...]:
        """Newest first."""
        ...

    async def write(
        self, key: ServiceKey, write: ServiceWrite, *, etag: str, validate_only: bool = False
    ) -> AcceptedWrite:
        """Changes what the mask names and nothing else; never sent twice. A changed etag is `ErrorKind.CONFLICT`."""
        ...

    async def delete_revision(self, key: ServiceKey, revision: str) -> AcceptedWrite:
        """Deletes a revision that serves nothing, is not the newest and not the only one; else it is refused."""
        ...

    async def operation(self, name: str) -> OperationState: ...

    async def describe(self, key: ServiceKey) -> str:
        """The whole service as YAML-like text for reading, secrets masked."""
        ...


class MetricsPort(Protocol):
    async def read(self, project: str, *, end: datetime, window_s: float, judged_s: float) -> MetricsRead:
        """Grouped queries for all services of a project: charts over `window_s`, numbers over the last `judged_s`."""
        ...


class AlertsPort(Protocol):
    async def open_alerts(self, project: str) -> tuple[Alert, ...]: ...


class LogsPort(Protocol):
    async def page(self, project: str, query: str, *, size: int, newest_first: bool, page: str = "") -> LogPage:
        """One page of `entries.list`; costs one of the project's 60 reads a minute."""
        ...

    def tail(self, project: str, query: str) -> AbstractAsyncContextManager[AsyncIterator[TailBatch]]:
        """Opens one tail session; leaving the context gives it back."""
        ...


class ProbesPort(Protocol):
    async def send(self, url: str, path: str, *, timeout_s: float) -> ProbeAnswer:
        """One GET. Raises nothing: whatever goes wrong is the answer's `trouble`."""
        ...


class NotifyPort(Protocol):
    async def send(self, notice: Notice) -> None:
        """Sends one message to whoever is meant to know."""
        ...


class HistoryPort(Protocol):
    """The releases of everybody, kept in the cloud; display only."""

    async def write(self, release: Release) -> None:
        """Tells the others how a release is now; telling it twice does no harm."""
        ...

    async def read(self, project: str, *, since: datetime) -> tuple[TeamRelease, ...]:
        """What was told last of each release, newest release first; this console's own are among them."""
        ...


class FunctionsPort(Protocol):
    """Writes to functions; what they serve is read and written as their services."""

    async def upload(self, project: str, region: str, archive: bytes) -> UploadedSource:
        """Puts a zip archive where a deploy in this region can take it from."""
        ...

    async def deploy_function(self, deploy: FunctionDeploy, *, create: bool) -> AcceptedWrite:
        """Starts a build and what follows it; never sent twice."""
        ...

    async def build_state(self, operation: str) -> BuildState: ...

    async def source_build(self, key: ServiceKey, source: UploadedSource) -> BuildState:
        """How far a deploy of that source is, as the function itself shows it: for one whose operation is not known."""
        ...


class SourcesPort(Protocol):
    """Sources of functions on this machine."""

    async def pack(self, order: SourceSpec) -> PackedSource | SourceRefusal:
        """What is to be uploaded of a directory, once it passed all checks; raises nothing."""
        ...


class JournalPort(Protocol):
    """The append-only record of releases. Raises `JournalError` when something could not be made durable."""

    async def begin(self, release: Release) -> None:
        """Returns only when the intent is on disk."""
        ...

    async def append(self, release_id: str, event: ReleaseEvent) -> None: ...

    async def finish(self, release: Release) -> None: ...

    async def releases(self, service: ServiceKey | None = None, limit: int = 100) -> tuple[Release, ...]:
        """Newest first."""
        ...


class SharedJournalPort(JournalPort, Protocol):
    """The journal as processes share it: one claims a release and carries it out, others watch and send commands.

    The process that begins a release has claimed it, until it finishes it or releases the claim, or is gone.
    """

    async def claim(self, release_id: str) -> Release | None:
        """The release, this process's from now on; `None` where it ended or another process has claimed it."""
        ...

    async def release_claim(self, release_id: str) -> None:
        """This process carries the release out no more, although it did not end."""
        ...

    async def claimed(self, release_ids: Iterable[str]) -> frozenset[str]:
        """Those that a living process has claimed."""
        ...

    async def add_command(self, release_id: str, record: CommandRecord) -> None: ...

    async def commands(self, release_id: str) -> tuple[CommandRecord, ...]:
        """Every command to a release, oldest first."""
        ...

    async def show_progress(self, release_id: str, progress: ReleaseProgress) -> None:
        """Shows others how a release goes, in place of what was shown before."""
        ...

    async def progress_by_id(self) -> Mapping[str, ReleaseProgress]:
        """How the releases go that did not end, by their ids."""
        ...

    async def position(self) -> int:
        """A number that grows with every record, by whichever process."""
        ...

    async def release(self, release_id: str) -> Release | None:
        """One release; `None` where there is none of that name."""
        ...


class RunnersPort(Protocol):
    """Starts processes of their own that carry releases out and outlive the console."""

    async def launch(self, job: RunnerJob) -> None:
        """Returns once the release is in the journal and carried out. Raises `CloudError` where it came not so far."""
        ...

    def watch(self, release_id: str) -> None:
        """Somebody here can be asked about this release, until `unwatch` or the end of this process."""
        ...

    def unwatch(self, release_id: str) -> None: ...


class CachePort(Protocol):
    """The last known state, painted at once on the next start."""

    def load(self, scope: str) -> CachedState | None:
        """`None` where there is none or it can't be used."""
        ...

    async def save(self, scope: str, cached: CachedState) -> None: ...


class ClockPort(Protocol):
    """The only time the session knows."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float:
        """Seconds that never jump; for ages and pacing."""
        ...

    async def sleep(self, seconds: float) -> None: ...

    def timeout(self, seconds: float) -> AbstractAsyncContextManager[object]:
        """Raises `TimeoutError` inside the block once `seconds` have passed."""
        ...


class Cloud(Protocol):
    """The ports of one open cloud, real or emulated.

    The services answer at once. What is behind another port is loaded when it is first used, and the event loop stands
    still for that; a console calls `load` before.
    """

    async def load(self) -> None:
        """Loads everything in a worker thread. May fail in any way, and be called again."""
        ...

    @property
    def services(self) -> ServicesPort: ...

    @property
    def metrics(self) -> MetricsPort: ...

    @property
    def alerts(self) -> AlertsPort: ...

    @property
    def logs(self) -> LogsPort: ...

    @property
    def probes(self) -> ProbesPort: ...

    @property
    def history(self) -> HistoryPort: ...

    @property
    def functions(self) -> FunctionsPort: ...

    @property
    def notify(self) -> NotifyPort | None:
        """`None` where nobody is to be told."""
        ...
