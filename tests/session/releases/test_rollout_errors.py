"""Errors that a release in steps survives: what it writes, what it does not, and what it says."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from cfconsole.domain.errors import CloudError, ErrorKind, JournalError
from cfconsole.domain.fleet.traffic import Target
from cfconsole.domain.releases.model import Approval, Plan, Refusal, RefusalReason, Release, ReleaseState
from cfconsole.domain.releases.rollout.progress import CommandRecord, ReleaseProgress
from cfconsole.domain.releases.rollout.step_judgement import EvidenceSource
from cfconsole.domain.releases.rollout.values import Command
from cfconsole.domain.releases.steps import GuardPolicy, Policy, ProbePolicy, Strategy
from cfconsole.session.releases.ports import ReleaseListener
from cfconsole.session.releases.record import new_release
from cfconsole.session.releases.release_runner import headless_runner
from tests.session.releases.mortal_process import FastClock
from tests.session.releases.rollouts import NEW, OLD, BusyCloud, deploy_plan, percents, serving_split
from tests.session.releases.single_writes import ACTOR
from tests.session.scripted import Killed, MemoryJournal, error
from tests.session.shop import ORDERS, revision_name

POLICY = Policy(GuardPolicy(min_requests=30), ProbePolicy(min_ready_s=0, pause_s=1, attempts=6))
FULL = JournalError("The disk of the journal is full; make room there and try again.")
OLDER = revision_name(ORDERS, 40)
WRITES = 3
"""Of the canary here: the new revision, 20 % and everything."""


class RolloutScript:
    """A release in steps that runs to its end while scripted events happen."""

    def __init__(self) -> None:
        self.clock = FastClock()
        self.fake = BusyCloud(self.clock)
        self.journal = MemoryJournal()
        self.progress: list[ReleaseProgress] = []
        self.attended = False
        self.happens: Callable[[], None] = lambda: None
        """Called whenever time has passed."""
        self.fake.per_second = 1.0
        for _ in range(100):
            self.clock.pass_time(5)
            self.fake.pass_by(5)
        self.fake.per_second = 10.0
        self.clock.passed = self._pass

    def _pass(self, seconds: float) -> None:
        self.fake.pass_by(seconds)
        self.happens()

    def plan(self, strategy: Strategy = Strategy.CANARY, policy: Policy = POLICY, bake_s: float = 20) -> Plan:
        return deploy_plan(self.fake, strategy, steps=(20, 100), bake_s=bake_s, policy=policy)

    async def run(self, plan: Plan | None = None) -> Release:
        approval = Approval(plan or self.plan(), "confirm", self.clock.now())
        release = new_release(approval, ACTOR, self.clock.now())
        listener = ReleaseListener(
            on_progress=lambda release_id, one: self.progress.append(one), is_attended=lambda: self.attended
        )
        ended = await headless_runner(self.fake.cloud, self.journal, self.clock, listener).run(release, "confirm")
        assert sum(line.percent for line in self.fake.services[ORDERS].desired) == 100
        return ended

    def once(self, when: Callable[[], bool], then: Callable[[], object]) -> None:
        """Runs an event once, at a moment."""
        pending = [then]

        def check() -> None:
            if pending and when():
                pending.pop()()

        self.happens = check

    @property
    def at_20(self) -> bool:
        return serving_split(self.fake).get(NEW) == 20

    @property
    def splits(self) -> list[dict[str, int]]:
        return [percents(write.targets) for write in self.fake.writes]


@pytest.fixture
def script() -> RolloutScript:
    return RolloutScript()


def failing(script: RolloutScript, number: int, failure: CloudError) -> None:
    """The write of that number fails, once."""

    class FailingCloud(BusyCloud):
        def called(self, method: str) -> None:
            super().called(method)
            if method == "write" and self.calls[method] == number:
                raise failure

    script.fake.__class__ = FailingCloud


def losing(script: RolloutScript, number: int) -> None:
    """The write of that number is applied, and its answer is lost."""

    class LosingCloud(BusyCloud):
        def called(self, method: str) -> None:
            super().called(method)
            if method == "write" and self.calls[method] == number:
                self.lose_answer_of_write = error(ErrorKind.TIMEOUT, "no answer in time")

    script.fake.__class__ = LosingCloud


@pytest.mark.parametrize("number", range(1, WRITES + 1))
async def test_a_conflict_on_the_etag_alone_is_written_again(script: RolloutScript, number: int) -> None:
    failing(script, number, error(ErrorKind.CONFLICT))
    release = await script.run()
    assert release.state is ReleaseState.SUCCEEDED, release.outcome
    assert len(script.fake.writes) == WRITES


@pytest.mark.parametrize("number", range(1, WRITES + 1))
async def test_a_conflict_with_a_change_of_others_ends_it(script: RolloutScript, number: int) -> None:
    class RacedCloud(BusyCloud):
        def called(self, method: str) -> None:
            super().called(method)
            if method == "write" and self.calls[method] == number:
                self.change(self.services[ORDERS])

    script.fake.__class__ = RacedCloud
    release = await script.run()
    assert release.state is ReleaseState.SUPERSEDED, release.outcome
    assert len(script.fake.writes) == number - 1
    assert "somebody@shop.example" in release.outcome


async def test_a_deploy_of_others_in_the_middle_is_not_overwritten(script: RolloutScript) -> None:
    theirs = (Target(OLDER, 100),)

    def deploy() -> None:
        script.fake.change(replace(script.fake.services[ORDERS], desired=theirs))

    script.once(lambda: script.at_20, deploy)
    release = await script.run()
    assert release.state is ReleaseState.SUPERSEDED
    assert len(script.fake.writes) == 2
    assert script.fake.services[ORDERS].desired == theirs
    assert [notice.state for notice in script.fake.notices] == [ReleaseState.SUPERSEDED]


@pytest.mark.parametrize("number", range(1, WRITES + 1))
async def test_a_write_that_timed_out_and_was_applied_is_read_back(script: RolloutScript, number: int) -> None:
    losing(script, number)
    release = await script.run()
    assert release.state is ReleaseState.SUCCEEDED, release.outcome
    assert len(script.fake.writes) == WRITES


@pytest.mark.parametrize("number", range(1, WRITES + 1))
async def test_a_write_that_timed_out_and_never_landed_is_found_out_before_it_is_made_again(
    script: RolloutScript, number: int
) -> None:
    failing(script, number, error(ErrorKind.TIMEOUT, "no answer in time"))
    release = await script.run()
    assert release.state is ReleaseState.SUCCEEDED, release.outcome
    assert len(script.fake.writes) == WRITES
    assert script.fake.calls["write"] == WRITES + 1


async def test_a_release_that_began_on_latest_puts_back_names_and_keeps_a_tag(script: RolloutScript) -> None:
    script.fake.error_rates = {NEW: 0.6}
    release = await script.run()
    assert release.state is ReleaseState.ROLLED_BACK
    assert "unhealthy" in release.outcome
    assert serving_split(script.fake) == {OLD: 100}
    service = script.fake.services[ORDERS]
    assert {line.revision for line in service.desired if line.percent} == {OLD}, "LATEST would serve the bad one"
    assert [(line.revision, line.percent) for line in service.desired if line.tag == "canary"] == [(NEW, 0)]
    assert release.generation_after == 0, "there is nothing to undo"
    (notice,) = script.fake.notices
    assert notice.state is ReleaseState.ROLLED_BACK


async def test_an_operation_that_fails_changes_nothing(script: RolloutScript) -> None:
    script.fake.operation_error = "quota of CPUs exceeded"
    release = await script.run()
    assert release.state in (ReleaseState.ROLLED_BACK, ReleaseState.FAILED), release
    assert "quota of CPUs exceeded" in release.outcome
    assert serving_split(script.fake) == {OLD: 100}


@pytest.mark.parametrize("strategy", Strategy)
async def test_a_revision_that_never_becomes_ready_never_serves(script: RolloutScript, strategy: Strategy) -> None:
    script.fake.start_error = "the container failed to listen on PORT=8080"
    release = await script.run(script.plan(strategy))
    assert release.state is ReleaseState.ROLLED_BACK, release
    assert "never became Ready: the container failed to listen" in release.outcome
    assert serving_split(script.fake) == {OLD: 100}
    assert all(line.revision != NEW for line in script.fake.services[ORDERS].desired), "not even a tag"


async def test_health_that_flaps_is_not_well(script: RolloutScript) -> None:
    script.fake.probe_answers["/health"] = [200, 503] * 10
    release = await script.run(script.plan(Strategy.BLUE_GREEN))
    assert release.state is ReleaseState.ROLLED_BACK
    assert "6 probes did not pass" in release.outcome
    assert len(script.fake.probes) == 6
    assert script.splits == [{OLD: 100}, {OLD: 100}], "what served before was never touched"


async def test_health_that_comes_up_late_is_waited_for(script: RolloutScript) -> None:
    script.fake.probe_answers["/health"] = [None, 503, 200]
    release = await script.run(script.plan(Strategy.BLUE_GREEN))
    assert release.state is ReleaseState.SUCCEEDED, release.outcome
    assert len(script.fake.probes) == 4


@pytest.mark.parametrize("attended", [True, False])
async def test_without_any_traffic_nothing_is_promoted(script: RolloutScript, attended: bool) -> None:
    script.fake.per_second = 0
    script.attended = attended
    questions = [0]

    def give_in() -> None:
        """An operator watches and is asked after a while, and then leaves."""
        if script.progress and script.progress[-1].asks:
            questions[0] += 1
            script.attended = questions[0] < 50

    script.happens = give_in
    release = await script.run()
    assert release.state is ReleaseState.ROLLED_BACK
    assert "no verdict after 30 min" in release.outcome
    assert (questions[0] > 0) is attended
    assert {NEW: 100} not in script.splits
    assert {"": 100} not in script.splits


async def test_a_log_without_its_requests_leaves_the_verdict_to_monitoring(script: RolloutScript) -> None:
    script.fake.ingest_delay_s = 180.0
    script.fake.logged = 0.5
    script.fake.log = script.fake.log[::2]
    began = script.clock.monotonic()
    release = await script.run()
    assert release.state is ReleaseState.SUCCEEDED, release.outcome
    judgements = [one.judgement for one in script.progress if one.judgement and one.judgement.candidate.requests]
    assert {judgement.source for judgement in judgements} == {EvidenceSource.MONITORING}
    assert any("request log is sampled and not used" in judgement.sentence for judgement in judgements)
    assert script.clock.monotonic() - began >= 2 * (60 + 180 + 120), "a shorter watch could not have seen anything"


async def test_a_log_of_errors_alone_is_no_unhealthy_verdict(script: RolloutScript) -> None:
    script.fake.log.clear()
    script.fake.logged = 0.02
    script.fake.error_rates = {NEW: 0.002, OLD: 0.002}
    release = await script.run()
    assert release.state is ReleaseState.SUCCEEDED, release.outcome


async def test_a_permission_lost_half_way_is_reported_and_left_to_a_person(script: RolloutScript) -> None:
    def lose() -> None:
        script.fake.fail["write"] = error(ErrorKind.DENIED, "the permission run.services.update is missing")

    script.once(lambda: script.at_20, lose)
    release = await script.run()
    assert release.state is ReleaseState.UNKNOWN
    assert "the permission run.services.update is missing" in release.outcome
    assert "Roll back by hand" in release.outcome
    assert script.at_20
    assert release.generation_after == script.fake.services[ORDERS].generation


async def test_a_permission_that_is_missing_from_the_start_changes_nothing(script: RolloutScript) -> None:
    script.fake.fail["validate"] = error(ErrorKind.DENIED, "the permission run.services.update is missing")
    release = await script.run()
    assert release.state is ReleaseState.FAILED
    assert release.outcome.startswith("nothing was changed")
    assert script.fake.calls["write"] == 0
    assert script.journal.states() == [ReleaseState.FAILED]


async def test_while_the_service_can_not_be_read_nothing_is_written(script: RolloutScript) -> None:
    def cut() -> None:
        script.fake.fail["get_service"] = error(ErrorKind.UNAVAILABLE, "no network")
        script.once(lambda: script.clock.monotonic() > back_at, lambda: script.fake.fail.clear())

    back_at = script.clock.monotonic() + 600
    script.once(lambda: script.at_20, cut)
    release = await script.run()
    assert release.state is ReleaseState.SUCCEEDED, release.outcome
    assert any("waiting until the service can be read again: no network" in one.sentence for one in script.progress)
    assert len(script.fake.writes) == WRITES


async def test_with_a_full_disk_nothing_is_begun(script: RolloutScript) -> None:
    script.journal.fail["begin"] = FULL
    release = await script.run()
    assert release.state is ReleaseState.FAILED
    assert release.outcome == f"nothing was changed: {FULL}"
    assert script.fake.calls["write"] == 0
    assert script.fake.calls["validate"] == 0


async def test_with_a_disk_that_fills_up_half_way_nothing_more_is_written(script: RolloutScript) -> None:
    script.once(lambda: script.at_20, lambda: script.journal.fail.update({"append": FULL, "finish": FULL}))
    release = await script.run()
    assert release.state is ReleaseState.UNKNOWN
    assert release.outcome.startswith("stopped because the next write could not be recorded: The disk")
    assert "00042 80 %, 00043 20 % serves" in release.outcome
    assert len(script.fake.writes) == 2
    assert [notice.state for notice in script.fake.notices] == [ReleaseState.UNKNOWN]


async def test_a_release_does_not_wait_for_its_announcements(script: RolloutScript) -> None:
    script.fake.fail["tell"] = error(ErrorKind.UNAVAILABLE, "the webhook is down")
    script.fake.fail["history_write"] = error(ErrorKind.DENIED)
    script.fake.error_rates = {NEW: 0.6}
    release = await script.run()
    assert release.state is ReleaseState.ROLLED_BACK
    assert release.outcome.endswith("Notification failed: the webhook is down")


async def test_while_a_step_bakes_no_more_than_one_read_is_made_in_two_seconds(script: RolloutScript) -> None:
    reads = ("get_service", "list_revisions", "operation", "measured", "page")
    counted: list[tuple[float, int]] = []

    def count() -> None:
        if script.progress and script.progress[-1].left_s and script.progress[-1].step == 2:
            counted.append((script.clock.monotonic(), sum(script.fake.calls[read] for read in reads)))

    script.happens = count
    await script.run(script.plan(bake_s=300))
    (began, before), (ended, after) = counted[0], counted[-1]
    assert ended - began > 250
    assert (after - before) / (ended - began) <= 0.5


async def test_without_a_bake_a_healthy_blue_green_release_takes_no_time_of_its_own(script: RolloutScript) -> None:
    began = script.clock.monotonic()
    policy = Policy(probe=ProbePolicy(min_ready_s=0, pause_s=0))
    release = await script.run(script.plan(Strategy.BLUE_GREEN, policy, bake_s=0))
    assert release.state is ReleaseState.SUCCEEDED, release.outcome
    assert script.clock.monotonic() - began < 1.0


async def test_evidence_that_can_not_be_read_is_named_and_promotes_nothing(script: RolloutScript) -> None:
    script.fake.fail["metrics"] = error(ErrorKind.DENIED, "monitoring.timeSeries.list is missing")
    script.fake.fail["page"] = error(ErrorKind.DENIED, "logging.logEntries.list is missing")
    script.fake.fail["tail"] = error(ErrorKind.DENIED)
    release = await script.run()
    assert release.state is ReleaseState.ROLLED_BACK
    assert "the metrics could not be read: monitoring.timeSeries.list is missing" in release.outcome
    assert "the request log could not be read: logging.logEntries.list is missing" in release.outcome


async def test_a_deploy_that_can_not_be_validated_changes_nothing(script: RolloutScript) -> None:
    script.fake.fail["validate"] = error(ErrorKind.TIMEOUT, "no answer in time")
    release = await script.run()
    assert release.state is ReleaseState.FAILED
    assert "could not be validated: no answer in time" in release.outcome
    assert script.fake.calls["write"] == 0


async def test_a_mistake_of_our_own_ends_it_without_another_write(script: RolloutScript) -> None:
    def break_it() -> None:
        script.fake.fail["get_service"] = ValueError("a mistake")

    script.once(lambda: script.at_20, break_it)
    release = await script.run()
    assert release.state is ReleaseState.UNKNOWN
    assert "Internal error (ValueError)" in release.outcome
    assert len(script.fake.writes) == 2


async def test_a_release_that_can_not_be_recorded_is_not_resumed(script: RolloutScript) -> None:
    script.once(lambda: script.at_20, lambda: script.fake.fail.update({"get_service": Killed()}))
    with pytest.raises(Killed):
        await script.run()
    script.fake.fail.clear()
    (left,) = await script.journal.releases()
    script.journal.claims.clear()
    script.journal.fail["append"] = FULL
    found = await headless_runner(script.fake.cloud, script.journal, script.clock).resume(left.id, Command.ABORT)
    assert isinstance(found, Release)
    assert found.state is ReleaseState.INTERRUPTED
    assert "it could not be resumed: The disk" in found.events[-1].sentence
    assert len(script.fake.writes) == 2
    assert script.journal.claims == set(), "the next one may try"


class UnreadableCommands(MemoryJournal):
    """Nobody's commands can be read."""

    async def commands(self, release_id: str) -> tuple[CommandRecord, ...]:
        raise FULL


