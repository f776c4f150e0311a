"""Warnings about a change of traffic, as sentences."""

from __future__ import annotations

from collections.abc import Iterator

from cfconsole.domain.fleet.services import EnvVar, Revision
from cfconsole.domain.releases.planning.facts import PlanFacts


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
