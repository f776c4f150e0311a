"""The plan to set the instances of a service, whatever its revisions say."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Difference, Plan, Refusal, RefusalReason
from cfconsole.domain.releases.planning.facts import PlanFacts
from cfconsole.domain.releases.planning.new_plan import invalid, new_plan
from cfconsole.domain.releases.planning.warnings import change_in_progress
from cfconsole.domain.releases.split_text import format_scaling
from cfconsole.domain.releases.steps import SCALING_MASK, Scaling

NO_MAXIMUM = 0
"""As a maximum: removes that of the service, so that those of its revisions apply."""


def plan_scale(facts: PlanFacts, *, minimum: int | None = None, maximum: int | None = None) -> Plan | Refusal:
    """Sets the instances of the whole service, without a new revision or moving traffic. `None` leaves a number."""
    service = facts.service
    before = Scaling(service.min_instances, service.max_instances)
    after = Scaling(
        before.min_instances if minimum is None else minimum,
        before.max_instances if maximum is None else (maximum if maximum != NO_MAXIMUM else None),
    )
    refusal = _scaling_refusal(after)
    if refusal:
        return refusal
    if after == before:
        return Refusal(RefusalReason.ALREADY_DONE, f"{service.key.name} already has {format_scaling(after)}")
    return replace(
        new_plan(facts, ReleaseKind.SCALE, service.desired),
        undo=service.desired,
        mask=SCALING_MASK,
        scaling=after,
        scaling_before=before,
        why="service-wide instances; no new revision, traffic stays",
        differences=tuple(_differences(before, after)),
        warnings=(*change_in_progress(facts), *_warnings(facts, before, after)),
    )


def _scaling_refusal(after: Scaling) -> Refusal | None:
    maximum = after.max_instances
    if after.min_instances < 0 or (maximum is not None and maximum < 1):
        return invalid("the minimum can't be negative and the maximum must be at least 1")
    if maximum is not None and after.min_instances > maximum:
        return invalid(f"the minimum ({after.min_instances}) is above the maximum ({maximum}); raise the maximum")
    return None


def _differences(before: Scaling, after: Scaling) -> Iterator[Difference]:
    for what, old, new in (
        ("service min instances", before.min_instances, after.min_instances),
        ("service max instances", before.max_instances, after.max_instances),
    ):
        if old != new:
            yield Difference(what, "-" if old is None else str(old), "-" if new is None else str(new))


def _warnings(facts: PlanFacts, before: Scaling, after: Scaling) -> Iterator[str]:
    running = facts.metrics.instances if facts.metrics else None
    maximum = after.max_instances
    if maximum is not None and running is not None and running > maximum:
        yield f"{running} instances run now; with a maximum of {maximum} requests may wait or be rejected"
    if after.min_instances > before.min_instances:
        yield f"{after.min_instances} instances are kept running and billed, even without requests"
    if before.min_instances and not after.min_instances:
        yield "without warm instances the first requests after a pause wait for a cold start"
    if facts.service.function:
        yield f"the next deploy of function {facts.service.function.name} may overwrite these numbers"
