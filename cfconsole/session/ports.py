"""The ports of the session: what it needs from the outside. Adapters match them by shape; `cli` checks that they do.

A method of a cloud port raises `CloudError` when its call fails, and nothing else. Any call may be cancelled.
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
        """Raises `CloudError` only if nothing at all could be read."""
        ...

    async def get_service(self, key: ServiceKey) -> Service: ...

    async def list_revisions(self, key: ServiceKey) -> tuple[Revision, ...]:
        """Newest first."""
        ...

    async def write(
        self, key: ServiceKey, write: ServiceWrite, *, etag: str, validate_only: bool = False
    ) -> AcceptedWrite:
        """Changes the masked fields and nothing else; never sends twice. A changed etag is `ErrorKind.CONFLICT`."""
        ...

    async def delete_revision(self, key: ServiceKey, revision: str) -> AcceptedWrite:
        """Deletes a revision. Cloud Run refuses one that serves, the newest one and the only one."""
        ...

    async def operation(self, name: str) -> OperationState: ...

    async def describe(self, key: ServiceKey) -> str:
        """The whole service as readable, YAML-like text with its secrets masked."""
        ...


class MetricsPort(Protocol):
    async def read(self, project: str, *, end: datetime, window_s: float, recent_s: float) -> MetricsRead:
        """Grouped queries for all services of a project: charts over `window_s`, numbers over the last `recent_s`."""
        ...


class AlertsPort(Protocol):
    async def open_alerts(self, project: str) -> tuple[Alert, ...]: ...


class LogsPort(Protocol):
    async def page(self, project: str, query: str, *, size: int, newest_first: bool, page: str = "") -> LogPage:
        """One page of `entries.list`. It costs one of the project's 60 reads per minute."""
        ...

    def tail(self, project: str, query: str) -> AbstractAsyncContextManager[AsyncIterator[TailBatch]]:
        """Opens one tail session; leaving the context closes it."""
        ...


class ProbesPort(Protocol):
    async def send(self, url: str, path: str, *, timeout_s: float) -> ProbeAnswer:
        """Sends one GET. Never raises: a failure is in the answer's `error`."""
        ...


class NotifyPort(Protocol):
    async def send(self, notice: Notice) -> None:
        """Sends one message to the on-call."""
        ...


class HistoryPort(Protocol):
    """The releases of the whole team, stored in the cloud; for display only."""

    async def write(self, release: Release) -> None:
        """Publishes the current state of a release. Publishing it twice does no harm."""
        ...

    async def read(self, project: str, *, since: datetime) -> tuple[TeamRelease, ...]:
        """The last published state of each release, this console's among them; newest release first."""
        ...


class FunctionsPort(Protocol):
    """Deploys functions. Their traffic is read and written through their services."""

    async def upload(self, project: str, region: str, archive: bytes) -> UploadedSource:
        """Uploads a zip archive for a deploy in this region."""
        ...

    async def deploy_function(self, deploy: FunctionDeploy, *, create: bool) -> AcceptedWrite:
        """Starts the build and deploy of a function; never sends twice."""
        ...

    async def build_state(self, operation: str) -> BuildState: ...

    async def source_build(self, key: ServiceKey, source: UploadedSource) -> BuildState:
        """The state of the deploy of a source as the function itself shows it, if its operation is not known."""
        ...


class SourcesPort(Protocol):
    """Sources of functions on this machine."""

    async def pack(self, order: SourceSpec) -> PackedSource | SourceRefusal:
        """Checks a directory and packs it for the upload. Never raises."""
        ...


class JournalPort(Protocol):
    """The append-only record of releases. Raises `JournalError` if a record could not be made durable."""

    async def begin(self, release: Release) -> None:
        """Returns only when the intent is on disk."""
        ...

    async def append(self, release_id: str, event: ReleaseEvent) -> None: ...

    async def finish(self, release: Release) -> None: ...

    async def releases(self, service: ServiceKey | None = None, limit: int = 100) -> tuple[Release, ...]:
        """Newest first."""
        ...


class SharedJournalPort(JournalPort, Protocol):
    """The journal that processes share: one claims a release and carries it out, others watch it and send commands.

    Beginning a release claims it. The claim ends when its process finishes the release, releases the claim or exits.
    """

    async def claim(self, release_id: str) -> Release | None:
        """Claims a release for this process; `None` if it has ended or another process has claimed it."""
        ...

    async def release_claim(self, release_id: str) -> None:
        """Gives up the claim on a release that has not ended."""
        ...

    async def claimed(self, release_ids: Iterable[str]) -> frozenset[str]:
        """The releases among these that a running process has claimed."""
        ...

    async def add_command(self, release_id: str, record: CommandRecord) -> None: ...

    async def commands(self, release_id: str) -> tuple[CommandRecord, ...]:
        """All commands to a release, oldest first."""
        ...

    async def show_progress(self, release_id: str, progress: ReleaseProgress) -> None:
        """Replaces the progress that other processes see of a release."""
        ...

    async def progress_by_id(self) -> Mapping[str, ReleaseProgress]:
        """The progress of the releases that have not ended, by id."""
        ...

    async def position(self) -> int:
        """A number that grows with each record of any process."""
        ...

    async def release(self, release_id: str) -> Release | None:
        """One release; `None` if the journal does not have it."""
        ...


class RunnersPort(Protocol):
    """Starts separate processes that carry out releases and outlive the console."""

    async def launch(self, job: RunnerJob) -> None:
        """Returns once the runner has the release in the journal and has begun. Raises `CloudError` if it could not."""
        ...

    def watch(self, release_id: str) -> None:
        """Announces that an operator watches this release here, until `unwatch` or the end of this process."""
        ...

    def unwatch(self, release_id: str) -> None: ...


class CachePort(Protocol):
    """The last known state, which the next start shows at once."""

    def load(self, scope: str) -> CachedState | None:
        """`None` if there is none or it can't be used."""
        ...

    async def save(self, scope: str, cached: CachedState) -> None: ...


class ClockPort(Protocol):
    """The session's only source of time."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float:
        """Seconds of a clock that never jumps, for ages and pauses."""
        ...

    async def sleep(self, seconds: float) -> None: ...

    def timeout(self, seconds: float) -> AbstractAsyncContextManager[object]:
        """Raises `TimeoutError` inside the block once `seconds` have passed."""
        ...


class Cloud(Protocol):
    """The ports of one open cloud, real or emulated.

    `services` works at once. The other ports are loaded on first use, which blocks the event loop; a console calls
    `load` first.
    """

    async def load(self) -> None:
        """Loads all ports in a worker thread. May raise any exception, and may be called again."""
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
        """`None` if no notifications are configured."""
        ...
