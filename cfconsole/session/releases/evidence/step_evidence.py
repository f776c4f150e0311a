"""The evidence of a step: requests in the log and counts of Monitoring since its split serves, and the verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from msgspec.structs import replace

from cfconsole.domain.errors import CloudError
from cfconsole.domain.fleet.metrics import MetricsRead, ServiceMetrics
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.entries import LogEntry
from cfconsole.domain.logs.times import to_ns
from cfconsole.domain.releases.model import Evidence
from cfconsole.domain.releases.rollout.step_judgement import (
    Judgement,
    LogCompleteness,
    RequestCounts,
    StepEvidence,
    judge_entries,
    judge_step,
    log_completeness,
)
from cfconsole.domain.releases.rollout.values import Rollout
from cfconsole.domain.releases.rollout.workload import Workload, judgement_by_workload
from cfconsole.domain.releases.verification import count_requests, sum_evidence, total_evidence
from cfconsole.session.ports import ClockPort, MetricsPort
from cfconsole.session.releases.evidence.log_evidence import LogEvidenceReader
from cfconsole.session.releases.evidence.request_log import MAX_REQUEST_ENTRIES, RequestLog

LOG_LOOKBACK_S = 300.0
"""How far before a step the log is read: those minutes can show that the log is complete."""
CHARTS_S = 1800.0


class StepEvidenceReader:
    """The evidence about one service, from its tail, its log and Monitoring."""

    def __init__(self, key: ServiceKey, requests: RequestLog, metrics: MetricsPort, clock: ClockPort) -> None:
        self._key = key
        self._requests = requests
        self._own = LogEvidenceReader(key, requests)
        self._metrics = metrics
        self._clock = clock
        self._read: MetricsRead | None = None
        self._complete_since: int | None = None
        """The moment in ns since which the collected log has every request; `None` before any tail or page."""
        self._complete_until = 0
        self._tailed = False
        self._unread: dict[str, str] = {}
        """Why something could not be read, by what it is."""

    @property
    def is_tailed(self) -> bool:
        """Whether a live tail already brings the requests."""
        return self._requests.is_tailed(self._key)

    @property
    def sample_period_s(self) -> float:
        return self._read.sample_period_s if self._read else 0.0

    def note_tail(self) -> None:
        """Notes how far the tail has brought everything. Called at each observation: a tail may break at any time."""
        if self.is_tailed and not self._tailed:
            self._extend_complete_range(to_ns(self._clock.now()))
        self._tailed = self.is_tailed
        if self._tailed:
            self._complete_until = to_ns(self._clock.now())

    async def read_log(self, rollout: Rollout) -> None:
        """Reads the newest page of requests, if the read quota allows it now."""
        now = self._clock.now()
        since = (rollout.progress.effective_at or now) - timedelta(seconds=LOG_LOOKBACK_S)
        try:
            complete_from = await self._requests.read(self._key, to_ns(since))
        except CloudError as error:
            self._unread["request log"] = error.sentence
            return
        self._unread.pop("request log", None)
        if complete_from is not None:
            self._extend_complete_range(complete_from)
            self._complete_until = to_ns(now)

    async def read_entries(self, rollout: Rollout) -> None:
        """Reads what the revisions log themselves, for services that can't be judged by requests."""
        now = self._clock.now()
        try:
            await self._own.read(rollout.progress.effective_at or now, now)
        except CloudError as error:
            self._unread["log"] = error.sentence
        else:
            self._unread.pop("log", None)

    def actual_workload(self, work: Workload) -> Workload:
        """The evidence to judge the service by: that of its kind, but requests only if there are any."""
        if work is not Workload.REQUESTS or self._read is None:
            return work
        measured = self._read.services.get(self._key)
        counted = measured.revision_counts.values() if measured else ()
        some = any(any(requests.values) for requests, _ in counted) or self._requests.entries(self._key)
        return Workload.REQUESTS if some else Workload.UNCOUNTED

    async def read_metrics(self) -> None:
        """Reads Monitoring. If that fails, the verdict rests on the last read and says so."""
        try:
            self._read = await self._metrics.read(
                self._key.project, end=self._clock.now(), window_s=CHARTS_S, recent_s=LOG_LOOKBACK_S
            )
        except CloudError as error:
            self._unread["metrics"] = error.sentence
        else:
            self._unread.pop("metrics", None)

    def judge(self, rollout: Rollout, now: datetime, work: Workload = Workload.REQUESTS) -> Judgement | None:
        """The verdict on a step whose split serves; `None` if there is nothing to judge.

        `work` is the kind of evidence that this kind of service is judged by.
        """
        since, candidate = rollout.progress.effective_at, rollout.progress.candidate
        if since is None or not candidate or rollout.step.bake_s == 0:
            return None
        judgement = self._by_workload(self._judge_requests(rollout, since, now), rollout, work, now)
        unread = "".join(f"; the {what} could not be read: {why}" for what, why in self._unread.items())
        return replace(judgement, sentence=judgement.sentence + unread)

    def _by_workload(self, requests: Judgement, rollout: Rollout, work: Workload, now: datetime) -> Judgement:
        """Adds the verdict on the revisions' own log, for services judged by it."""
        work, since = self.actual_workload(work), requests.since
        if work is Workload.REQUESTS:
            return requests
        counts = self._own.counts(rollout.progress.candidate, since) or RequestCounts(Evidence(), Evidence(), since)
        return judgement_by_workload(work, requests, judge_entries(rollout.policy.guard, counts, since, now))

    def _judge_requests(self, rollout: Rollout, since: datetime, now: datetime) -> Judgement:
        candidate, entries = rollout.progress.candidate, self._requests.entries(self._key)
        if self._complete_since is not None and len(entries) >= MAX_REQUEST_ENTRIES:
            self._complete_since = max(self._complete_since, entries[0].timestamp_ns)
        logged = count_requests(entries, self._key, to_ns(since))
        log = RequestCounts(
            logged.get(candidate, Evidence()), total_evidence(logged, without=candidate), self._log_reaches(now)
        )
        measured = self._read.services.get(self._key) if self._read else None
        evidence = StepEvidence(
            since,
            monitoring_counts(measured, candidate, since) if measured else None,
            log if self._complete_since is not None else None,
            self._completeness(measured, entries, to_ns(since)),
        )
        if self._read:
            evidence = replace(
                evidence, sample_period_s=self._read.sample_period_s, ingest_delay_s=self._read.ingest_delay_s
            )
        return judge_step(rollout.policy.guard, evidence, now)

    def _extend_complete_range(self, complete_from: int) -> None:
        """Joins the complete range so far, unless there is a hole between."""
        contiguous = self._complete_since is not None and complete_from <= self._complete_until
        if not contiguous:
            self._complete_since = complete_from
        elif self._complete_since is not None:
            self._complete_since = min(self._complete_since, complete_from)

    def _log_reaches(self, now: datetime) -> datetime:
        age_ns = max(0, to_ns(now) - self._complete_until)
        return now - timedelta(microseconds=age_ns // 1000)

    def _completeness(
        self, measured: ServiceMetrics | None, entries: Iterable[LogEntry], since: int
    ) -> LogCompleteness:
        """A log that is not complete since the step serves proves nothing about it."""
        if measured is None or self._complete_since is None or self._complete_since > since:
            return LogCompleteness.UNPROVEN
        return log_completeness(minute_counts(measured, entries, self._complete_since))


def monitoring_counts(measured: ServiceMetrics, candidate: str, since: datetime) -> RequestCounts:
    """Monitoring's counts in the complete intervals that began at or after a moment."""
    of_candidate, beside, until = Evidence(), Evidence(), since
    for revision, (requests, errors) in measured.revision_counts.items():
        seen = Evidence()
        for place in range(len(requests.values) - requests.incomplete):
            began = requests.end - timedelta(seconds=requests.step_s * (len(requests.values) - place))
            if began >= since:
                seen = sum_evidence(seen, Evidence(int(requests.values[place] or 0), int(_at(errors.values, place))))
                until = max(until, began + timedelta(seconds=requests.step_s))
        if revision == candidate:
            of_candidate = seen
        else:
            beside = sum_evidence(beside, seen)
    return RequestCounts(of_candidate, beside, until)


def minute_counts(
    measured: ServiceMetrics, entries: Iterable[LogEntry], complete_since: int
) -> Iterator[tuple[int, int]]:
    """The log's and Monitoring's counts of the intervals that are complete in both, oldest first.

    `entries` are those of one service, each once.
    """
    windows = [requests for requests, _ in measured.revision_counts.values()]
    if not windows:
        return
    first = windows[0]
    step_ns = to_ns(first.end) - to_ns(first.end - timedelta(seconds=first.step_s))
    begin_ns = to_ns(first.end) - step_ns * len(first.values)
    logged = Counter((entry.timestamp_ns - begin_ns - 1) // step_ns for entry in entries if entry.request)
    for place in range(len(first.values) - first.incomplete):
        if begin_ns + place * step_ns >= complete_since:
            yield logged[place], int(sum(_at(window.values, place) for window in windows))


def _at(values: tuple[float | None, ...], place: int) -> float:
    return (values[place] or 0.0) if place < len(values) else 0.0
