"""The evidence for a verdict on a step: when the log counts, and which minutes of Monitoring do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cfconsole.domain.fleet.metrics import ServiceMetrics, TrafficNumbers, Window
from cfconsole.domain.logs.times import to_ns
from cfconsole.domain.releases.model import Evidence
from cfconsole.domain.releases.rollout.machine import new_rollout
from cfconsole.domain.releases.rollout.step_judgement import EvidenceSource, Judgement
from cfconsole.domain.releases.rollout.values import Command
from cfconsole.domain.releases.steps import Phase, Write
from cfconsole.session.releases.evidence.request_log import RequestLog
from cfconsole.session.releases.evidence.service_observer import ServiceObserver
from cfconsole.session.releases.evidence.step_evidence import StepEvidenceReader, minute_counts, monitoring_counts
from tests.builders import NOW, full, request_entry, window
from tests.session.manual_clock import ManualClock
from tests.session.releases.rollouts import OLD, BusyCloud, deploy_plan
from tests.session.scripted import DELETED
from tests.session.shop import ORDERS

END = NOW + timedelta(minutes=1)
"""Of the newest interval; it and the one before may still grow."""


def measured(**counts: tuple[list[float | None], list[float | None]]) -> ServiceMetrics:
    """Five minutes by revision, oldest first, of which the last two are not complete."""

    def line(values: list[float | None]) -> Window:
        return Window(END, 60.0, tuple(values), 2)

    by_revision = {full(name[1:]): (line(requests), line(errors)) for name, (requests, errors) in counts.items()}
    none = window()
    return ServiceMetrics(TrafficNumbers(), {}, none, none, none, revision_counts=by_revision)


MEASURED = measured(
    _00043=([None, 10, 20, 999, 999], [None, 1, 2, 999, 999]), _00042=([100, 90, 80, 999, 999], [0, 0, 4, 0, 0])
)


@pytest.mark.parametrize(
    ("ago_s", "candidate", "beside"),
    [
        (180, Evidence(30, 3), Evidence(170, 4)),
        (179, Evidence(20, 2), Evidence(80, 4)),
        (120, Evidence(20, 2), Evidence(80, 4)),
        (60, Evidence(), Evidence()),
    ],
)
def test_only_whole_intervals_after_the_shift_count(ago_s: float, candidate: Evidence, beside: Evidence) -> None:
    counts = monitoring_counts(MEASURED, full("00043"), NOW - timedelta(seconds=ago_s))
    assert (counts.candidate, counts.baseline) == (candidate, beside)
    assert counts.until == NOW - timedelta(seconds=60)


def test_minutes_are_compared_where_both_have_all_of_them() -> None:
    entries = [request_entry(seconds=-180 + 0.5 * number, insert_id=str(number)) for number in range(200)]
    since = to_ns(NOW - timedelta(seconds=180))
    assert list(minute_counts(MEASURED, entries, since)) == [(120, 100), (79, 100)]
    assert list(minute_counts(MEASURED, entries, since + 1)) == [(79, 100)]
    assert list(minute_counts(measured(), entries, 0)) == []


async def judge_with(tailed: str, *, reads: bool = False, per_second: float = 20.0) -> Judgement:
    """The verdict on a step of six minutes, in each of which a tail brought the requests (`t`) or did not."""
    fake, covered = BusyCloud(ManualClock()), False
    fake.per_second = per_second
    requests = RequestLog(fake.cloud, may_read=lambda key: reads, is_tailed=lambda key: covered)
    watch = StepEvidenceReader(ORDERS, requests, fake.cloud.metrics, fake.clock)
    rollout = new_rollout(deploy_plan(fake), fake.clock.now()).with_progress(step=1, phase=Phase.BAKE, candidate=OLD)
    rollout = rollout.with_progress(effective_at=fake.clock.now())
    with requests.collecting(ORDERS):
        for minute in tailed:
            covered = minute == "t"
            watch.note_tail()
            before = len(fake.log)
            for _ in range(6):
                await fake.manual.advance(10)
                fake.pass_by(10)
            if covered:
                requests.add(fake.log[before:])
                watch.note_tail()
        await watch.read_log(rollout)
        await watch.read_metrics()
        found = watch.judge(rollout, fake.clock.now())
    assert found
    return found


@pytest.mark.parametrize("tailed", ["..tttt", "tt..tt"], ids=["since the middle", "with a hole"])
async def test_a_log_that_lacks_a_part_of_the_step_is_not_called_complete(tailed: str) -> None:
    judgement = await judge_with(tailed)
    assert judgement.source is EvidenceSource.MONITORING
    assert "the request log is not yet confirmed by Monitoring" in judgement.sentence


@pytest.mark.parametrize("reads", [False, True], ids=["by the tail", "with a page of its newest requests"])
async def test_a_log_that_is_complete_for_the_step_counts(reads: bool) -> None:
    judgement = await judge_with("tttttt", reads=reads)
    assert judgement.source is EvidenceSource.REQUEST_LOG
    assert judgement.candidate.requests == 6 * 60 * 20


async def test_an_operation_that_failed_is_no_trouble_of_the_next_write() -> None:
    fake = BusyCloud(ManualClock())
    fake.operation_error = "the quota of CPU is used up"
    requests = RequestLog(fake.cloud, may_read=lambda key: False, is_tailed=lambda key: True)
    watch = StepEvidenceReader(ORDERS, requests, fake.cloud.metrics, fake.clock)
    observing = ServiceObserver(ORDERS, fake.cloud.services, fake.clock, watch, lambda seen: None)
    rollout = new_rollout(deploy_plan(fake), fake.clock.now())
    for operation, reason in ((DELETED, "the quota of CPU is used up"), ("operations/next", "")):
        write = Write((), 7, fake.clock.now(), operation=operation)
        seen = await observing.observe(rollout.with_progress(write=write), Command.NONE, attended=True, fresh=True)
        assert seen.operation_error == reason


async def test_a_log_with_more_requests_than_are_kept_is_complete_only_since_the_oldest_of_them() -> None:
    busy = await judge_with("tttttt", per_second=170.0)
    assert busy.source is EvidenceSource.MONITORING
