"""Releases of services whose requests can't be counted: their revisions' log decides, and the verdict says so."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from cfconsole.domain.errors import ErrorKind
from cfconsole.domain.fleet.services import Container, Function
from cfconsole.domain.logs.entries import LogEntry, Severity
from cfconsole.domain.logs.times import to_ns
from cfconsole.domain.releases.model import Release, ReleaseState, Verdict
from cfconsole.domain.releases.rollout.step_judgement import EvidenceSource
from tests.session.manual_clock import ManualClock
from tests.session.releases.rollouts import NEW, OLD, QUICK, BusyCloud, RunningRelease, deploy_plan, serving_split
from tests.session.releases.single_writes import request
from tests.session.scripted import error
from tests.session.shop import ORDERS

IMPATIENT = replace(QUICK, guard=replace(QUICK.guard, max_wait_s=120))


class TalkingCloud(BusyCloud):
    """A cloud in which no request to `orders-api` is counted; its revisions log a line or two each second."""

    def __init__(self) -> None:
        super().__init__(ManualClock())
        self.per_second = 0.0
        self.errors: Mapping[str, int] = {}
        """By revision: every how manieth line is an error."""
        self.changed = self._talk
        self._lines = 0

    def _talk(self) -> None:
        for share in self.services[ORDERS].serving:
            self.say(*(self._line(share.revision) for _ in range(2)))

    def _line(self, revision: str) -> LogEntry:
        self._lines += 1
        every = self.errors.get(revision, 0)
        severity = Severity.ERROR if every and self._lines % every == 0 else Severity.INFO
        at = to_ns(self.clock.now())
        return LogEntry(
            at,
            str(self._lines),
            severity,
            "run.googleapis.com/stdout",
            ORDERS.project,
            ORDERS.region,
            ORDERS.name,
            revision,
            "done",
        )

    def answer_in_http2(self) -> None:
        newest, *older = self.revisions[ORDERS]
        self.revisions[ORDERS] = (replace(newest, containers=(Container("", newest.image, True, True),)), *older)

    def be_started_by_events(self) -> None:
        trigger = "google.cloud.storage.object.v1.finalized"
        function = Function("orders", "ACTIVE", "python312", "handle", trigger)
        self.services[ORDERS] = replace(self.services[ORDERS], function=function)


@pytest.fixture
def fake() -> TalkingCloud:
    return TalkingCloud()


async def test_a_function_of_events_is_judged_by_its_log(fake: TalkingCloud) -> None:
    fake.be_started_by_events()
    under_way = RunningRelease(fake)
    release = await under_way.run()
    assert release.state is ReleaseState.SUCCEEDED, release.outcome
    assert "errors 0.0 % of" in release.outcome
    assert "from log entries" in release.outcome
    judgements = [one.judgement for one in under_way.progress if one.judgement]
    assert {one.source for one in judgements if one.verdict is Verdict.HEALTHY} == {EvidenceSource.LOG_ENTRIES}


async def test_a_function_of_events_that_logs_errors_is_taken_back(fake: TalkingCloud) -> None:
    fake.be_started_by_events()
    fake.errors = {NEW: 3}
    _condemned(await RunningRelease(fake).run(), fake)


async def test_streams_are_judged_by_their_log_although_their_requests_are_counted(fake: TalkingCloud) -> None:
    fake.answer_in_http2()
    fake.per_second = 20.0
    release = await RunningRelease(fake).run()
    assert release.state is ReleaseState.SUCCEEDED, release.outcome
    assert "from log entries" in release.outcome


async def test_calls_that_fail_with_200_are_found_in_the_log(fake: TalkingCloud) -> None:
    fake.answer_in_http2()
    fake.per_second = 20.0
    fake.errors = {NEW: 2}
    _condemned(await RunningRelease(fake).run(), fake)


async def test_streams_whose_log_can_not_be_read_are_not_promoted_by_their_200(fake: TalkingCloud) -> None:
    fake.answer_in_http2()
    fake.per_second = 20.0
    fake.fail["page"] = error(ErrorKind.DENIED, "Logs may not be read; ask for roles/logging.viewer.")
    release = await RunningRelease(fake, plan=deploy_plan(fake, policy=IMPATIENT)).run()
    assert release.state is ReleaseState.ROLLED_BACK
    assert "the log could not be read: Logs may not be read" in release.outcome
    assert serving_split(fake) == {OLD: 100}


async def test_without_any_request_the_log_condemns(fake: TalkingCloud) -> None:
    fake.errors = {NEW: 3}
    _condemned(await RunningRelease(fake).run(), fake)


async def test_without_any_request_the_log_alone_promotes_nothing(fake: TalkingCloud) -> None:
    release = await RunningRelease(fake, plan=deploy_plan(fake, policy=IMPATIENT)).run()
    assert release.state is ReleaseState.ROLLED_BACK
    assert "no verdict after 2 min" in release.outcome


async def test_errors_in_the_log_do_not_count_if_requests_are_counted(fake: TalkingCloud) -> None:
    fake.per_second = 20.0
    fake.errors = {NEW: 3}
    release = await RunningRelease(fake).run()
    assert release.state is ReleaseState.SUCCEEDED, release.outcome
    assert "errors" not in release.outcome
    assert not [query for query in fake.queries if 'NOT logName:"run.googleapis.com%2Frequests"' in query]


async def test_one_request_in_the_log_makes_requests_count_again(fake: TalkingCloud) -> None:
    fake.errors = {NEW: 3}
    fake.say(request(fake.clock, 1, OLD, 200, 0.5))
    under_way = RunningRelease(fake)
    await under_way.until(lambda: NEW in serving_split(fake), 60)
    await under_way.until(lambda: False, 120)
    assert under_way.progress[-1].judgement
    assert under_way.progress[-1].judgement.source is not EvidenceSource.LOG_ENTRIES
    under_way.stop()
    await under_way.run(5)


def _condemned(release: Release, fake: TalkingCloud) -> None:
    assert release.state is ReleaseState.ROLLED_BACK, release.outcome
    assert "unhealthy: errors" in release.outcome
    assert "from log entries" in release.outcome
    assert serving_split(fake) == {OLD: 100}
