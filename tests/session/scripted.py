"""The ports of the session in memory: a scripted cloud that records its calls, a journal and a cache."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.fleet.metrics import MetricsRead
from cfconsole.domain.fleet.reads import AcceptedWrite, OperationState, ServicesRead
from cfconsole.domain.fleet.services import Condition, Revision, Service, ServiceKey, Unreachable
from cfconsole.domain.fleet.traffic import LATEST, Share, Target
from cfconsole.domain.health.alerts import Alert
from cfconsole.domain.logs.entries import LogEntry, LogPage, TailBatch
from cfconsole.domain.releases.model import Release, ReleaseEvent, ReleaseState
from cfconsole.domain.releases.notices import Notice
from cfconsole.domain.releases.rollout.progress import CommandRecord, ReleaseProgress
from cfconsole.domain.releases.steps import CANDIDATE, TRAFFIC_MASK, Scaling, TemplateChange
from cfconsole.domain.releases.team import TeamRelease
from cfconsole.domain.releases.template_change import with_change
from cfconsole.domain.releases.writes import ServiceWrite
from cfconsole.domain.source.function_builds import BuildState, FunctionDeploy
from cfconsole.session.ports import (
    AlertsPort,
    CachedState,
    ClockPort,
    FunctionsPort,
    HistoryPort,
    LogsPort,
    MetricsPort,
    NotifyPort,
    ProbesPort,
    ServicesPort,
)
from tests.session.logs.log_pages import TailStream, page_of
from tests.session.manual_clock import ManualClock
from tests.session.scripted_release_ports import ScriptedFunctions, ScriptedHistory, ScriptedNotify, ScriptedProbes
from tests.session.shop import REGIONS, fleet, fleet_revisions, sick_metrics


def error(kind: ErrorKind, sentence: str = "scripted") -> CloudError:
    return CloudError(kind, sentence, api="scripted")


class Write(NamedTuple):
    """A write that reached the cloud, applied or not."""

    key: ServiceKey
    targets: tuple[Target, ...]
    etag: str
    mask: tuple[str, ...] = TRAFFIC_MASK
    change: TemplateChange | None = None
    values: tuple[tuple[str, str], ...] = ()
    scaling: Scaling | None = None


class Killed(BaseException):
    """The process dies here."""


DELETED = "operations/deleted"
"""The operation of every deletion."""


class ScriptedCloud(NamedTuple):
    """`Cloud` over scripted ports."""

    services: ServicesPort
    metrics: MetricsPort
    alerts: AlertsPort
    logs: LogsPort
    probes: ProbesPort
    history: HistoryPort
    functions: FunctionsPort
    notify: NotifyPort | None
    loading: Callable[[], Awaitable[None]]

    async def load(self) -> None:
        await self.loading()


class FakeCloud:
    """Services, metrics, alerts and logs of one project.

    `fail[method]` is raised by each call of that method until it is removed; `fail_next[method]` holds errors raised
    once each, in order. `calls` counts calls by method.
    """

    def __init__(self, clock: ClockPort | None = None) -> None:
        self.clock = clock or ManualClock()
        self.services: dict[ServiceKey, Service] = {service.key: service for service in fleet()}
        self.revisions: dict[ServiceKey, tuple[Revision, ...]] = fleet_revisions()
        self.all_regions: tuple[str, ...] = REGIONS
        self.unreachable: dict[str, str] = {}
        self.alerts: tuple[Alert, ...] = ()
        self.metrics: MetricsRead | None = sick_metrics(self.clock.now())
        self.log: list[LogEntry] = []
        self.tails: list[ScriptedTail] = []
        self.queries: list[str] = []
        self.writes: list[Write] = []
        self.calls: Counter[str] = Counter()
        self.listed_regions: list[tuple[str, ...]] = []
        self.fail: dict[str, BaseException] = {}
        self.fail_next: dict[str, list[BaseException]] = {}
        self.lose_answer_of_write: CloudError | None = None
        """The next write is applied, and its answer is this error."""
        self.effective_after_polls = 1
        """How many polls of an operation it takes until the split serves."""
        self.operation_error = ""
        self.start_error = ""
        """Why new revisions never become Ready."""
        self.deleted: list[str] = []
        """The revisions that were deleted, by name."""
        self.probes: list[str] = []
        """The URLs of the probes, including their paths."""
        self.probe_answers: dict[str, list[int | None]] = {}
        """By path: the statuses of the next probes, in order; the last one stays. 200 without an entry."""
        self.notices: list[Notice] = []
        self.published: list[TeamRelease] = []
        """The team's history, in the order of publication."""
        self.uploads: list[bytes] = []
        self.function_deploys: list[tuple[FunctionDeploy, bool]] = []
        self.builds: list[BuildState] = []
        """The states of the build at the next polls, in order; the last one stays. Done without an entry."""
        self._pending: dict[str, tuple[ServiceKey, int]] = {}
        self._made: set[str] = set()

    @property
    def cloud(self) -> ScriptedCloud:
        return ScriptedCloud(
            ScriptedServices(self),
            ScriptedMetrics(self),
            ScriptedAlerts(self),
            ScriptedLogs(self),
            ScriptedProbes(self),
            ScriptedHistory(self),
            ScriptedFunctions(self),
            ScriptedNotify(self),
            self.load,
        )

    async def connect(self) -> ScriptedCloud:
        self.called("connect")
        return self.cloud

    async def load(self) -> None:
        self.called("load")

    def called(self, method: str) -> None:
        """Counts a call and raises what is scripted for it."""
        self.calls[method] += 1
        queued = self.fail_next.get(method)
        if queued:
            raise queued.pop(0)
        if method in self.fail:
            raise self.fail[method]

    def change(self, service: Service, by: str = "somebody@shop.example") -> None:
        """Somebody else changes a service: new generation, new etag."""
        generation = self.services[service.key].generation + 1
        self.services[service.key] = replace(
            service, generation=generation, observed_generation=generation, etag=f"etag-g{generation}", updated_by=by
        )

    def apply_write(self, write: Write) -> str:
        """Sets the desired targets and creates the new revision; both serve once the operation is done."""
        if write.change is not None:
            self._create(write.key, write.change)
        service = self.services[write.key]
        generation = service.generation + 1
        if write.scaling is not None:
            service = replace(
                service, min_instances=write.scaling.min_instances, max_instances=write.scaling.max_instances
            )
        self.services[write.key] = replace(
            service,
            desired=write.targets or service.desired,
            generation=generation,
            etag=f"etag-g{generation}",
            reconciling=True,
            updated_by="me@shop.example",
            updated_at=self.clock.now(),
        )
        name = f"operations/{len(self.writes)}"
        self._pending[name] = (write.key, self.effective_after_polls)
        return name

    def _create(self, key: ServiceKey, change: TemplateChange) -> None:
        """Creates a copy of the newest revision with the change, not Ready yet."""
        newest, *older = self.revisions[key]
        number = int(newest.name.rpartition("-")[2]) + 1
        made = replace(
            with_change(newest, change), name=f"{key.name}-{number:05d}", created_at=self.clock.now(), ready=False
        )
        self._made.add(made.name)
        self.revisions[key] = (made, newest, *older)
        self.services[key] = replace(self.services[key], latest_created=made.name)

    def poll(self, operation: str) -> OperationState:
        if operation not in self._pending:
            return OperationState(True, self.operation_error if operation == DELETED else "")
        key, polls = self._pending[operation]
        self._pending[operation] = (key, polls - 1)
        if polls > 1:
            return OperationState(False)
        reason = self.operation_error
        if self.services[key].latest_created in self._made and self.start_error:
            reason = reason or self._fail_to_start(key)
        if not reason:
            self.serve_desired(key)
        return OperationState(True, reason)

    def settle(self) -> None:
        """Time passes: every write takes effect, even if nobody polls its operation."""
        for operation in self._pending:
            self._pending[operation] = (self._pending[operation][0], 1)
            self.poll(operation)

    def _fail_to_start(self, key: ServiceKey) -> str:
        newest, *older = self.revisions[key]
        if newest.name != self.services[key].latest_created or newest.ready:
            return ""
        failed = Condition("failed", "HealthCheckContainerError", self.start_error)
        self.revisions[key] = (replace(newest, condition=failed), *older)
        serves = any(share.revision == newest.name for share in self.services[key].effective)
        waits = any(line.revision in (LATEST, newest.name) and line.percent for line in self.services[key].desired)
        if not serves and not waits:
            self.serve_desired(key)
            return ""
        return self.start_error

    def serve_desired(self, key: ServiceKey) -> None:
        """The desired split of a service becomes effective, and a revision that a write made is Ready."""
        service = self.services[key]
        if service.latest_created in self._made and not self.start_error:
            service = replace(service, latest_ready=service.latest_created)
            newest, *older = self.revisions[key]
            self.revisions[key] = (replace(newest, ready=True), *older)
        shares = tuple(
            Share(line.revision or service.latest_ready, line.percent, line.tag, latest=line.revision == LATEST)
            for line in service.desired
        )
        self.services[key] = replace(
            service, effective=shares, reconciling=False, observed_generation=service.generation
        )

    def measured(self, end: datetime) -> MetricsRead:
        """The metrics that Monitoring has at that time."""
        return self.metrics or MetricsRead(end, {}, 60.0, 120.0)

    def say(self, *entries: LogEntry) -> None:
        """Writes entries: they can be listed, and every open tail gets them."""
        self.log.extend(entries)
        for tail in self.tails:
            tail.send(TailBatch(tuple(sorted(entries, key=lambda entry: entry.order))))


