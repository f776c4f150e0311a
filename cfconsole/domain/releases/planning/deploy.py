"""Plans to deploy, to restart, and to roll out an existing revision step by step."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from cfconsole.domain.fleet.services import ServiceKind
from cfconsole.domain.fleet.traffic import CANDIDATE, follows_latest
from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Plan, Refusal, RefusalReason
from cfconsole.domain.releases.planning.deploy_options import (
    DeployOptions,
    choose_container,
    options_refusal,
    steps_refusal,
    template_change,
    template_of,
)
from cfconsole.domain.releases.planning.facts import PlanFacts, bad_revisions
from cfconsole.domain.releases.planning.new_plan import (
    invalid,
    known_revision,
    new_plan,
    traffic_refusal,
    unread_refusal,
)
from cfconsole.domain.releases.planning.revision_diff import differences
from cfconsole.domain.releases.planning.rollback_choice import not_ready, unknown_revision
from cfconsole.domain.releases.planning.strategies import deploy_steps, shift_steps, unused_tag, why_not_probeable
from cfconsole.domain.releases.planning.warnings import (
    change_in_progress,
    change_warnings,
    next_deploy_warnings,
    slow_verdict_warnings,
)
from cfconsole.domain.releases.steps import Policy, Step, StepKind, Strategy, TemplateChange
from cfconsole.domain.releases.template_change import makes_new_revision, with_change

__all__ = ["DeployOptions", "plan_deploy", "plan_restart", "plan_rollout"]


def plan_deploy(facts: PlanFacts, options: DeployOptions) -> Plan | Refusal:
    """Creates a revision from the service's template with the changes of the options, and gives it the traffic."""
    refusal = unread_refusal(facts) or options_refusal(options) or _deploy_refusal(facts, options)
    if refusal:
        return refusal
    template = template_of(facts)
    container = choose_container(template, options.container)
    if isinstance(container, Refusal):
        return container
    change = template_change(options, container)
    if not makes_new_revision(template, change):
        sentence = (
            f"{template.short} already matches these options, so no new revision would be created; restart to get one"
        )
        return Refusal(RefusalReason.ALREADY_DONE, sentence)
    return _creating_plan(facts, ReleaseKind.DEPLOY, options, change)


def plan_restart(facts: PlanFacts, mark: str, policy: Policy | None = None, bake_s: float = 120.0) -> Plan | Refusal:
    """Creates a revision that differs from the serving one only by a mark, with the very same image.

    `mark` tells this restart from others, for example by its time.
    """
    options = DeployOptions(bake_s=bake_s, policy=policy or Policy())
    refusal = traffic_refusal(facts) or _deploy_refusal(facts, options) or _template_refusal(facts)
    if refusal:
        return refusal
    template = template_of(facts)
    container = choose_container(template, "")
    image = "" if isinstance(container, Refusal) else template.image
    name = "" if isinstance(container, Refusal) else container
    plan = _creating_plan(facts, ReleaseKind.RESTART, options, TemplateChange(name, image, restart=mark))
    if image.partition("@")[1]:
        return plan
    named_by = f"its image is referenced by a tag ({image})" if image else "its image tags are resolved again"
    return replace(plan, warnings=(*plan.warnings, f"{named_by}; if the tag has moved since, a different build starts"))


def plan_rollout(facts: PlanFacts, revision: str, options: DeployOptions) -> Plan | Refusal:
    """Gives the traffic to an existing revision by the chosen strategy; image, variables and limits are ignored."""
    refusal = traffic_refusal(facts) or steps_refusal(options)
    if refusal:
        return refusal
    found = facts.revision(revision)
    if found is None:
        return unknown_revision(facts, revision)
    if not found.ready:
        return not_ready(facts, found)
    if facts.serving_names == (revision,):
        return Refusal(RefusalReason.ALREADY_DONE, f"{found.short} already serves all traffic")
    tag = unused_tag(facts.service, options.strategy)
    steps = shift_steps(facts.service, options, tag, revision)
    serving = known_revision(facts, facts.serving_names[0]) if facts.revision(facts.serving_names[0]) else found
    return replace(
        _plan_in_steps(facts, ReleaseKind.DEPLOY, options, steps),
        target=revision,
        tag=tag,
        why=f"{found.short} is Ready",
        differences=differences(serving, found),
        warnings=(*change_warnings(facts, found), *_warnings(facts, options, steps, revision)),
        must_name=revision if revision in bad_revisions(facts.history) else "",
    )


