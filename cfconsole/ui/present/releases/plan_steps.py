"""The dialog lines of plans in steps (steps, field masks, probe, guard) and of scaling."""

from __future__ import annotations

from collections.abc import Iterator

from cfconsole.domain.durations import format_span
from cfconsole.domain.fleet.traffic import CANDIDATE, LATEST
from cfconsole.domain.releases.model import Plan
from cfconsole.domain.releases.steps import TRAFFIC_MASK, GuardPolicy, Policy, ProbePolicy, Scaling, Step, StepKind
from cfconsole.ui.present import words
from cfconsole.ui.present.cells import Line, Span, left, line, right
from cfconsole.ui.present.charts import bar

_BAR = 10
_NAME = 24


def step_lines(plan: Plan, width: int) -> list[Line]:
    """One row per step, in order: the share of the new revision, and the condition for the next step."""
    rows = [line(Span(f" {left('STEP', _NAME + 2)}  {left('NEW', _BAR + 6)}  THEN", "dim"))]
    for number, step in enumerate(plan.steps, start=1):
        percent = new_share(plan, step)
        rows.append(
            line(
                Span(f" {number} {left(step.label, _NAME)}  ", "strong"),
                Span(f"{percent:>3} % "),
                Span(bar(percent, _BAR), "good"),
                Span(f"  {step_then(step)}"),
            )
        )
    return rows


def new_share(plan: Plan, step: Step) -> int:
    """The percentage of the new revision once the step serves; by then LATEST is the new revision."""
    mine = {CANDIDATE, LATEST, plan.target}
    return sum(target.percent for target in step.targets if target.revision in mine)


def step_then(step: Step) -> str:
    """The condition for the next step, in a few words."""
    parts = ["after a probe"] if step.probe else []
    if step.bake_s:
        parts.append(f"watch {format_span(step.bake_s)}")
    elif step.kind is StepKind.CREATE:
        parts.append("until it is Ready")
    elif step.kind is StepKind.BUILD:
        parts.append("until it is built")
    return ", ".join(parts)


def step_notes(plan: Plan) -> Iterator[tuple[str, str]]:
    """Labels and sentences: strategy, field masks, probe, guard and tag."""
    if plan.strategy:
        yield "strategy", plan.strategy.value
    if plan.steps or plan.mask != TRAFFIC_MASK:
        yield "writes", _masks(plan)
    policy = plan.policy or Policy()
    probed = [number for number, step in enumerate(plan.steps, start=1) if step.probe]
    if probed:
        yield "probe", _probe(policy.probe, probed[0])
    watched = [step for step in plan.steps if step.bake_s]
    if watched:
        yield "guard", _guard(policy.guard, healthy_only=any(step.must_be_healthy for step in watched))
    if plan.tag and plan.steps:
        yield "tag", f"{plan.tag}: its own URL; kept at 0 % traffic if the revision is Ready and the release fails"


def _masks(plan: Plan) -> str:
    if not plan.steps:
        return f"{', '.join(plan.mask)}; traffic stays"
    masks = [", ".join(step.mask) for step in plan.steps]
    first, others = masks[0], set(masks[1:])
    if not others or others == {first}:
        return first if len(masks) == 1 else f"{first}, {words.count(len(masks), 'time')}"
    return f"{first} in step 1, then {' or '.join(sorted(others))} alone"


def _probe(probe: ProbePolicy, number: int) -> str:
    paths = ", then ".join(probe.paths)
    ready = f", {format_span(probe.min_ready_s)} after it is Ready" if probe.min_ready_s else ""
    passes = f"passes with {probe.in_a_row} successes in a row, at most {probe.attempts} attempts"
    return f"{paths} before step {number}{ready}; {passes}"


def _guard(guard: GuardPolicy, *, healthy_only: bool) -> str:
    condition = "continues only when Healthy" if healthy_only else "restores traffic if Unhealthy"
    few = f"waits for {guard.min_requests} requests, at most {format_span(guard.max_wait_s)}"
    return f"{condition}: at most {guard.ceiling * 100:.3g} % 5xx, and no worse than the other revisions; {few}"


def scaling_lines(before: Scaling, after: Scaling) -> list[Line]:
    """Minimum and maximum of instances, before and after."""
    rows = [line(Span(f" {left('INSTANCES', 10)} {right('BEFORE', 8)}     AFTER", "dim"))]
    for name, old, new in (
        ("minimum", before.min_instances, after.min_instances),
        ("maximum", before.max_instances, after.max_instances),
    ):
        rows.append(
            line(
                Span(f" {left(name, 10)} ", "strong"),
                right(_number(old), 8),
                Span("  →  ", "dim"),
                Span(_number(new), "accent-strong" if old != new else ""),
            )
        )
    return rows


def _number(instances: int | None) -> str:
    return "not set" if instances is None else str(instances)