class ScriptedServices:
    """`ServicesPort` over a `FakeCloud`."""

    def __init__(self, fake: FakeCloud) -> None:
        self._fake = fake

    async def regions(self, project: str) -> tuple[str, ...]:
        self._fake.called("regions")
        return self._fake.all_regions

    async def list_services(self, project: str, regions: Sequence[str]) -> ServicesRead:
        fake = self._fake
        fake.listed_regions.append(tuple(regions))
        fake.called("list_services")
        found = (
            replace(service, read_at=fake.clock.now())
            for service in fake.services.values()
            if service.key.project == project
            and service.key.region in regions
            and service.key.region not in fake.unreachable
        )
        silent = tuple(Unreachable(region, why) for region, why in fake.unreachable.items() if region in regions)
        return ServicesRead(tuple(found), silent)

    async def get_service(self, key: ServiceKey) -> Service:
        self._fake.called("get_service")
        if key not in self._fake.services:
            raise error(ErrorKind.NOT_FOUND)
        return replace(self._fake.services[key], read_at=self._fake.clock.now())

    async def list_revisions(self, key: ServiceKey) -> tuple[Revision, ...]:
        self._fake.called("list_revisions")
        return self._fake.revisions.get(key, ())

    async def write(
        self, key: ServiceKey, write: ServiceWrite, *, etag: str, validate_only: bool = False
    ) -> AcceptedWrite:
        self._fake.called("validate" if validate_only else "write")
        assert CANDIDATE not in {target.revision for target in write.targets}, "the API does not know this name"
        fake = self._fake
        if etag != fake.services[key].etag:
            raise error(ErrorKind.CONFLICT)
        if validate_only:
            return AcceptedWrite("")
        sent = Write(key, write.targets, etag, write.mask, write.change, write.values, write.scaling)
        fake.writes.append(sent)
        operation = fake.apply_write(sent)
        if fake.lose_answer_of_write:
            lost, fake.lose_answer_of_write = fake.lose_answer_of_write, None
            fake.serve_desired(key)
            raise lost
        return AcceptedWrite(operation)

    async def delete_revision(self, key: ServiceKey, revision: str) -> AcceptedWrite:
        fake = self._fake
        fake.called("delete_revision")
        fake.deleted.append(revision)
        if not fake.operation_error:
            fake.revisions[key] = tuple(one for one in fake.revisions[key] if one.name != revision)
        return AcceptedWrite(DELETED)

    async def operation(self, name: str) -> OperationState:
        self._fake.called("operation")
        return self._fake.poll(name)

    async def describe(self, key: ServiceKey) -> str:
        self._fake.called("describe")
        return f"name: {key.path}\n"