async def test_commands_that_can_not_be_read_stop_nothing_and_the_outcome_says_so(script: RolloutScript) -> None:
    script.journal = UnreadableCommands()
    release = await script.run()
    assert release.state is ReleaseState.SUCCEEDED
    assert f"The journal is incomplete: {FULL}" in release.outcome


async def test_the_claim_of_a_release_whose_service_can_not_be_read_is_given_back(script: RolloutScript) -> None:
    script.once(lambda: script.at_20, lambda: script.fake.fail.update({"get_service": Killed()}))
    with pytest.raises(Killed):
        await script.run()
    script.fake.fail["get_service"] = error(ErrorKind.UNAVAILABLE, "no network")
    (left,) = await script.journal.releases()
    script.journal.claims.clear()
    found = await headless_runner(script.fake.cloud, script.journal, script.clock).resume(left.id, Command.CONTINUE)
    assert isinstance(found, Refusal)
    assert (found.reason, found.sentence) == (
        RefusalReason.UNREADABLE,
        "the service could not be read: no network",
    )
    assert script.journal.claims == set()


async def test_a_release_that_no_journal_knows_is_not_resumed(script: RolloutScript) -> None:
    found = await headless_runner(script.fake.cloud, script.journal, script.clock).resume("r-7", Command.CONTINUE)
    assert isinstance(found, Refusal)
    assert (found.reason, found.sentence) == (RefusalReason.NOT_FOUND, "the journal has no release r-7")


async def test_with_a_disk_that_is_full_at_the_first_write_nothing_was_changed(script: RolloutScript) -> None:
    script.journal.fail["append"] = FULL
    release = await script.run()
    assert release.state is ReleaseState.FAILED
    assert release.outcome.startswith(f"nothing was changed: {FULL}")
    assert script.fake.writes == []


async def test_a_release_is_published_with_its_first_write_and_at_its_end(script: RolloutScript) -> None:
    writes: list[int] = []

    class RecordingCloud(BusyCloud):
        def called(self, method: str) -> None:
            super().called(method)
            if method == "history_write":
                writes.append(len(self.writes))

    script.fake.__class__ = RecordingCloud
    await script.run()
    assert writes == [1, WRITES]


async def test_a_release_that_is_aborted_with_nothing_changed_yet_has_no_generation(script: RolloutScript) -> None:
    script.fake.fail_next["validate"] = [Killed()]
    with pytest.raises(Killed):
        await script.run()
    (left,) = await script.journal.releases()
    script.journal.claims.clear()
    found = await headless_runner(script.fake.cloud, script.journal, script.clock).resume(left.id, Command.ABORT)
    assert isinstance(found, Release)
    assert (found.state, found.generation_after) == (ReleaseState.ABORTED, 0)
