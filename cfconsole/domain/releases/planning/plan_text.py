"""A plan as plain sentences, for dialogs, terminals and records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from cfconsole.domain.durations import format_span
from cfconsole.domain.fleet.services import short_revision
from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Plan
from cfconsole.domain.releases.planning.revision_diff import short_image
from cfconsole.domain.releases.split_text import format_scaling, format_split
from cfconsole.domain.releases.steps import Step, Strategy


def plan_sentences(plan: Plan) -> tuple[str, ...]:
    """The whole plan: the change, the undo, the steps, and the warnings."""
    return tuple(_sentences(plan))


def plan_headline(plan: Plan) -> str:
    """What the plan does, such as `roll back shop-prod/us-central1/orders-api from 00042 to 00041`."""
    bad, target = (short_revision(plan.service.name, name) for name in (plan.bad, plan.target))
    match plan.kind:
        case ReleaseKind.ROLLBACK:
            return f"roll back {plan.service} from {bad} to {target}"
        case ReleaseKind.TO_LATEST:
            return f"send all traffic of {plan.service} to the latest Ready revision, now {target}"
        case ReleaseKind.UNDO:
            back = format_scaling(plan.scaling) if plan.scaling else target
            return f"undo the last change of {plan.service}, back to {back}"
        case ReleaseKind.DEPLOY:
            return _deploy_headline(plan)
        case ReleaseKind.RESTART:
            return f"restart {plan.service} as a new revision of the same image"
        case ReleaseKind.DELETE:
            return f"delete {bad} of {plan.service}"
        case ReleaseKind.SHIFT:
            return f"split the traffic of {plan.service}: {format_split(plan.after, plan.service.name)}"
        case ReleaseKind.PROMOTE:
            return f"send all traffic of {plan.service} to {target}"
        case ReleaseKind.SCALE:
            return f"set the instances of {plan.service}{f' to {format_scaling(plan.scaling)}' if plan.scaling else ''}"
        case _:
            assert_never(plan.kind)


def step_sentence(step: Step, service: str = "") -> str:
    """One step of a plan, e.g. `canary 5 %: (new) 5 %, 00042 95 %, then watched for 2 min`."""
    probed = " after a probe passes" if step.probe else ""
    watched = f", then watched for {format_span(step.bake_s)}" if step.bake_s else ""
    return f"{step.label}{probed}: {format_split(step.targets, service)}{watched}"


def _deploy_headline(plan: Plan) -> str:
    if plan.build:
        if plan.build.create:
            return f"create function {plan.service} from source"
        return f"build {plan.service} from source, {plan.strategy or Strategy.ALL_AT_ONCE}"
    if plan.change is None:
        revision = short_revision(plan.service.name, plan.target)
        return f"roll out {revision} of {plan.service}, {plan.strategy}"
    image = f" {short_image(plan.change.image)}" if plan.change.image else " a new revision"
    return f"deploy{image} to {plan.service}, {plan.strategy or Strategy.ALL_AT_ONCE}"


def _sentences(plan: Plan) -> Iterator[str]:
    yield plan_headline(plan)
    yield from _before_and_after(plan)
    if plan.why:
        yield f"why: {plan.why}"
    for difference in plan.differences:
        yield f"changes: {difference.what} {difference.before} → {difference.after}"
    for number, step in enumerate(plan.steps, start=1):
        yield f"step {number}: {step_sentence(step, plan.service.name)}"
    if plan.policy and plan.policy.delete_failed:
        yield "warning: a new revision that fails is deleted where Cloud Run allows it; it does not for the latest"
    for warning in plan.warnings:
        yield f"warning: {warning}"
    if plan.must_name:
        bad = short_revision(plan.service.name, plan.must_name)
        yield f"warning: {bad} failed or was rolled back before; type {plan.must_name} to serve it anyway"


def _before_and_after(plan: Plan) -> Iterator[str]:
    if plan.scaling and plan.scaling_before:
        yield f"before: {format_scaling(plan.scaling_before)}"
        yield f"after: {format_scaling(plan.scaling)}"
        yield f"undo: {format_scaling(plan.scaling_before)}"
        return
    name = plan.service.name
    yield f"before: {format_split(plan.before, name)}"
    yield f"after: {format_split(plan.after, name)}"
    yield f"undo: {format_split(plan.undo, name)}"
