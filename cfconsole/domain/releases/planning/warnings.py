"""Warnings about a change of traffic, as sentences; among them that a verdict will be slow at this request rate."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from cfconsole.domain.durations import format_rate, format_span
from cfconsole.domain.fleet.services import EnvVar, Revision
from cfconsole.domain.releases.planning.deploy_options import template_of
from cfconsole.domain.releases.planning.facts import PlanFacts
from cfconsole.domain.releases.rollout.workload import Workload, workload_of
from cfconsole.domain.releases.steps import GuardPolicy, Step, StepKind


def change_warnings(facts: PlanFacts, target: Revision, bad: Revision | None = None) -> tuple[str, ...]:
    """What to know before traffic moves to `target`, and from `bad` if the plan is about one."""
    return (
        *change_in_progress(facts),
        *_idle_newer_revision(facts, bad),
        *_capacity(facts, target, bad),
        *_start(facts, target),
        *_not_rolled_back(target),
    )


def change_in_progress(facts: PlanFacts) -> Iterator[str]:
    if facts.service.reconciling:
        yield "another change of this service is in progress; the two may overtake each other"


def next_deploy_warnings(facts: PlanFacts) -> Iterator[str]:
    """What the next deploy does once traffic is pinned to revision names."""
    function = facts.service.function
    if function is None:
        yield "pinned: the next deploy gets no traffic until traffic follows latest again"
    elif function.all_traffic_on_latest:
        yield f"the next deploy of function {function.name} takes all traffic again"
    else:
        yield f"the next deploy of function {function.name} gets no traffic until traffic is moved to it"


def _idle_newer_revision(facts: PlanFacts, bad: Revision | None) -> Iterator[str]:
    newest = facts.newest_first[0]
    if bad and newest.created_at > bad.created_at and newest.name not in facts.serving_names:
        state = "may have been rolled back already" if newest.ready else "is not Ready"
        yield f"{newest.short} is newer, serves nothing and {state}; this takes traffic from {bad.short}"


def _capacity(facts: PlanFacts, target: Revision, bad: Revision | None) -> Iterator[str]:
    maximum = target.max_instances
    running = facts.metrics.instances if facts.metrics else None
    if maximum is None:
        return
    if running is not None and running > maximum:
        yield f"{target.short} may run at most {maximum} instances; {running} run now"
    elif bad and bad.max_instances is not None and bad.max_instances > maximum:
        yield f"{target.short} may run at most {maximum} instances; {bad.short} may run {bad.max_instances}"


def _start(facts: PlanFacts, target: Revision) -> Iterator[str]:
    if target.name not in facts.serving_names and not target.min_instances and not facts.service.min_instances:
        yield f"{target.short} has no warm instances: its first requests wait for a cold start"
    if target.retired:
        yield f"{target.short} is retired; if its image is gone, it can't start"


def _not_rolled_back(target: Revision) -> Iterator[str]:
    names = [variable.name for variable in target.env if _moving_secret(variable)]
    if names:
        yield f"secrets at :latest are not rolled back: {', '.join(names)}"


def _moving_secret(variable: EnvVar) -> bool:
    return variable.display.startswith("secret ") and variable.display.endswith(":latest")


def slow_verdict_warnings(
    facts: PlanFacts, steps: tuple[Step, ...], guard: GuardPolicy, revision: str
) -> Iterator[str]:
    """A warning about the first step whose verdict takes longer than its bake, for lack of requests.

    `revision` is the one to roll out. No warning if the verdict does not rest on requests or their rate is unknown.
    """
    rps = facts.metrics.now.rps if facts.metrics else None
    if rps is None or not facts.revisions:
        return
    if workload_of(facts.service, facts.revision(revision) or template_of(facts)) is not Workload.REQUESTS:
        return
    for step in steps:
        share = _share(step, revision)
        if step.bake_s and step.must_be_healthy and share:
            needed_s = guard.min_requests * 100 / (rps * share) if rps else float("inf")
            if needed_s > step.bake_s:
                yield _sentence(step, share, rps, needed_s, guard)
                return


def _share(step: Step, revision: str) -> int:
    if step.kind is StepKind.PROMOTE:
        return 100
    return sum(line.percent for line in step.targets if line.revision == revision)


def _sentence(step: Step, share: int, rps: float, needed_s: float, guard: GuardPolicy) -> str:
    max_wait_s = max(guard.max_wait_s, step.bake_s)
    of = f"{share} % of {format_rate(rps)} requests/s"
    late = f"after {format_span(max_wait_s)} without a verdict you are asked; unattended, traffic is restored"
    if needed_s == float("inf"):
        return f"{step.label} needs {guard.min_requests} requests and none are coming in; {late}"
    duration = format_span(ceil(needed_s / 60) * 60 if needed_s >= 60 else needed_s)
    needs = f"{step.label} needs {guard.min_requests} requests, about {duration} at {of}"
    if needed_s <= max_wait_s:
        return f"{needs}; it is watched that long instead of {format_span(step.bake_s)}"
    enough = ceil(share * needed_s / max_wait_s)
    return f"{needs}; {late}{f'; {enough} % would finish in time' if enough <= 100 else ''}"