def _creating_plan(facts: PlanFacts, kind: ReleaseKind, options: DeployOptions, change: TemplateChange) -> Plan:
    tag = unused_tag(facts.service, options.strategy)
    steps = deploy_steps(facts.service, options, tag)
    template = template_of(facts)
    serving = facts.revision(facts.serving_names[0]) if facts.serving_names else None
    return replace(
        _plan_in_steps(facts, kind, options, steps),
        target=CANDIDATE,
        tag=tag,
        change=change,
        why=f"a new revision from the template of {template.short}",
        differences=differences(serving or template, with_change(template, change)),
        warnings=(*_template_warnings(facts), *change_in_progress(facts), *_warnings(facts, options, steps, CANDIDATE)),
    )


def _plan_in_steps(facts: PlanFacts, kind: ReleaseKind, options: DeployOptions, steps: tuple[Step, ...]) -> Plan:
    plan = new_plan(facts, kind, steps[-1].targets)
    return replace(plan, mask=steps[0].mask, steps=steps, strategy=options.strategy, policy=options.policy)


def _deploy_refusal(facts: PlanFacts, options: DeployOptions) -> Refusal | None:
    service = facts.service
    name = service.key.name
    if service.kind is ServiceKind.FUNCTION:
        return invalid(
            f"{name} belongs to a function, which would not know about the new revision; deploy its source instead"
        )
    if not service.serving and options.strategy is not Strategy.ALL_AT_ONCE:
        return invalid(f"no revision of {name} serves, so nothing can keep serving meanwhile; deploy all at once")
    return None


def _template_refusal(facts: PlanFacts) -> Refusal | None:
    """Refuses a restart from the template of a revision that does not serve: it would be a deploy."""
    template = template_of(facts)
    if facts.serving_names == (template.name,):
        return None
    names = " and ".join(facts.short(name) for name in facts.serving_names)
    sentence = (
        f"{names} serves, but a new revision would be made from {template.short}; deploy the image you want instead"
    )
    return invalid(sentence, facts.serving_names)


def _template_warnings(facts: PlanFacts) -> Iterator[str]:
    template = template_of(facts)
    if template.name in bad_revisions(facts.history):
        yield f"the new revision is made from {template.short}, which failed or was rolled back"
    elif facts.serving_names and template.name not in facts.serving_names:
        yield f"the new revision is made from {template.short}, which serves nothing"


def _warnings(facts: PlanFacts, options: DeployOptions, steps: tuple[Step, ...], revision: str) -> Iterator[str]:
    service = facts.service
    if not service.serving:
        yield "nothing serves now, so there is nothing to roll back to"
    if options.bake_s == 0:
        yield "without a bake no errors are checked before all traffic moves"
    yield from slow_verdict_warnings(facts, steps, options.policy.guard, revision)
    if options.strategy is Strategy.BLUE_GREEN and not any(step.probe for step in steps):
        yield f"no probe: {why_not_probeable(service) or 'probes are disabled'}"
    if len(steps) > 1:
        yield f"if this host dies, traffic stays as it is at that moment, e.g. at {_partial_split_label(steps)}"
    if not follows_latest(steps[-1].targets):
        yield from next_deploy_warnings(facts)


def _partial_split_label(steps: tuple[Step, ...]) -> str:
    return next((step.label for step in steps if step.kind is StepKind.SHIFT), steps[0].label)
