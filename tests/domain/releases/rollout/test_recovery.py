"""A release whose process is gone: what each of the three ways would do, at every point it may have died."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from cfconsole.domain.releases.model import Plan, Refusal, RefusalReason, Release, ReleaseEvent, ReleaseState, Verdict
from cfconsole.domain.releases.planning.scale import plan_scale
from cfconsole.domain.releases.planning.traffic_plans import PlanFacts
from cfconsole.domain.releases.rollout.machine import is_milestone, new_rollout, next_decision, release_state
from cfconsole.domain.releases.rollout.recovery import RESUME_WITHIN_S, RecoveryOption, recovery_options, rollout_of
from cfconsole.domain.releases.rollout.values import Command, Finish, Observation, Rollout, SendProbe, SendWrite, Wait
from cfconsole.domain.releases.steps import SCALING_MASK, Answer, Phase, Scaling, Strategy
from tests.builders import NOW, full, plan, revisions, service, share, target
from tests.domain.releases.rollout.rollouts import Cloud, deployed, ended

SERVED_BEFORE = {full("00042"): 100}


class Killed(Exception):
    """The process dies here."""


class Process:
    """Carries a release out with a journal, and dies at the given boundary: before or after any write or record."""

    def __init__(self, cloud: Cloud, release: Release, dies_at: int) -> None:
        self.cloud = cloud
        self.release = release
        self.left = dies_at

    def boundary(self) -> None:
        if self.left == 0:
            raise Killed
        self.left -= 1

    def record(self, rollout: Rollout, sentence: str) -> None:
        self.boundary()
        event = ReleaseEvent(self.cloud.now, release_state(rollout), sentence, progress=rollout.progress)
        self.release = replace(self.release, events=(*self.release.events, event))
        self.boundary()

    def run(self, rollout: Rollout, asked: Command = Command.NONE, turns: int = 2000) -> Finish:
        for _ in range(turns):
            self.cloud.now += timedelta(seconds=2)
            seen = replace(self.cloud.see(rollout), command=asked)
            decision = next_decision(rollout, seen, self.cloud.now)
            self.cloud.probed = None
            if isinstance(decision, Finish):
                return decision
            if is_milestone(rollout, decision.rollout):
                self.record(decision.rollout, "moved")
            rollout = decision.rollout
            match decision:
                case SendWrite():
                    rollout = self.cloud.take(decision)
                    self.record(rollout, "answered")
                case SendProbe():
                    self.boundary()
                    self.cloud.answer_probe(decision)
                case Wait():
                    pass
        raise AssertionError("no end")


def left_at(strategy: Strategy, boundary: int, verdict: Verdict) -> tuple[Cloud, Release] | None:
    """A release that died at a boundary; `None` once there are no more of them."""
    cloud = Cloud()
    cloud.verdict = verdict
    process = Process(cloud, Release("r", deployed(strategy=strategy), "me", NOW), boundary)
    try:
        process.run(new_rollout(process.release.plan, NOW))
    except Killed:
        return cloud, process.release
    return None


def taken_up(cloud: Cloud, release: Release, asked: Command) -> Finish:
    """By another process, through what the journal has."""
    choice = recovery_options(release, cloud.see(rollout_of(release)), cloud.now)
    way = choice.abort if asked is Command.ABORT else choice.resume
    assert isinstance(way, RecoveryOption), way
    return way.end or Process(cloud, release, -1).run(way.rollout, asked)


@pytest.mark.parametrize("verdict", [Verdict.HEALTHY, Verdict.UNHEALTHY])
@pytest.mark.parametrize("strategy", Strategy)
def test_death_at_every_boundary_is_survived_by_resume_and_by_abort(strategy: Strategy, verdict: Verdict) -> None:
    boundaries = 0
    while (left := left_at(strategy, boundaries, verdict)) is not None:
        cloud, release = left
        end = taken_up(cloud, release, Command.NONE)
        good = verdict is Verdict.HEALTHY
        assert end.state is (ReleaseState.SUCCEEDED if good else ReleaseState.ROLLED_BACK), (boundaries, end)
        assert cloud.split == ({full("00043"): 100} if good else SERVED_BEFORE)
        left = left_at(strategy, boundaries, verdict)
        assert left
        cloud, release = left
        taken_up(cloud, release, Command.ABORT)
        assert cloud.split == SERVED_BEFORE, boundaries
        assert len(cloud.revisions) <= 4, "never two new revisions"
        boundaries += 1
    assert boundaries >= 6


def at_first_step(cloud: Cloud) -> Release:
    rollout = cloud.step(cloud.until(deployed(), 2)).rollout
    event = ReleaseEvent(cloud.now, ReleaseState.VERIFYING, "baking", progress=rollout.progress)
    return Release("r", rollout.plan, "me", NOW, ReleaseState.INTERRUPTED, events=(event,))


def chosen(
    cloud: Cloud, release: Release, at: datetime | None = None
) -> tuple[RecoveryOption | Refusal, RecoveryOption | Refusal, str]:
    return recovery_options(release, cloud.see(rollout_of(release)), at or cloud.now)


def test_each_way_says_what_it_would_do() -> None:
    cloud = Cloud()
    resume, abort, leave = chosen(cloud, at_first_step(cloud))
    assert isinstance(resume, RecoveryOption)
    assert resume.sentence.startswith("continue with canary 5 %: canary 5 %: 1 min left")
    assert isinstance(abort, RecoveryOption)
    assert abort.sentence == (
        "restore 00042 100 %: restoring the previous split: aborted by the operator (00042 100 %, 00043 tag canary)"
    )
    assert leave == "traffic stays as it is: 00042 95 %, 00043 5 %"


def test_resuming_late_wants_a_new_plan_and_aborting_does_not() -> None:
    cloud = Cloud()
    release = at_first_step(cloud)
    late = cloud.now + timedelta(seconds=RESUME_WITHIN_S + 1)
    resume, abort, _ = chosen(cloud, release, late)
    assert isinstance(resume, Refusal)
    assert resume.sentence == "it was interrupted 15 min 1 s ago; abort it, or leave it and start again"
    assert isinstance(abort, RecoveryOption)


def test_a_service_somebody_else_changed_is_left_alone() -> None:
    cloud = Cloud()
    release = at_first_step(cloud)
    cloud.apply((target("00040", 100),))
    resume, abort, leave = chosen(cloud, release)
    assert isinstance(resume, Refusal)
    assert resume.reason is RefusalReason.CHANGED
    assert resume == abort
    assert leave == "traffic stays as it is: 00040 100 %"


def test_a_service_that_cannot_be_read_allows_nothing() -> None:
    cloud = Cloud()
    release = at_first_step(cloud)
    resume, abort, leave = recovery_options(release, Observation(None, read_error="no network"), cloud.now)
    assert isinstance(resume, Refusal)
    assert resume.sentence == "the service could not be read: no network"
    assert abort == resume
    assert "what serves is unknown" in leave
    assert "try again" in str(recovery_options(release, Observation(None), cloud.now))


def test_values_of_variables_die_with_their_process() -> None:
    made = deployed(env=(("TOKEN", "hunter2"), ("GONE", None)))
    cloud = Cloud()
    resume, abort, _ = chosen(cloud, Release("r", made, "me", NOW))
    assert isinstance(resume, Refusal)
    assert "its variable values were not kept" in resume.sentence
    assert isinstance(abort, RecoveryOption)
    assert abort.end
    removed = deployed(env=(("GONE", None),))
    assert isinstance(chosen(cloud, Release("r", removed, "me", NOW))[0], RecoveryOption)
    rollout = cloud.step(cloud.until(made, 1)).rollout
    event = ReleaseEvent(cloud.now, ReleaseState.RUNNING, "made", progress=rollout.progress)
    assert isinstance(chosen(cloud, Release("r", made, "me", NOW, events=(event,)))[0], RecoveryOption)


def test_resuming_a_restore_writes_it_again() -> None:
    cloud = Cloud()
    rollout = cloud.until(deployed(env=(("A", "x"),)), 2)
    cloud.verdict = Verdict.UNHEALTHY
    cloud.lands = lambda decision: False
    cloud.answer = lambda decision: Answer.NONE
    rollout = cloud.until(rollout, 3)
    event = ReleaseEvent(cloud.now, ReleaseState.RUNNING, "restoring", progress=rollout.progress)
    release = Release("r", rollout.plan, "me", NOW, events=(event,))
    assert rollout.progress.write
    assert rollout.progress.write.restores
    cloud.lands = lambda decision: True
    end = taken_up(cloud, release, Command.NONE)
    assert (end.state, cloud.split) == (ReleaseState.ROLLED_BACK, SERVED_BEFORE)


def test_a_release_of_one_write_is_read_back() -> None:
    running = ReleaseEvent(NOW, ReleaseState.RUNNING, "writing the split")
    unwritten = Release("r", plan(), "me", NOW)
    cloud = Cloud()
    assert rollout_of(unwritten).progress.phase is Phase.WRITE
    resume, _, _ = chosen(cloud, unwritten)
    assert isinstance(resume, RecoveryOption)
    assert resume.sentence == "continue with the split: writing the split (00041 100 %)"
    cloud.apply((target("00041", 100),))
    resume, abort, _ = chosen(cloud, replace(unwritten, events=(running,)))
    assert isinstance(resume, RecoveryOption)
    assert resume.end
    assert (resume.end.state, resume.sentence) == (ReleaseState.SUCCEEDED, "the split serves")
    assert isinstance(abort, RecoveryOption)
    assert "restore 00042 100 %" in abort.sentence


def scaling(cloud: Cloud) -> Release:
    """A change of instances that was intended, and whose process died over it."""
    made = plan_scale(PlanFacts(service(), revisions()), minimum=2)
    assert isinstance(made, Plan)
    return Release("r", made, "me", NOW, events=(ReleaseEvent(cloud.now, ReleaseState.RUNNING, "writing"),))


def test_a_change_of_instances_that_was_written_is_done_or_taken_back() -> None:
    cloud = Cloud()
    release = scaling(cloud)
    cloud.apply(cloud.service.desired, scaling=release.plan.scaling)
    resume, abort, leave = chosen(cloud, release)
    assert isinstance(resume, RecoveryOption)
    assert resume.end
    assert (resume.end.state, resume.sentence) == (ReleaseState.SUCCEEDED, "the instances are set")
    assert isinstance(abort, RecoveryOption)
    assert abort.sentence == (
        "restore min 0, max not set: restoring the previous instances: aborted by the operator (min 0, max not set)"
    )
    assert leave == "instances stay as they are: min 2, max not set"
    cloud.command = Command.ABORT
    assert ended(cloud, abort.rollout, ReleaseState.ABORTED).endswith("; the instances are restored")
    assert cloud.service.min_instances == 0
    assert cloud.writes[-1].mask == SCALING_MASK


def test_a_change_of_instances_does_not_wait_for_a_split_that_does_not_serve_yet() -> None:
    cloud = Cloud()
    release = scaling(cloud)
    cloud.settles = False
    cloud.service = replace(cloud.service, effective=(share("00041", 100),))
    cloud.apply(cloud.service.desired, scaling=release.plan.scaling)
    resume, abort, _ = chosen(cloud, release)
    assert isinstance(resume, RecoveryOption)
    assert resume.end
    assert resume.end.state is ReleaseState.SUCCEEDED
    assert isinstance(abort, RecoveryOption)
    cloud.command = Command.ABORT
    assert ended(cloud, abort.rollout, ReleaseState.ABORTED).endswith("; the instances are restored")


def test_a_change_of_instances_that_was_not_written_is_written_after_reading_back() -> None:
    cloud = Cloud()
    resume, abort, _ = chosen(cloud, scaling(cloud))
    assert isinstance(resume, RecoveryOption)
    assert ended(cloud, resume.rollout, ReleaseState.SUCCEEDED) == "the instances are set"
    assert cloud.service.min_instances == 2
    assert isinstance(abort, RecoveryOption)


def test_instances_that_somebody_else_set_are_left_alone() -> None:
    cloud = Cloud()
    release = scaling(cloud)
    cloud.apply(cloud.service.desired, scaling=Scaling(5, 9))
    resume, _, _ = chosen(cloud, release)
    assert isinstance(resume, Refusal)
    assert resume.reason is RefusalReason.CHANGED


def test_a_probe_is_asked_again() -> None:
    cloud = Cloud()
    rollout = cloud.step(cloud.until(deployed(strategy=Strategy.BLUE_GREEN), 2)).rollout
    event = ReleaseEvent(cloud.now, ReleaseState.RUNNING, "probing", progress=rollout.progress)
    resume, _, _ = chosen(cloud, Release("r", rollout.plan, "me", NOW, events=(event,)))
    assert isinstance(resume, RecoveryOption)
    assert "probe 2 of at most 8" in resume.sentence


def test_a_restore_that_was_interrupted_goes_on_without_the_values_of_the_variables() -> None:
    cloud = Cloud()
    made = deployed(strategy=Strategy.ALL_AT_ONCE, env=(("TOKEN", "hunter2"),))
    rollout = cloud.until(made, 1)
    cloud.service = replace(cloud.service, latest_created=made.newest)
    cloud.revisions = cloud.revisions[1:]
    failed = replace(cloud.see(rollout), operation_error="the quota of CPU is used up")
    restoring = next_decision(rollout, failed, cloud.now)
    assert isinstance(restoring, SendWrite)
    assert restoring.rollout.progress.write
    assert restoring.rollout.progress.write.restores
    event = ReleaseEvent(cloud.now, ReleaseState.RUNNING, "restoring", progress=restoring.rollout.progress)
    resume, _, _ = chosen(cloud, Release("r", made, "me", NOW, events=(event,)))
    assert isinstance(resume, RecoveryOption), resume
