"""Observes a service for a release in steps: a full read before a decision to write, one read at a time in a bake."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec import Struct

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.fleet.services import Revision, Service, ServiceKey
from cfconsole.domain.releases.rollout.probes import ProbeAnswer, ProbeResult, next_path, probe_outcome
from cfconsole.domain.releases.rollout.values import Command, Observation, Rollout
from cfconsole.domain.releases.rollout.workload import Workload, workload_of
from cfconsole.domain.releases.steps import Phase, ProbePolicy, StepKind
from cfconsole.session.ports import ClockPort, ProbesPort, ServicesPort
from cfconsole.session.releases.evidence.build_observer import BuildObserver, builds_function
from cfconsole.session.releases.evidence.step_evidence import StepEvidenceReader

SERVICE_EVERY_S = 5.0
REVISIONS_EVERY_S = 10.0
CREATING_EVERY_S = 2.0
"""The pace of revisions while a new one starts; the end of its operation makes a read due sooner."""
FRESH_S = 1.0
"""A list of revisions of this age counts as read now: revisions do not change while a decision is made."""
LOG_EVERY_S = 8.0
ENTRIES_EVERY_S = 12.0
MIN_METRICS_PAUSE_S = 10.0
MAX_METRICS_PAUSE_S = 60.0
"""All reads together are no more than one in two seconds."""


class _ScheduledRead(Struct, frozen=True):
    """One kind of read and when it is due."""

    name: str
    every_s: float
    do: Callable[[], Awaitable[None]]


class ServiceObserver:
    """The observations of one service. `service_read` gets each fresh read of it."""

    def __init__(
        self,
        key: ServiceKey,
        services: ServicesPort,
        clock: ClockPort,
        watch: StepEvidenceReader,
        service_read: Callable[[Service], None],
        build: BuildObserver | None = None,
    ) -> None:
        """`build` observes a function that is deployed from source and may not exist yet."""
        self._key = key
        self._services = services
        self._clock = clock
        self._watch = watch
        self._service_read = service_read
        self._build = build
        self._read_at: dict[str, float] = {}
        self._service: Service | None = None
        self._read_error = ""
        self._revisions: tuple[Revision, ...] = ()
        self._failed_operation = ("", "")
        self._done_operation = ""
        self._probe: ProbeResult | None = None

    @property
    def service(self) -> Service | None:
        """As last read."""
        return self._service

    def set_probe(self, probe: ProbeResult | None) -> None:
        self._probe = probe

    async def observe(self, rollout: Rollout, command: Command, *, attended: bool, fresh: bool) -> Observation:
        """What is known now: `fresh` reads everything, otherwise one read is made, the most overdue one."""
        self._watch.note_tail()
        built = await self._build.refresh(rollout) if self._build else False
        if fresh or self._is_settling(rollout) or self._service is None:
            is_due = await self._operation_is_done(rollout) or built or fresh
            await self._refresh_service(rollout, fresh=is_due)
            await self._refresh_revisions(rollout, fresh=is_due)
        else:
            await self._read_one(rollout)
        operation = rollout.progress.write.operation if rollout.progress.write else ""
        failed, why = self._failed_operation
        return Observation(
            service=None if self._read_error else self._service,
            revisions=self._revisions,
            judgement=self._watch.judge(rollout, self._clock.now(), self._work(rollout)),
            probe=self._probe,
            operation_error=why if operation and operation == failed else "",
            command=command,
            attended=attended,
            read_error=self._read_error,
            build=self._build.state if self._build else None,
            build_error=self._build.error if self._build else "",
        )

    def _work(self, rollout: Rollout) -> Workload:
        """The evidence that this kind of service is judged by."""
        candidate = rollout.progress.candidate
        revision = next((revision for revision in self._revisions if revision.name == candidate), None)
        return workload_of(self._service, revision)

    async def _refresh_service(self, rollout: Rollout, *, fresh: bool) -> None:
        """While the operation of a write is not done the service hardly changes."""
        write = rollout.progress.write
        pending = write is not None and write.operation not in ("", self._done_operation)
        age_s = self._clock.monotonic() - self._read_at.get("service", float("-inf"))
        if fresh or not pending or age_s >= FRESH_S or self._read_error:
            await self._read_service()

    async def _refresh_revisions(self, rollout: Rollout, *, fresh: bool) -> None:
        """Reads the revisions when due, not at each observation: Cloud Run allows few such reads per region."""
        age_s = self._clock.monotonic() - self._read_at.get("revisions", float("-inf"))
        creating = rollout.step.kind is StepKind.CREATE and rollout.progress.write is not None
        pace_s = CREATING_EVERY_S if creating else REVISIONS_EVERY_S
        unknown = self._service is not None and self._service.latest_created not in {
            revision.name for revision in self._revisions
        }
        if age_s >= (FRESH_S if fresh or unknown else pace_s):
            await self._read_revisions()

    @staticmethod
    def _is_settling(rollout: Rollout) -> bool:
        """Whether a write is under way, so that the next decision is awaited."""
        return rollout.progress.write is not None or rollout.progress.phase is Phase.RESTORE

    async def _read_one(self, rollout: Rollout) -> None:
        now = self._clock.monotonic()
        due = [read for read in self._reads(rollout) if self._overdue(read, now) >= 0]
        if due:
            read = max(due, key=lambda read: self._overdue(read, now))
            self._read_at[read.name] = now
            await read.do()

    def _overdue(self, read: _ScheduledRead, now: float) -> float:
        return now - self._read_at.get(read.name, float("-inf")) - read.every_s

    def _reads(self, rollout: Rollout) -> list[_ScheduledRead]:
        reads = [
            _ScheduledRead("service", SERVICE_EVERY_S, self._read_service),
            _ScheduledRead("revisions", REVISIONS_EVERY_S, self._read_revisions),
        ]
        if rollout.progress.phase is not Phase.BAKE or rollout.step.bake_s == 0:
            return reads
        metrics_every_s = min(MAX_METRICS_PAUSE_S, max(MIN_METRICS_PAUSE_S, self._watch.sample_period_s))
        reads.append(_ScheduledRead("metrics", metrics_every_s, self._watch.read_metrics))
        # With a tail, too: the minutes before the step show sooner that the log is complete.
        if not self._watch.is_tailed or "log" not in self._read_at:
            reads.append(_ScheduledRead("log", LOG_EVERY_S, lambda: self._watch.read_log(rollout)))
        if self._watch.actual_workload(self._work(rollout)) is not Workload.REQUESTS:
            reads.append(_ScheduledRead("entries", ENTRIES_EVERY_S, lambda: self._watch.read_entries(rollout)))
        return reads

    async def _read_service(self) -> None:
        self._read_at["service"] = self._clock.monotonic()
        try:
            self._service = await self._services.get_service(self._key)
        except CloudError as error:
            if self._is_yet_to_be_made(error):
                self._service, self._read_error = Service(self._key), ""
            else:
                self._read_error = error.sentence
        else:
            self._read_error = ""
            self._service_read(self._service)

    async def _read_revisions(self) -> None:
        self._read_at["revisions"] = self._clock.monotonic()
        try:
            self._revisions = await self._services.list_revisions(self._key)
        except CloudError as error:
            # Whether the new revision is Ready is not known, so no step may follow; a restore must not wait for that.
            known = self._revisions or self._is_yet_to_be_made(error)
            self._read_error = self._read_error or ("" if known else error.sentence)

    def _is_yet_to_be_made(self, error: CloudError) -> bool:
        """Whether the service could not be read because this release is going to create it."""
        return error.kind is ErrorKind.NOT_FOUND and self._build is not None and self._build.creates

    async def _operation_is_done(self, rollout: Rollout) -> bool:
        """Whether a write has ended since the last poll. A poll that fails says nothing about the change."""
        operation = rollout.progress.write.operation if rollout.progress.write else ""
        if not operation or operation == self._done_operation or builds_function(rollout):
            return False
        try:
            state = await self._services.operation(operation)
        except CloudError:
            return False
        if state.error:
            self._failed_operation = (operation, state.error)
        if state.done:
            self._done_operation = operation
            self._read_at.pop("revisions", None)
        return state.done


async def run_probe(probes: ProbesPort, policy: ProbePolicy, url: str, number: int) -> ProbeResult:
    """Probes a revision over HTTP, with as many requests as the answers take to decide."""
    answers: list[ProbeAnswer] = []
    while path := next_path(policy, answers):
        answers.append(await probes.send(url, path, timeout_s=policy.timeout_s))
    return probe_outcome(number, answers)
