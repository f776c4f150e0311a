"""Single writes and releases in steps read one observation alike: the outcome of a write, and whether it is healthy.

They follow different rules, so they may act differently on the same reading. These are the differences:

- A release in steps writes again, so any change after its write supersedes it. A single write is over, so a later
  change that does not affect what it wrote does not supersede it.
- An unanswered write that was not applied is sent again by a release in steps, but ends a single write.
- A split that does not serve in time fails a release in steps, which waits longer. A single write then ends with an
  unknown outcome.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from cfconsole.domain.fleet.reads import OperationState
from cfconsole.domain.fleet.services import Service, ServiceKey
from cfconsole.domain.fleet.traffic import LATEST, Target
from cfconsole.domain.logs.entries import LogEntry
from cfconsole.domain.logs.times import to_ns
from cfconsole.domain.releases.model import Evidence, Plan, ReleaseState, Verdict
from cfconsole.domain.releases.rollout.machine import new_rollout, next_decision
from cfconsole.domain.releases.rollout.step_judgement import LogCompleteness, RequestCounts, StepEvidence, judge_step
from cfconsole.domain.releases.rollout.values import Finish, Observation, Rollout
from cfconsole.domain.releases.rollout.write_outcome import classify_write
from cfconsole.domain.releases.steps import SCALING_MASK, Answer, GuardPolicy, Phase, Scaling, Write
from cfconsole.domain.releases.verification import count_requests, total_evidence
from cfconsole.domain.releases.writes import READ_BACK_S, WriteOutcome, is_unchanged, outcome_of
from cfconsole.session.releases import single_write_outcome
from cfconsole.session.releases.evidence.request_log import RequestLog
from cfconsole.session.releases.single_write_outcome import follow_change, read_back
from cfconsole.session.releases.single_write_verification import MIN_REQUESTS, Verifier
from tests.builders import NOW, ORDERS, full, plan, request_entry, service, share, target
from tests.session.releases.mortal_process import FastClock
from tests.session.scripted import FakeCloud, ScriptedServices

WRITTEN_TO = 42
"""The generation that the write was sent to, that of the plan."""
ROLLBACK = plan()
SCALE = plan(
    mask=SCALING_MASK,
    after=ROLLBACK.desired_before,
    undo=ROLLBACK.desired_before,
    bad="",
    target="",
    scaling=Scaling(1, 9),
    scaling_before=Scaling(0, None),
)
SPLITS = (
    ROLLBACK.desired_before,
    ROLLBACK.after,
    (target("00041", 60), target("00041", 40)),
    (target("00041", 50), target("00042", 50)),
    (target("00041", 100, "stable"),),
    (Target(LATEST, 100), target("00041", 0, "next")),
)


@st.composite
def observed(draw: st.DrawFn) -> Service:
    """The service as a read may find it after the write, with or without the write and changes of others."""
    generation = draw(st.integers(WRITTEN_TO - 1, WRITTEN_TO + 3))
    serving = draw(st.sampled_from([{"00042": 100}, {"00041": 100}, {"00042": 50, "00041": 50}, {}]))
    found = service(
        generation=generation,
        effective=tuple(share(short, percent) for short, percent in serving.items()),
        latest_ready=full(draw(st.sampled_from(["00041", "00042"]))),
    )
    if generation <= WRITTEN_TO:
        # What a generation asks for never changes.
        return found
    scaling = draw(st.sampled_from([Scaling(0, None), Scaling(1, 9), Scaling(1, None), Scaling(5, 9)]))
    return replace(
        found,
        desired=draw(st.sampled_from(SPLITS)),
        min_instances=scaling.min_instances,
        max_instances=scaling.max_instances,
    )


plans = st.sampled_from([ROLLBACK, SCALE])


class StillServices(ScriptedServices):
    """One service that stays as it is, and one operation."""

    def __init__(self, found: Service, operation: OperationState) -> None:
        self._found = found
        self._operation = operation

    async def get_service(self, key: ServiceKey) -> Service:
        return self._found

    async def operation(self, name: str) -> OperationState:
        return self._operation


def sent(of: Plan, answer: Answer) -> Rollout:
    """The same write as the only step of a release, with its answer."""
    write = Write(of.after, WRITTEN_TO, NOW, answer=answer)
    return new_rollout(of, NOW).with_progress(phase=Phase.SETTLE, write=write)


def read_by_steps(of: Plan, answer: Answer, found: Service) -> WriteOutcome:
    """What a release in steps reads once a lost answer can no longer arrive."""
    waited = sent(of, answer).with_progress(waited_s=READ_BACK_S)
    assert waited.progress.write
    return classify_write(waited, waited.progress.write, found, Observation(found))


@given(plans, observed())
@example(ROLLBACK, service(generation=43, desired=ROLLBACK.after))
@example(ROLLBACK, service(generation=44, desired=ROLLBACK.after))
@example(SCALE, service(generation=43, min_instances=1, max_instances=9))
def test_both_read_the_same_of_a_write_that_was_not_answered(of: Plan, found: Service) -> None:
    single = asyncio.run(read_back(StillServices(found, OperationState(True)), FastClock(), of, WRITTEN_TO))
    assert single is outcome_of(of, found, WRITTEN_TO)
    changed_since = found.generation > WRITTEN_TO + 1
    for answer in (Answer.UNKNOWN, Answer.NONE):
        in_steps = read_by_steps(of, answer, found)
        if changed_since:
            assert in_steps is WriteOutcome.SUPERSEDED
            assert single in (WriteOutcome.SUPERSEDED, WriteOutcome.APPLIED)
        else:
            assert in_steps is single


@given(plans, observed())
def test_both_read_the_same_of_a_write_that_was_in_conflict(of: Plan, found: Service) -> None:
    if found.generation < WRITTEN_TO:
        return
    in_steps = read_by_steps(of, Answer.CONFLICT, found)
    assert in_steps is (WriteOutcome.NOT_APPLIED if is_unchanged(of, found) else WriteOutcome.SUPERSEDED)


def end_of_single(of: Plan, found: Service, operation_error: str) -> single_write_outcome.ChangeEnd:
    """How a single write ends if nothing else is ever observed."""
    services = StillServices(found, OperationState(True, operation_error))
    return asyncio.run(follow_change(services, FastClock(), of, "operations/1", WRITTEN_TO, lambda seen: None))


def end_of_steps(of: Plan, found: Service, operation_error: str) -> Finish:
    """How the same write ends as the only step of a release."""
    rollout, now = sent(of, Answer.ACCEPTED), NOW
    for _ in range(100):
        now += timedelta(seconds=20)
        decision = next_decision(rollout, Observation(found, operation_error=operation_error), now)
        if isinstance(decision, Finish):
            return decision
        rollout = decision.rollout
    raise AssertionError(f"no end: {decision}")


@given(plans, observed(), st.sampled_from(["", "the quota of CPU is used up"]))
@example(SCALE, service(generation=43, min_instances=1, max_instances=9, effective=()), "")
@example(ROLLBACK, service(generation=44, desired=ROLLBACK.after, effective=(share("00041", 100),)), "")
def test_both_end_alike_on_a_write_that_was_accepted(of: Plan, found: Service, operation_error: str) -> None:
    if found.generation < WRITTEN_TO:
        return
    single, in_steps = end_of_single(of, found, operation_error), end_of_steps(of, found, operation_error)
    if found.generation > WRITTEN_TO + 1:
        assert in_steps.state is ReleaseState.SUPERSEDED
        return
    match in_steps.state:
        case ReleaseState.SUCCEEDED:
            assert single.state is ReleaseState.VERIFYING
        case ReleaseState.FAILED if "does not serve what was written in time" in in_steps.outcome:
            assert single.state is ReleaseState.UNKNOWN
            assert "not in effect" in single.sentence
        case other:
            assert single.state is other
    ours = 0 if in_steps.rollout.is_untouched else in_steps.rollout.progress.generation
    assert single.generation == (0 if in_steps.state is ReleaseState.SUPERSEDED else ours)


@given(plans, observed())
def test_a_single_write_calls_no_generation_its_own_but_the_one_it_made(of: Plan, found: Service) -> None:
    single = end_of_single(of, found, "")
    assert single.generation in (0, WRITTEN_TO + 1), "an undo would write over what somebody else did after it"


def request_entries(short: str, counted: Evidence, seconds: float) -> list[LogEntry]:
    """The requests to a revision, some seconds from the moment the split serves."""
    return [
        request_entry(500 if number < counted.errors else 200, short, seconds=seconds, insert_id=f"{short}-{number}")
        for number in range(counted.requests)
    ]


evidence = st.integers(0, 120).flatmap(lambda count: st.builds(Evidence, st.just(count), st.integers(0, count)))


@given(evidence, evidence)
@example(Evidence(100, 12), Evidence(MIN_REQUESTS, 0))
@example(Evidence(100, 12), Evidence(MIN_REQUESTS - 1, 0))
@example(Evidence(120, 0), Evidence(120, 6))
@example(Evidence(120, 6), Evidence(120, 0))
def test_both_call_the_same_requests_well(other: Evidence, counted: Evidence) -> None:
    """The revision beside the new one is measured before a single write, and during a step."""
    before = [*request_entries("00042", other, -10), *request_entries("00041", counted, 10)]
    beside = [*request_entries("00042", other, 10), *request_entries("00041", counted, 10)]
    policy = GuardPolicy(min_requests=MIN_REQUESTS)
    assert verify_write_on(before) is judge_step_on(policy, beside)


def verify_write_on(entries: list[LogEntry]) -> Verdict:
    """The verdict of a single write to 00041 on these requests."""

    async def verify() -> Verdict:
        fake = FakeCloud()
        requests = RequestLog(fake.cloud, may_read=lambda key: False, is_tailed=lambda key: True)
        verifier = Verifier(requests, fake.clock)
        verifier.leave()
        with requests.collecting(ORDERS):
            requests.add(entries)
            return (await verifier.verify(ROLLBACK, NOW)).verdict

    return asyncio.run(verify())


def judge_step_on(policy: GuardPolicy, entries: list[LogEntry]) -> Verdict:
    """The verdict on a step that brings in 00041 on these requests."""
    candidate = full("00041")
    counts = count_requests(entries, ORDERS, to_ns(NOW))
    log = RequestCounts(counts.get(candidate, Evidence()), total_evidence(counts, without=candidate), NOW)
    return judge_step(policy, StepEvidence(NOW, request_log=log, completeness=LogCompleteness.COMPLETE), NOW).verdict
