"""A function that is built from source, step by step of the machine: it waits, gives up, or leaves the build alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from cfconsole.domain.fleet.services import Service, ServiceKind
from cfconsole.domain.fleet.traffic import LATEST, Share, Target
from cfconsole.domain.releases.model import Plan, Refusal, RefusalReason, Release, ReleaseEvent, ReleaseState
from cfconsole.domain.releases.planning.facts import PlanFacts
from cfconsole.domain.releases.planning.from_source import (
    facts_of_new_function,
    plan_creation,
    plan_source,
    with_upload,
)
from cfconsole.domain.releases.rollout.build import BUILD_TIMEOUT_S
from cfconsole.domain.releases.rollout.machine import new_rollout, next_decision, with_answer
from cfconsole.domain.releases.rollout.recovery import RecoveryOption, recovery_options
from cfconsole.domain.releases.rollout.values import (
    Command,
    Decision,
    Finish,
    Observation,
    Rollout,
    SendWrite,
    Wait,
    WriteKind,
)
from cfconsole.domain.releases.steps import Answer, Policy, ProbePolicy, Strategy
from cfconsole.domain.releases.writes import READ_BACK_S
from cfconsole.domain.source.function_builds import BuildState, StageState, UploadedSource
from cfconsole.domain.source.packages import PackedSource
from tests.builders import NOW, ORDERS, full, function, pinned_service, release, revision, revisions, service, target
from tests.domain.releases.rollout.rollouts import deploy_options

SOURCE = PackedSource(b"x", "/srv/orders", 1, 5000, "5e" * 32)
PUT = UploadedSource("bucket", "1.zip")
OLD, MADE = full("00042"), full("00043")
FUNCTION = service(kind=ServiceKind.FUNCTION, function=function())
PINNED = pinned_service("00042", kind=ServiceKind.FUNCTION, function=function())
UNDER_WAY = BuildState(
    False, (StageState("build", "in progress", uri="https://log"), StageState("service", "not started"))
)
BUILT = BuildState(True, revision=MADE)
FAILED = BuildState(True, error="The build failed.")
NOT_TAKEN = BuildState(False, accepted=False)


def plan_of(of: Service = PINNED, **changes: Any) -> Plan:
    options = deploy_options(
        image="", strategy=Strategy.CANARY, steps=(5, 100), policy=Policy(probe=ProbePolicy(attempts=0))
    )
    plan = plan_source(PlanFacts(of, revisions()), replace(options, **changes), SOURCE)
    assert isinstance(plan, Plan), plan
    return with_upload(plan, PUT)


def creation() -> Plan:
    plan = plan_creation(facts_of_new_function(ORDERS), deploy_options(image=""), SOURCE, "python312", "handle")
    assert isinstance(plan, Plan)
    return with_upload(plan, PUT)


class Build:
    """A release at the step that builds. Its fields may be set at any time."""

    def __init__(self, plan: Plan | None = None, of: Service = PINNED, answer: Answer = Answer.ACCEPTED) -> None:
        self.service = of
        self.revisions = revisions()
        self.now: datetime = NOW
        self.build: BuildState | None = UNDER_WAY
        self.trouble = ""
        self.command = Command.NONE
        begun = new_rollout(plan or plan_of(of), NOW)
        writing = self.decide(begun)
        assert isinstance(writing, SendWrite)
        assert writing.kind is WriteKind.BUILD
        self.rollout = with_answer(writing.rollout, answer, operation="op" if answer is Answer.ACCEPTED else "")

    def decide(self, rollout: Rollout, after_s: float = 2.0) -> Decision:
        self.now += timedelta(seconds=after_s)
        seen = Observation(
            self.service, self.revisions, command=self.command, build=self.build, build_error=self.trouble
        )
        return next_decision(rollout, seen, self.now)

    def look(self, after_s: float = 2.0) -> Decision:
        decision = self.decide(self.rollout, after_s)
        self.rollout = decision.rollout
        return decision

    def look_for(self, seconds: float) -> Decision:
        """Looks until there is something to do, or so much time has passed."""
        for _ in range(int(seconds // 20)):
            decision = self.look(20.0)
            if not isinstance(decision, Wait):
                return decision
        return self.look()

    def make(self, number: str = "00043", **changes: Any) -> None:
        made = replace(revision(number), **changes)
        self.revisions = (made, *self.revisions)
        generation = self.service.generation + 2
        latest_ready = made.name if made.ready else self.service.latest_ready
        self.service = replace(self.service, generation=generation, latest_created=made.name, latest_ready=latest_ready)


def end(decision: Decision, state: ReleaseState) -> str:
    assert isinstance(decision, Finish), decision
    assert decision.state is state, decision
    return decision.outcome


def test_while_it_is_built_the_stages_are_told_and_kept() -> None:
    at = Build()

    held = at.look()

    assert isinstance(held, Wait)
    assert held.sentence == "build in progress; its log: https://log"
    assert at.rollout.progress.stages == "build in progress"
    at.build = BuildState(False)
    nothing = at.look()
    assert isinstance(nothing, Wait)
    assert nothing.sentence == "the build is starting"


def test_a_build_that_can_not_be_seen_is_looked_for_and_in_the_end_unknown() -> None:
    at = Build()
    at.build = None
    first = at.look()
    assert isinstance(first, Wait)
    assert first.sentence == "checking the build"
    at.trouble = "You may not look."
    second = at.look()
    assert isinstance(second, Wait)
    assert second.sentence == "checking the build: You may not look."

    outcome = end(at.look_for(BUILD_TIMEOUT_S), ReleaseState.UNKNOWN)

    assert outcome == (
        "the build is not done after 30 minutes: You may not look; the split stays 00042 100 %. "
        "Check the service before doing more"
    )


def test_a_creation_that_never_ends_says_nothing_of_a_split() -> None:
    at = Build(creation(), Service(ORDERS))

    outcome = end(at.look_for(BUILD_TIMEOUT_S), ReleaseState.UNKNOWN)

    assert outcome == "the build is not done after 30 minutes. Check the service before doing more"


def test_what_was_built_gets_its_first_traffic_only_once_the_service_shows_it() -> None:
    at = Build()
    at.build = BUILT
    waiting = at.look()
    assert isinstance(waiting, Wait)
    assert waiting.sentence == "waiting for the new revision to appear"

    at.make()
    writing = at.look()

    assert isinstance(writing, SendWrite)
    assert writing.targets[0] == Target(MADE, 5)
    assert (at.rollout.progress.candidate, at.rollout.progress.generation) == (MADE, at.service.generation)


def test_a_build_that_names_no_revision_made_the_newest() -> None:
    at = Build()
    at.build = BuildState(True)
    at.make()

    assert isinstance(at.look(), SendWrite)
    assert at.rollout.progress.candidate == MADE


def test_what_serves_as_soon_as_it_is_built_has_to_serve() -> None:
    empty = replace(FUNCTION, effective=())
    at = Build(plan_of(empty), empty)
    at.build = BUILT
    at.make()
    waiting = at.look()
    assert isinstance(waiting, Wait)
    assert waiting.sentence == "waiting for the split to take effect"

    at.service = replace(at.service, desired=(Target(LATEST, 100),), effective=(Share(MADE, 100),))

    assert end(at.look(), ReleaseState.SUCCEEDED) == "00043 serves all traffic"


def test_another_revision_that_came_meanwhile_supersedes_it() -> None:
    at = Build()
    at.build = BUILT
    at.make()
    at.make("00044")

    end(at.look(), ReleaseState.SUPERSEDED)


def test_a_split_that_was_moved_meanwhile_supersedes_it() -> None:
    at = Build()
    at.service = replace(at.service, desired=(target("00041", 100),))

    end(at.look(), ReleaseState.SUPERSEDED)


def test_a_build_that_fails_changed_nothing_where_no_split_was_pinned() -> None:
    at = Build()
    at.build = FAILED

    assert end(at.look(), ReleaseState.FAILED) == "nothing was changed: The build failed"


def test_a_revision_that_did_not_start_is_called_by_its_name() -> None:
    at = Build()
    at.build = FAILED
    at.make(ready=False)

    assert end(at.look(), ReleaseState.ROLLED_BACK) == "The build failed; traffic is as before"
    assert at.rollout.progress.candidate == MADE


def test_a_pinned_split_follows_latest_again_where_the_build_made_nothing() -> None:
    plan = plan_of(FUNCTION)
    pinned = replace(FUNCTION, generation=FUNCTION.generation + 1, desired=plan.steps[0].targets)
    rollout = new_rollout(plan, NOW).with_progress(step=1, generation=pinned.generation, targets=pinned.desired)
    writing = next_decision(rollout, Observation(pinned, revisions()), NOW)
    assert isinstance(writing, SendWrite)

    built = with_answer(writing.rollout, Answer.ACCEPTED, operation="op")
    restoring = next_decision(built, Observation(pinned, revisions(), build=FAILED), NOW)

    assert isinstance(restoring, SendWrite)
    assert (restoring.kind, restoring.targets) == (WriteKind.RESTORE, FUNCTION.desired)


@pytest.mark.parametrize("answer", [Answer.CONFLICT, Answer.REFUSED])
def test_a_deploy_that_was_not_taken_is_given_up(answer: Answer) -> None:
    at = Build(answer=answer)

    assert end(at.look(), ReleaseState.FAILED) == "nothing was changed: the deploy was rejected: "


def test_a_deploy_that_was_not_taken_for_somebody_was_faster_is_superseded() -> None:
    at = Build(answer=Answer.CONFLICT)
    at.make("00044")

    end(at.look(), ReleaseState.SUPERSEDED)


def test_a_deploy_whose_process_died_over_it_is_sent_again_once_it_is_known_not_to_be_taken() -> None:
    at = Build(answer=Answer.NONE)
    at.build = NOT_TAKEN
    waiting = at.look()
    assert isinstance(waiting, Wait)
    assert waiting.sentence == "checking whether the deploy was accepted"

    again = at.look_for(READ_BACK_S + 20)

    assert isinstance(again, SendWrite)
    assert again.kind is WriteKind.BUILD
    assert at.rollout.progress.tries == 1


def test_a_deploy_whose_answer_got_lost_is_never_sent_again() -> None:
    at = Build(answer=Answer.UNKNOWN)
    at.build = NOT_TAKEN

    outcome = end(at.look_for(READ_BACK_S + 20), ReleaseState.FAILED)

    assert outcome.startswith("nothing was changed: the deploy was not accepted")


def test_a_revision_that_nobody_can_be_said_to_have_made_is_left_unless_it_did_not_start() -> None:
    at = Build(answer=Answer.UNKNOWN)
    at.build = NOT_TAKEN
    at.make()
    end(at.look(), ReleaseState.SUPERSEDED)

    other = Build(answer=Answer.UNKNOWN)
    other.build = NOT_TAKEN
    condition = replace(revision("00043").condition, state="failed", message="no port")
    other.make(ready=False, condition=condition)
    assert end(other.look(), ReleaseState.ROLLED_BACK) == "00043 did not start: no port; traffic is as before"


def test_an_abort_leaves_the_build_to_itself_and_the_split_as_it_is() -> None:
    at = Build()
    at.command = Command.ABORT

    assert end(at.look(), ReleaseState.ABORTED) == (
        "aborted by the operator; the build continues, because Cloud Functions can't stop one; "
        "its revision gets no traffic: the split stays 00042 100 %"
    )


def test_an_abort_of_a_creation_says_that_it_will_serve() -> None:
    at = Build(creation(), Service(ORDERS))
    at.command = Command.ABORT

    assert end(at.look(), ReleaseState.ABORTED).endswith("serves as soon as it is ready, because nothing served before")


def left(at: Build) -> Release:
    event = ReleaseEvent(at.now, ReleaseState.RUNNING, "building", progress=at.rollout.progress)
    return replace(release(at.rollout.plan), events=(event,))


def test_a_build_whose_process_died_is_followed_on_and_needs_no_values_any_more() -> None:
    at = Build(plan_of(env=(("TOKEN", "s3cret"),)))

    ways = recovery_options(left(at), Observation(at.service, at.revisions, attended=True), at.now)

    assert isinstance(ways.resume, RecoveryOption)
    assert ways.resume.sentence == "continue with build without traffic: checking the build"
    assert isinstance(ways.abort, RecoveryOption)
    assert ways.abort.end is not None
    assert ways.abort.end.state is ReleaseState.ABORTED


@pytest.mark.parametrize("answer", [Answer.NONE, Answer.UNKNOWN])
def test_a_build_that_may_have_to_be_asked_for_again_can_not_go_on_without_its_values(answer: Answer) -> None:
    at = Build(plan_of(env=(("TOKEN", "s3cret"),)), answer=answer)

    ways = recovery_options(left(at), Observation(at.service, at.revisions, attended=True), at.now)

    assert isinstance(ways.resume, Refusal)
    assert ways.resume.reason is RefusalReason.JOURNAL
    assert isinstance(ways.abort, RecoveryOption)
