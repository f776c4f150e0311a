"""Troubles that a release in steps survives: what is written, what is not, and what is said."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from cfconsole.domain.errors import CloudError, ErrorKind, JournalError
from cfconsole.domain.fleet.traffic import Target
from cfconsole.domain.releases.model import Approval, Plan, Release, ReleaseState
from cfconsole.domain.releases.rollout.progress import ReleaseProgress
from cfconsole.domain.releases.rollout.step_judgement import EvidenceSource
from cfconsole.domain.releases.rollout.values import Command
from cfconsole.domain.releases.steps import GuardPolicy, Policy, ProbePolicy, Strategy
from cfconsole.session.releases.ports import ReleaseListener
from cfconsole.session.releases.record import new_release
from cfconsole.session.releases.release_runner import headless_runner
from tests.session.releases.mortal_process import FastClock
from tests.session.releases.rollouts import NEW, OLD, Busy, deploy_of, percents, served
from tests.session.releases.single_writes import ACTOR
from tests.session.scripted import Killed, MemoryJournal, error
from tests.session.shop import ORDERS, revision_name

POLICY = Policy(GuardPolicy(min_requests=30), ProbePolicy(min_ready_s=0, pause_s=1, attempts=6))
FULL = JournalError("The disk of the journal is full; make room there and try again.")
OLDER = revision_name(ORDERS, 40)
WRITES = 3
"""Of the canary here: the new revision, 20 % and everything."""


class Played:
    """A release in steps that runs to its end while things happen."""

    def __init__(self) -> None:
        self.clock = FastClock()
        self.fake = Busy(self.clock)
        self.journal = MemoryJournal()
        self.looks: list[ReleaseProgress] = []
        self.attended = False
        self.happens: Callable[[], None] = lambda: None
        """Called whenever time has passed."""
        self.fake.per_second = 1.0
        for _ in range(100):
            self.clock.go_on(5)
            self.fake.pass_by(5)
        self.fake.per_second = 10.0
        self.clock.passed = self._pass

    def _pass(self, seconds: float) -> None:
        self.fake.pass_by(seconds)
        self.happens()

    def plan(self, strategy: Strategy = Strategy.CANARY, policy: Policy = POLICY, bake_s: float = 20) -> Plan:
        return deploy_of(self.fake, strategy, steps=(20, 100), bake_s=bake_s, policy=policy)

    async def run(self, plan: Plan | None = None) -> Release:
        approval = Approval(plan or self.plan(), "confirm", self.clock.now())
        release = new_release(approval, ACTOR, self.clock.now())
        listener = ReleaseListener(
            on_progress=lambda release_id, look: self.looks.append(look), is_attended=lambda: self.attended
        )
        ended = await headless_runner(self.fake.cloud, self.journal, self.clock, listener).run(release, "confirm")
        assert sum(line.percent for line in self.fake.services[ORDERS].desired) == 100
        return ended

    def once(self, when: Callable[[], bool], then: Callable[[], object]) -> None:
        """Something happens at a moment."""
        pending = [then]

        def look() -> None:
            if pending and when():
                pending.pop()()

        self.happens = look

    @property
    def at_20(self) -> bool:
        return served(self.fake).get(NEW) == 20

    @property
    def splits(self) -> list[dict[str, int]]:
        return [percents(write.targets) for write in self.fake.writes]


@pytest.fixture
def played() -> Played:
    return Played()


def failing(played: Played, number: int, failure: CloudError) -> None:
    """The write of that number fails, once."""

    class Failing(Busy):
        def called(self, method: str) -> None:
            super().called(method)
            if method == "write" and self.calls[method] == number:
                raise failure

    played.fake.__class__ = Failing


def losing(played: Played, number: int) -> None:
    """The write of that number is applied, and its answer is lost."""

    class Losing(Busy):
        def called(self, method: str) -> None:
            super().called(method)
            if method == "write" and self.calls[method] == number:
                self.lose_answer_of_write = error(ErrorKind.TIMEOUT, "no answer in time")

    played.fake.__class__ = Losing


@pytest.mark.parametrize("number", range(1, WRITES + 1))
async def test_a_conflict_on_the_etag_alone_is_written_again(played: Played, number: int) -> None:
    failing(played, number, error(ErrorKind.CONFLICT))
    release = await played.run()
    assert release.state is ReleaseState.SUCCEEDED, release.outcome
    assert len(played.fake.writes) == WRITES


@pytest.mark.parametrize("number", range(1, WRITES + 1))
async def test_a_conflict_with_somebody_elses_change_ends_it(played: Played, number: int) -> None:
    class Raced(Busy):
        def called(self, method: str) -> None:
            super().called(method)
            if method == "write" and self.calls[method] == number:
                self.change(self.services[ORDERS])

    played.fake.__class__ = Raced
    release = await played.run()
    assert release.state is ReleaseState.SUPERSEDED, release.outcome
    assert len(played.fake.writes) == number - 1
    assert "somebody@shop.example" in release.outcome


async def test_somebody_elses_deploy_in_the_middle_is_not_written_over(played: Played) -> None:
    theirs = (Target(OLDER, 100),)

    def deploy() -> None:
        played.fake.change(replace(played.fake.services[ORDERS], desired=theirs))

    played.once(lambda: played.at_20, deploy)
    release = await played.run()
    assert release.state is ReleaseState.SUPERSEDED
    assert len(played.fake.writes) == 2
    assert played.fake.services[ORDERS].desired == theirs
    assert [notice.state for notice in played.fake.notices] == [ReleaseState.SUPERSEDED]


@pytest.mark.parametrize("number", range(1, WRITES + 1))
async def test_a_write_that_timed_out_and_was_applied_is_read_back(played: Played, number: int) -> None:
    losing(played, number)
    release = await played.run()
    assert release.state is ReleaseState.SUCCEEDED, release.outcome
    assert len(played.fake.writes) == WRITES


@pytest.mark.parametrize("number", range(1, WRITES + 1))
async def test_a_write_that_timed_out_and_never_landed_is_found_out_before_it_is_made_again(
    played: Played, number: int
) -> None:
    failing(played, number, error(ErrorKind.TIMEOUT, "no answer in time"))
    release = await played.run()
    assert release.state is ReleaseState.SUCCEEDED, release.outcome
    assert len(played.fake.writes) == WRITES
    assert played.fake.calls["write"] == WRITES + 1


async def test_a_release_that_began_on_latest_puts_back_names_and_keeps_a_tag(played: Played) -> None:
    played.fake.error_rates = {NEW: 0.6}
    release = await played.run()
    assert release.state is ReleaseState.ROLLED_BACK
    assert "unhealthy" in release.outcome
    assert served(played.fake) == {OLD: 100}
    service = played.fake.services[ORDERS]
    assert {line.revision for line in service.desired if line.percent} == {OLD}, "LATEST would serve the bad one"
    assert [(line.revision, line.percent) for line in service.desired if line.tag == "canary"] == [(NEW, 0)]
    assert release.generation_after == 0, "there is nothing to undo"
    (notice,) = played.fake.notices
    assert notice.state is ReleaseState.ROLLED_BACK


async def test_an_operation_that_fails_changes_nothing(played: Played) -> None:
    played.fake.operation_error = "quota of CPUs exceeded"
    release = await played.run()
    assert release.state in (ReleaseState.ROLLED_BACK, ReleaseState.FAILED), release
    assert "quota of CPUs exceeded" in release.outcome
    assert served(played.fake) == {OLD: 100}


@pytest.mark.parametrize("strategy", Strategy)
async def test_a_revision_that_never_becomes_ready_never_serves(played: Played, strategy: Strategy) -> None:
    played.fake.start_trouble = "the container failed to listen on PORT=8080"
    release = await played.run(played.plan(strategy))
    assert release.state is ReleaseState.ROLLED_BACK, release
    assert "never became Ready: the container failed to listen" in release.outcome
    assert served(played.fake) == {OLD: 100}
    assert all(line.revision != NEW for line in played.fake.services[ORDERS].desired), "not even a tag"


async def test_health_that_flaps_is_not_well(played: Played) -> None:
    played.fake.probe_answers["/health"] = [200, 503] * 10
    release = await played.run(played.plan(Strategy.BLUE_GREEN))
    assert release.state is ReleaseState.ROLLED_BACK
    assert "6 probes did not pass" in release.outcome
    assert len(played.fake.probes) == 6
    assert played.splits == [{OLD: 100}, {OLD: 100}], "what served before was never touched"


async def test_health_that_comes_up_late_is_waited_for(played: Played) -> None:
    played.fake.probe_answers["/health"] = [None, 503, 200]
    release = await played.run(played.plan(Strategy.BLUE_GREEN))
    assert release.state is ReleaseState.SUCCEEDED, release.outcome
    assert len(played.fake.probes) == 4


@pytest.mark.parametrize("attended", [True, False])
async def test_without_any_traffic_nothing_is_promoted(played: Played, attended: bool) -> None:
    played.fake.per_second = 0
    played.attended = attended
    asked = [0]

    def give_in() -> None:
        """After a while somebody who looks on is asked, and after another while gone."""
        if played.looks and played.looks[-1].asks:
            asked[0] += 1
            played.attended = asked[0] < 50

    played.happens = give_in
    release = await played.run()
    assert release.state is ReleaseState.ROLLED_BACK
    assert "no verdict after 30 min" in release.outcome
    assert (asked[0] > 0) is attended
    assert {NEW: 100} not in played.splits
    assert {"": 100} not in played.splits


async def test_a_log_without_its_requests_leaves_the_verdict_to_monitoring(played: Played) -> None:
    played.fake.ingest_delay_s = 180.0
    played.fake.logged = 0.5
    played.fake.log = played.fake.log[::2]
    began = played.clock.monotonic()
    release = await played.run()
    assert release.state is ReleaseState.SUCCEEDED, release.outcome
    judged = [look.judgement for look in played.looks if look.judgement and look.judgement.candidate.requests]
    assert {judgement.source for judgement in judged} == {EvidenceSource.MONITORING}
    assert any("request log is sampled and not used" in judgement.sentence for judgement in judged)
    assert played.clock.monotonic() - began >= 2 * (60 + 180 + 120), "a shorter watch could not have seen anything"


async def test_a_log_that_has_errors_alone_condemns_nobody(played: Played) -> None:
    played.fake.log.clear()
    played.fake.logged = 0.02
    played.fake.error_rates = {NEW: 0.002, OLD: 0.002}
    release = await played.run()
    assert release.state is ReleaseState.SUCCEEDED, release.outcome


async def test_a_permission_lost_half_way_is_said_and_left_for_a_person(played: Played) -> None:
    def lose() -> None:
        played.fake.fail["write"] = error(ErrorKind.DENIED, "the permission run.services.update is missing")

    played.once(lambda: played.at_20, lose)
    release = await played.run()
    assert release.state is ReleaseState.UNKNOWN
    assert "the permission run.services.update is missing" in release.outcome
    assert "Roll back by hand" in release.outcome
    assert played.at_20
    assert release.generation_after == played.fake.services[ORDERS].generation


async def test_a_permission_that_is_missing_from_the_start_changes_nothing(played: Played) -> None:
    played.fake.fail["validate"] = error(ErrorKind.DENIED, "the permission run.services.update is missing")
    release = await played.run()
    assert release.state is ReleaseState.FAILED
    assert release.outcome.startswith("nothing was changed")
    assert played.fake.calls["write"] == 0
    assert played.journal.states() == [ReleaseState.FAILED]


async def test_while_the_service_can_not_be_read_nothing_is_written(played: Played) -> None:
    def cut() -> None:
        played.fake.fail["get_service"] = error(ErrorKind.UNAVAILABLE, "no network")
        played.once(lambda: played.clock.monotonic() > back_at, lambda: played.fake.fail.clear())

    back_at = played.clock.monotonic() + 600
    played.once(lambda: played.at_20, cut)
    release = await played.run()
    assert release.state is ReleaseState.SUCCEEDED, release.outcome
    assert any("waiting until the service can be read again: no network" in look.sentence for look in played.looks)
    assert len(played.fake.writes) == WRITES


async def test_with_a_full_disk_nothing_is_begun(played: Played) -> None:
    played.journal.fail["begin"] = FULL
    release = await played.run()
    assert release.state is ReleaseState.FAILED
    assert release.outcome == f"nothing was changed: {FULL}"
    assert played.fake.calls["write"] == 0
    assert played.fake.calls["validate"] == 0


async def test_with_a_disk_that_fills_up_half_way_nothing_more_is_written(played: Played) -> None:
    played.once(lambda: played.at_20, lambda: played.journal.fail.update({"append": FULL, "finish": FULL}))
    release = await played.run()
    assert release.state is ReleaseState.UNKNOWN
    assert release.outcome.startswith("stopped because the next write could not be recorded: The disk")
    assert "00042 80 %, 00043 20 % serves" in release.outcome
    assert len(played.fake.writes) == 2
    assert [notice.state for notice in played.fake.notices] == [ReleaseState.UNKNOWN]


async def test_nobody_waits_for_those_who_are_told(played: Played) -> None:
    played.fake.fail["tell"] = error(ErrorKind.UNAVAILABLE, "the webhook is down")
    played.fake.fail["history_write"] = error(ErrorKind.DENIED)
    played.fake.error_rates = {NEW: 0.6}
    release = await played.run()
    assert release.state is ReleaseState.ROLLED_BACK
    assert release.outcome.endswith("Notification failed: the webhook is down")


async def test_while_a_step_bakes_no_more_than_one_read_is_made_in_two_seconds(played: Played) -> None:
    reads = ("get_service", "list_revisions", "operation", "measured", "page")
    counted: list[tuple[float, int]] = []

    def count() -> None:
        if played.looks and played.looks[-1].left_s and played.looks[-1].step == 2:
            counted.append((played.clock.monotonic(), sum(played.fake.calls[read] for read in reads)))

    played.happens = count
    await played.run(played.plan(bake_s=300))
    (began, before), (ended, after) = counted[0], counted[-1]
    assert ended - began > 250
    assert (after - before) / (ended - began) <= 0.5


async def test_without_a_bake_a_healthy_blue_green_release_takes_no_time_of_its_own(played: Played) -> None:
    began = played.clock.monotonic()
    policy = Policy(probe=ProbePolicy(min_ready_s=0, pause_s=0))
    release = await played.run(played.plan(Strategy.BLUE_GREEN, policy, bake_s=0))
    assert release.state is ReleaseState.SUCCEEDED, release.outcome
    assert played.clock.monotonic() - began < 1.0


async def test_evidence_that_can_not_be_read_is_named_and_promotes_nothing(played: Played) -> None:
    played.fake.fail["metrics"] = error(ErrorKind.DENIED, "monitoring.timeSeries.list is missing")
    played.fake.fail["page"] = error(ErrorKind.DENIED, "logging.logEntries.list is missing")
    played.fake.fail["tail"] = error(ErrorKind.DENIED)
    release = await played.run()
    assert release.state is ReleaseState.ROLLED_BACK
    assert "the metrics could not be read: monitoring.timeSeries.list is missing" in release.outcome
    assert "the request log could not be read: logging.logEntries.list is missing" in release.outcome


async def test_a_deploy_that_can_not_be_validated_changes_nothing(played: Played) -> None:
    played.fake.fail["validate"] = error(ErrorKind.TIMEOUT, "no answer in time")
    release = await played.run()
    assert release.state is ReleaseState.FAILED
    assert "could not be validated: no answer in time" in release.outcome
    assert played.fake.calls["write"] == 0


async def test_a_mistake_of_our_own_ends_it_without_another_write(played: Played) -> None:
    def break_it() -> None:
        played.fake.fail["get_service"] = ValueError("a mistake")

    played.once(lambda: played.at_20, break_it)
    release = await played.run()
    assert release.state is ReleaseState.UNKNOWN
    assert "Internal error (ValueError)" in release.outcome
    assert len(played.fake.writes) == 2


async def test_what_can_not_be_recorded_is_not_taken_up(played: Played) -> None:
    played.once(lambda: played.at_20, lambda: played.fake.fail.update({"get_service": Killed()}))
    with pytest.raises(Killed):
        await played.run()
    played.fake.fail.clear()
    (left,) = await played.journal.releases()
    played.journal.claims.clear()
    played.journal.fail["append"] = FULL
    found = await headless_runner(played.fake.cloud, played.journal, played.clock).resume(left.id, Command.ABORT)
    assert isinstance(found, Release)
    assert found.state is ReleaseState.INTERRUPTED
    assert "it could not be resumed: The disk" in found.events[-1].sentence
    assert len(played.fake.writes) == 2
    assert played.journal.claims == set(), "the next one may try"
