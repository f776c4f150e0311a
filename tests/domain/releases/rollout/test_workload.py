"""What a verdict rests on for services whose requests tell little: events, streams, and work that nobody asks for."""

from __future__ import annotations

import pytest

from cfconsole.domain.fleet.services import Container, Revision, Service
from cfconsole.domain.logs.entries import Severity
from cfconsole.domain.logs.times import to_ns
from cfconsole.domain.releases.model import Evidence, Verdict
from cfconsole.domain.releases.rollout.step_judgement import EvidenceSource, Judgement
from cfconsole.domain.releases.rollout.workload import Workload, count_entries, judgement_by_workload, workload_of
from tests.builders import NOW, ORDERS, entry, full, function, request_entry, revision, service

HEALTHY, UNHEALTHY, FEW = Verdict.HEALTHY, Verdict.UNHEALTHY, Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("of", "candidate", "work"),
    [
        (None, None, Workload.REQUESTS),
        (service(), revision(), Workload.REQUESTS),
        (service(function=function()), revision(), Workload.REQUESTS),
        (service(function=function(event_trigger="google.cloud.storage.object.v1.finalized")), None, Workload.EVENTS),
        (service(), revision(containers=(Container("a"), Container("b", ports=True))), Workload.REQUESTS),
        (service(), revision(containers=(Container("a"), Container("b", ports=True, http2=True))), Workload.STREAMS),
    ],
)
def test_the_kind_of_a_service_says_what_tells_of_it(
    of: Service | None, candidate: Revision | None, work: Workload
) -> None:
    assert workload_of(of, candidate) is work


@pytest.mark.parametrize(
    ("work", "requests", "entries", "counts", "source"),
    [
        (Workload.REQUESTS, HEALTHY, UNHEALTHY, HEALTHY, EvidenceSource.MONITORING),
        (Workload.EVENTS, FEW, HEALTHY, HEALTHY, EvidenceSource.LOG_ENTRIES),
        (Workload.EVENTS, HEALTHY, FEW, HEALTHY, EvidenceSource.MONITORING),
        (Workload.EVENTS, HEALTHY, UNHEALTHY, UNHEALTHY, EvidenceSource.LOG_ENTRIES),
        (Workload.EVENTS, UNHEALTHY, HEALTHY, UNHEALTHY, EvidenceSource.MONITORING),
        (Workload.EVENTS, FEW, FEW, FEW, EvidenceSource.LOG_ENTRIES),
        (Workload.STREAMS, HEALTHY, FEW, FEW, EvidenceSource.LOG_ENTRIES),
        (Workload.STREAMS, FEW, HEALTHY, HEALTHY, EvidenceSource.LOG_ENTRIES),
        (Workload.STREAMS, UNHEALTHY, HEALTHY, UNHEALTHY, EvidenceSource.MONITORING),
        (Workload.STREAMS, HEALTHY, UNHEALTHY, UNHEALTHY, EvidenceSource.LOG_ENTRIES),
        (Workload.UNCOUNTED, FEW, HEALTHY, FEW, EvidenceSource.MONITORING),
        (Workload.UNCOUNTED, FEW, UNHEALTHY, UNHEALTHY, EvidenceSource.LOG_ENTRIES),
    ],
)
def test_which_judgement_counts(
    work: Workload, requests: Verdict, entries: Verdict, counts: Verdict, source: EvidenceSource
) -> None:
    of_requests = Judgement(requests, "requests", NOW, EvidenceSource.MONITORING)
    of_entries = Judgement(entries, "entries", NOW, EvidenceSource.LOG_ENTRIES)
    chosen = judgement_by_workload(work, of_requests, of_entries)
    assert (chosen.verdict, chosen.source) == (counts, source)


def test_what_revisions_log_themselves_is_counted_once_the_split_serves() -> None:
    said = [
        entry(seconds=-1),
        entry(seconds=0),
        entry(seconds=1, severity=Severity.WARNING),
        entry(seconds=2, severity=Severity.ERROR),
        entry(seconds=3, severity=Severity.CRITICAL, revision=full("00041")),
        entry(seconds=4, revision=""),
        entry(seconds=4, method="google.cloud.run.v2.Services.UpdateService"),
        entry(seconds=4, service="billing"),
        request_entry(500, seconds=4),
    ]
    assert count_entries(said, ORDERS, to_ns(NOW)) == {full("00042"): Evidence(3, 1), full("00041"): Evidence(1, 1)}
