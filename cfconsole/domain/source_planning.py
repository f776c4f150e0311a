"""Owns the planners of functions from source: what is approved before the build, and what brings in what was built.

A function's new revision would serve at once where its service follows LATEST. So the split is pinned first, and the
new revision takes its traffic like any other that exists.
"""

from __future__ import annotations

from collections.abc import Iterator

from cfconsole.domain.deploy_planning import plan_rollout
from cfconsole.domain.deploy_steps import free_tag, shift_steps
from cfconsole.domain.deploy_wish import DeployWish, steps_trouble
from cfconsole.domain.plan_facts import PlanFacts
from cfconsole.domain.plan_making import invalid, new_plan
from cfconsole.domain.plan_text import show_split
from cfconsole.domain.plan_warnings import under_way
from cfconsole.domain.release_steps import Step, StepKind, TemplateChange
from cfconsole.domain.releases import Plan, Refusal, RefusalReason, ReleaseKind
from cfconsole.domain.services import ServiceKey
from cfconsole.domain.sources import PackedSource
from cfconsole.domain.splits import named, same_targets
from cfconsole.domain.traffic import CANDIDATE, LATEST, Target, follows_latest, put_back

BUILD = "build without traffic"


def plan_source(facts: PlanFacts, wish: DeployWish, source: PackedSource) -> Plan | Refusal:
    """Builds a function anew from source and gives it the traffic by the strategy of the wish.

    The first step is carried out by `session.source_release`; what brings the result in is planned by `plan_built`.
    """
    service = facts.service
    refusal = source_trouble(facts, wish)
    if refusal:
        return refusal
    tag = free_tag(service, wish.strategy)
    steps = (
        Step(StepKind.CREATE, BUILD, pinned_split(facts)),
        *shift_steps(service, wish, tag, CANDIDATE),
    )
    if not service.serving:
        steps = (Step(StepKind.CREATE, "build and serve", (Target(LATEST, 100),), must_be_healthy=False),)
    return new_plan(facts, ReleaseKind.DEPLOY, steps[-1].targets)._replace(
        target=CANDIDATE,
        tag=tag,
        steps=steps,
        strategy=wish.strategy,
        policy=wish.policy,
        change=TemplateChange(),
        why=f"built from {source.summary}",
        warnings=(*source.warnings, *under_way(facts), *_warnings(facts)),
    )


def plan_creation(key: ServiceKey, source: PackedSource) -> Plan:
    """Makes a function that there is not yet; it serves as soon as it is built."""
    everything = (Target(LATEST, 100),)
    return Plan(
        kind=ReleaseKind.DEPLOY,
        service=key,
        generation=0,
        etag="",
        desired_before=(),
        before=(),
        after=everything,
        undo=(),
        target=CANDIDATE,
        why=f"built from {source.summary}",
        steps=(Step(StepKind.CREATE, "build and serve", everything, must_be_healthy=False),),
        change=TemplateChange(),
        warnings=(*source.warnings, "it is new, so it serves at once and there is nothing to go back to"),
    )


def build_plan(approved: Plan) -> Plan:
    """The part of an approved plan that goes as far as the new revision: one write of the split, which may be as it is.

    It is a plan of its own in the journal, for a build is carried out by the cloud and can't be taken up again.
    """
    targets = approved.steps[0].targets
    return approved._replace(steps=(), after=targets, tag="", policy=None)


def plan_built(facts: PlanFacts, approved: Plan, revision: str, wish: DeployWish) -> Plan | Refusal:
    """Brings in what was built, by the wish that was approved. A service that was changed is left as it is."""
    name, latest = facts.service.key.name, facts.service.latest_created
    built = f"{facts.short(revision)} was built and gets no traffic"
    if not same_targets(facts.service.desired, approved.steps[0].targets):
        why = f"{name} was changed{_by(facts)} during the build: {show_split(facts.service.desired, name)}"
        return Refusal(RefusalReason.CHANGED, f"{built}, for {why}; shift traffic to it if that is still wanted")
    if latest != revision:
        why = f"{facts.short(latest)} was deployed{_by(facts)} during the build"
        return Refusal(RefusalReason.CHANGED, f"{built}, for {why}; shift traffic to the one that is wanted")
    return plan_rollout(facts, revision, wish, began=approved.desired_before)


def approved_steps(approved: Plan, revision: str) -> tuple[Step, ...]:
    """The steps after the build, with the new revision by its name."""
    return tuple(step._replace(targets=named(step.targets, revision)) for step in approved.steps[1:])


def pinned_split(facts: PlanFacts) -> tuple[Target, ...]:
    """What serves, by name where LATEST would give the new revision traffic at once; else as it is asked for."""
    service = facts.service
    if service.serving and follows_latest(service.desired):
        return put_back(service.effective, service.desired)
    return service.desired


def source_trouble(facts: PlanFacts, wish: DeployWish) -> Refusal | None:
    """Why the service is not built from source now, whatever the source is."""
    service = facts.service
    refusal = steps_trouble(wish)
    if refusal:
        return refusal
    if service.function is None:
        return invalid(
            f"{service.key.name} is a {service.kind.value} and no function of Cloud Functions; deploy an image"
        )
    if service.function.state == "DEPLOYING":
        sentence = f"function {service.function.name} is being deployed{_by(facts)}; wait until that is done"
        return Refusal(RefusalReason.BUSY, sentence)
    return None


def _by(facts: PlanFacts) -> str:
    return f" by {facts.service.updated_by}" if facts.service.updated_by else ""


def _warnings(facts: PlanFacts) -> Iterator[str]:
    service = facts.service
    if not service.serving:
        yield "nothing serves now, so it serves as soon as it is built, and there is nothing to go back to"
    elif follows_latest(service.desired):
        split = show_split(pinned_split(facts), service.key.name)
        yield f"while it is built the split is pinned to {split}; a build that fails puts latest back"
    yield "if this command dies during the build, the split stays pinned and the new revision gets no traffic"
