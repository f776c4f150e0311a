"""What a verdict rests on for services whose requests tell little: events, streams, and work that nobody asks for."""

from __future__ import annotations

import pytest

from cfconsole.domain.fleet.services import Container, Revision, Service
from cfconsole.domain.logs.entries import Severity
from cfconsole.domain.logs.times import to_ns
from cfconsole.domain.releases.model import Evidence, Verdict
from cfconsole.domain.releases.rollout.step_judgement import Judgement, Source
from cfconsole.domain.releases.rollout.workload import Work, count_entries, weighed, work_of
from tests.builders import NOW, ORDERS, entry, full, function, request_entry, revision, service

HEALTHY, UNHEALTHY, FEW = Verdict.HEALTHY, Verdict.UNHEALTHY, Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("of", "candidate", "work"),
    [
        (None, None, Work.REQUESTS),
        (service(), revision(), Work.REQUESTS),
        (service(function=function()), revision(), Work.REQUESTS),
        (service(function=function(event_trigger="google.cloud.storage.object.v1.finalized")), None, Work.EVENTS),
        (service(), revision(containers=(Container("a"), Container("b", ports=True))), Work.REQUESTS),
        (service(), revision(containers=(Container("a"), Container("b", ports=True, http2=True))), Work.STREAMS),
    ],
)
def test_the_kind_of_a_service_says_what_tells_of_it(
    of: Service | None, candidate: Revision | None, work: Work
) -> None:
    assert work_of(of, candidate) is work


@pytest.mark.parametrize(
    ("work", "requests", "entries", "counts", "source"),
    [
        (Work.REQUESTS, HEALTHY, UNHEALTHY, HEALTHY, Source.MONITORING),
        (Work.EVENTS, FEW, HEALTHY, HEALTHY, Source.LOG_ENTRIES),
        (Work.EVENTS, HEALTHY, FEW, HEALTHY, Source.MONITORING),
        (Work.EVENTS, HEALTHY, UNHEALTHY, UNHEALTHY, Source.LOG_ENTRIES),
        (Work.EVENTS, UNHEALTHY, HEALTHY, UNHEALTHY, Source.MONITORING),
        (Work.EVENTS, FEW, FEW, FEW, Source.LOG_ENTRIES),
        (Work.STREAMS, HEALTHY, FEW, FEW, Source.LOG_ENTRIES),
        (Work.STREAMS, FEW, HEALTHY, HEALTHY, Source.LOG_ENTRIES),
        (Work.STREAMS, UNHEALTHY, HEALTHY, UNHEALTHY, Source.MONITORING),
        (Work.STREAMS, HEALTHY, UNHEALTHY, UNHEALTHY, Source.LOG_ENTRIES),
        (Work.UNCOUNTED, FEW, HEALTHY, FEW, Source.MONITORING),
        (Work.UNCOUNTED, FEW, UNHEALTHY, UNHEALTHY, Source.LOG_ENTRIES),
    ],
)
def test_which_judgement_counts(
    work: Work, requests: Verdict, entries: Verdict, counts: Verdict, source: Source
) -> None:
    of_requests = Judgement(requests, "requests", NOW, Source.MONITORING)
    of_entries = Judgement(entries, "entries", NOW, Source.LOG_ENTRIES)
    chosen = weighed(work, of_requests, of_entries)
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
