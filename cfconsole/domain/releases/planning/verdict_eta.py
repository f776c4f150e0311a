"""The time a verdict takes at the present rate of requests, and a warning if that is too long."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from cfconsole.domain.durations import format_rate, format_span
from cfconsole.domain.releases.planning.deploy_options import template_of
from cfconsole.domain.releases.planning.facts import PlanFacts
from cfconsole.domain.releases.rollout.workload import Workload, workload_of
from cfconsole.domain.releases.steps import GuardPolicy, Step, StepKind


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
