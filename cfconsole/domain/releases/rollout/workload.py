"""The kind of work a service does: requests that can be counted, or work that only its log shows."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import assert_never

from cfconsole.domain.fleet.services import Revision, Service, ServiceKey
from cfconsole.domain.logs.entries import LogEntry, Severity
from cfconsole.domain.releases.model import Evidence, Verdict
from cfconsole.domain.releases.rollout.step_judgement import Judgement, worst_judgement
from cfconsole.domain.releases.verification import sum_evidence


class Workload(StrEnum):
    """The evidence by which a service is judged."""

    REQUESTS = "requests"
    EVENTS = "events"
    """A function triggered by events: it has few requests, but a failure is a 5xx."""
    STREAMS = "streams"
    """HTTP/2, so streams or gRPC: a failed call is answered with 200 nevertheless."""
    UNCOUNTED = "uncounted"
    """No request was counted anywhere for half an hour."""


def workload_of(service: Service | None, revision: Revision | None) -> Workload:
    """The workload by the kind of the service and of the revision that takes the traffic."""
    if service and service.function and service.function.event_trigger:
        return Workload.EVENTS
    if revision and any(container.http2 for container in revision.containers):
        return Workload.STREAMS
    return Workload.REQUESTS


def judgement_by_workload(work: Workload, requests: Judgement, entries: Judgement) -> Judgement:
    """The judgement that counts: the one from requests, from log entries, or the worse of both."""
    match work:
        case Workload.REQUESTS:
            return requests
        case Workload.EVENTS:
            # Either may be inconclusive.
            conclusive = [one for one in (requests, entries) if one.verdict is not Verdict.INCONCLUSIVE]
            return worst_judgement(conclusive or [entries])
        case Workload.STREAMS:
            # Requests may condemn; but 200 does not prove health.
            return worst_judgement([requests, entries]) if requests.verdict is Verdict.UNHEALTHY else entries
        case Workload.UNCOUNTED:
            # Entries may condemn; but entries without requests don't prove health.
            return worst_judgement([requests, entries])
        case _:
            assert_never(work)


def count_entries(entries: Iterable[LogEntry], service: ServiceKey, since_ns: int) -> dict[str, Evidence]:
    """Log entries, and those of severity ERROR or above, per revision at or after a moment. Each must occur once.

    Only what revisions log themselves counts: no request logs, no audit entries.
    """
    counts: dict[str, Evidence] = {}
    for entry in entries:
        if entry.timestamp_ns < since_ns or not is_own_entry(entry, service):
            continue
        one = Evidence(1, int(entry.severity >= Severity.ERROR))
        counts[entry.revision] = sum_evidence(counts.get(entry.revision, Evidence()), one)
    return counts


def is_own_entry(entry: LogEntry, service: ServiceKey) -> bool:
    """Whether a revision of the service logged the entry itself."""
    place = ServiceKey(entry.project, entry.region, entry.service)
    return place == service and bool(entry.revision) and entry.request is None and not entry.method