class ScriptedMetrics:
    """`MetricsPort` over a `FakeCloud`."""

    def __init__(self, fake: FakeCloud) -> None:
        self._fake = fake

    async def read(self, project: str, *, end: datetime, window_s: float, recent_s: float) -> MetricsRead:
        self._fake.called("metrics")
        return self._fake.measured(end)


class ScriptedAlerts:
    """`AlertsPort` over a `FakeCloud`."""

    def __init__(self, fake: FakeCloud) -> None:
        self._fake = fake

    async def open_alerts(self, project: str) -> tuple[Alert, ...]:
        self._fake.called("alerts")
        return self._fake.alerts


class ScriptedTail(TailStream):
    """One open tail session: delivers what is sent to it until it is broken."""

    def __init__(self, query: str) -> None:
        super().__init__()
        self.query = query
        self.closed = False

    def send(self, batch: TailBatch) -> None:
        self.put(batch)

    def break_off(self, kind: ErrorKind) -> None:
        self.put(error(kind))


class ScriptedLogs:
    """`LogsPort` over a `FakeCloud`. A page ignores its query and holds all entries."""

    def __init__(self, fake: FakeCloud) -> None:
        self._fake = fake

    async def page(self, project: str, query: str, *, size: int, newest_first: bool, page: str = "") -> LogPage:
        fake = self._fake
        fake.queries.append(query)
        fake.called("page")
        entries = sorted(fake.log, key=lambda entry: entry.order, reverse=newest_first)
        return page_of(entries, size, page)

    def tail(self, project: str, query: str) -> AbstractAsyncContextManager[AsyncIterator[TailBatch]]:
        return self._tail(query)

    @contextlib.asynccontextmanager
    async def _tail(self, query: str) -> AsyncIterator[AsyncIterator[TailBatch]]:
        self._fake.called("tail")
        tail = ScriptedTail(query)
        self._fake.tails.append(tail)
        try:
            yield tail.batches()
        finally:
            tail.closed = True
            self._fake.tails.remove(tail)


