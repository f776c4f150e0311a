"""Owns how the work of a service shows: as requests that can be counted, or only in what its revisions log."""

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
    """What tells of a service whether it is well."""

    REQUESTS = "requests"
    EVENTS = "events"
    """A function that events start: its requests are few, but one that fails is a 5xx."""
    STREAMS = "streams"
    """HTTP/2, so streams or gRPC: a call that fails is answered with 200 nevertheless."""
    UNCOUNTED = "uncounted"
    """No request of it was counted anywhere for half an hour, whatever it does."""


def workload_of(service: Service | None, revision: Revision | None) -> Workload:
    """What is known by the nature of the service, and of the revision that takes its traffic."""
    if service and service.function and service.function.event_trigger:
        return Workload.EVENTS
    if revision and any(container.http2 for container in revision.containers):
        return Workload.STREAMS
    return Workload.REQUESTS


def judgement_by_workload(work: Workload, requests: Judgement, entries: Judgement) -> Judgement:
    """The judgement that counts of the one from requests and the one from log entries."""
    match work:
        case Workload.REQUESTS:
            return requests
        case Workload.EVENTS:
            # Either may be too few to tell.
            conclusive = [one for one in (requests, entries) if one.verdict is not Verdict.INCONCLUSIVE]
            return worst_judgement(conclusive or [entries])
        case Workload.STREAMS:
            # Requests may condemn; that they were answered with 200 says nothing.
            return worst_judgement([requests, entries]) if requests.verdict is Verdict.UNHEALTHY else entries
        case Workload.UNCOUNTED:
            # Entries may condemn; what a revision logs while nobody asks it for anything does not make it Healthy.
            return worst_judgement([requests, entries])
        case _:
            assert_never(work)


def count_entries(entries: Iterable[LogEntry], service: ServiceKey, since_ns: int) -> dict[str, Evidence]:
    """Log entries and those of severity ERROR or worse per revision, at or after a moment; each is given once.

    Only what revisions log themselves counts: no requests, and nothing about who changed what.
    """
    counts: dict[str, Evidence] = {}
    for entry in entries:
        if entry.timestamp_ns < since_ns or not is_own_entry(entry, service):
            continue
        one = Evidence(1, int(entry.severity >= Severity.ERROR))
        counts[entry.revision] = sum_evidence(counts.get(entry.revision, Evidence()), one)
    return counts


def is_own_entry(entry: LogEntry, service: ServiceKey) -> bool:
    """Whether a revision of the service logged it by itself."""
    place = ServiceKey(entry.project, entry.region, entry.service)
    return place == service and bool(entry.revision) and entry.request is None and not entry.method
