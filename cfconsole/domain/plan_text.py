"""Owns how a plan reads: plain sentences for a dialog, a terminal line or a record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from cfconsole.domain.releases import Plan, ReleaseKind
from cfconsole.domain.services import short_revision
from cfconsole.domain.traffic import LATEST, Share, Target


def show_split(lines: Iterable[Target | Share], service: str = "") -> str:
    """A split in one line, e.g. `00041 100 %, 00040 tag canary`. With the service's name revisions are shortened."""
    return ", ".join(_line(line, service) for line in lines) or "nothing"


def plan_sentences(plan: Plan) -> tuple[str, ...]:
    """The whole plan, the change first, then the undo, then what to mind."""
    return tuple(_sentences(plan))


def headline(plan: Plan) -> str:
    """What the plan does, to what: `roll back shop-prod/us-central1/orders-api from 00042 to 00041`."""
    bad, target = (short_revision(plan.service.name, name) for name in (plan.bad, plan.target))
    match plan.kind:
        case ReleaseKind.ROLLBACK:
            return f"roll back {plan.service} from {bad} to {target}"
        case ReleaseKind.TO_LATEST:
            return f"send all traffic of {plan.service} to the latest Ready revision, now {target}"
        case ReleaseKind.UNDO:
            return f"undo the last change of {plan.service}, back to {target}"
        case _:
            assert_never(plan.kind)


def _sentences(plan: Plan) -> Iterator[str]:
    name = plan.service.name
    yield headline(plan)
    yield f"before: {show_split(plan.before, name)}"
    yield f"after: {show_split(plan.after, name)}"
    yield f"undo: {show_split(plan.undo, name)}"
    if plan.why:
        yield f"why: {plan.why}"
    for difference in plan.differences:
        yield f"changes: {difference.what} {difference.before} → {difference.after}"
    for warning in plan.warnings:
        yield f"mind: {warning}"
    if plan.must_name:
        bad = short_revision(name, plan.must_name)
        yield f"mind: {bad} failed or was rolled back before; type {plan.must_name} to serve it all the same"


def _line(line: Target | Share, service: str) -> str:
    name = "latest" if line.revision == LATEST else short_revision(service, line.revision)
    percent = f" {line.percent} %" if line.percent or not line.tag else ""
    return f"{name}{percent}{f' tag {line.tag}' if line.tag else ''}"