class MemoryJournal:
    """`SharedJournalPort` in memory; `order` lists its writes in order."""

    def __init__(self) -> None:
        self.recorded: dict[str, Release] = {}
        self.order: list[str] = []
        self.fail: dict[str, BaseException] = {}
        self.commands_by_id: dict[str, list[CommandRecord]] = {}
        self.shown_progress: dict[str, ReleaseProgress] = {}
        self.claims: set[str] = set()
        """The releases that this console or another process carries out."""

    async def begin(self, release: Release) -> None:
        self._called("begin")
        self.recorded[release.id] = release
        self.claims.add(release.id)

    async def claim(self, release_id: str) -> Release | None:
        self._called("claim")
        release = self.recorded.get(release_id)
        if release is None or release.ended_at or release_id in self.claims:
            return None
        self.claims.add(release_id)
        return release

    async def release_claim(self, release_id: str) -> None:
        self._called("release_claim")
        self.claims.discard(release_id)

    async def claimed(self, release_ids: Iterable[str]) -> frozenset[str]:
        return frozenset(release_ids) & self.claims

    async def add_command(self, release_id: str, record: CommandRecord) -> None:
        self._called("add_command")
        self.commands_by_id.setdefault(release_id, []).append(record)

    async def commands(self, release_id: str) -> tuple[CommandRecord, ...]:
        return tuple(self.commands_by_id.get(release_id, ()))

    async def show_progress(self, release_id: str, progress: ReleaseProgress) -> None:
        self.shown_progress[release_id] = progress

    async def progress_by_id(self) -> Mapping[str, ReleaseProgress]:
        return dict(self.shown_progress)

    async def position(self) -> int:
        return sum(len(release.events) + 1 for release in self.recorded.values())

    async def release(self, release_id: str) -> Release | None:
        return self.recorded.get(release_id)

    async def append(self, release_id: str, event: ReleaseEvent) -> None:
        self._called(f"append {event.state.value}")
        release = self.recorded[release_id]
        self.recorded[release_id] = replace(release, state=event.state, events=(*release.events, event))

    async def finish(self, release: Release) -> None:
        self._called("finish")
        self.recorded[release.id] = release
        self.claims.discard(release.id)
        self.shown_progress.pop(release.id, None)

    async def releases(self, service: ServiceKey | None = None, limit: int = 100) -> tuple[Release, ...]:
        self._called("releases")
        found = [release for release in self.recorded.values() if service in (None, release.plan.service)]
        return tuple(sorted(found, key=lambda release: release.started_at, reverse=True)[:limit])

    def states(self) -> list[ReleaseState]:
        return [release.state for release in self.recorded.values()]

    def _called(self, what: str) -> None:
        self.order.append(what)
        failure = self.fail.get(what.split(" ", maxsplit=1)[0]) or self.fail.get(what)
        if failure:
            raise failure


class MemoryCache:
    """`CachePort` in memory."""

    def __init__(self) -> None:
        self.saved: dict[str, CachedState] = {}

    def load(self, scope: str) -> CachedState | None:
        return self.saved.get(scope)

    async def save(self, scope: str, cached: CachedState) -> None:
        self.saved[scope] = cached
