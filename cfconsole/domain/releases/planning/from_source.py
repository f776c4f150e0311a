"""Plans of functions from source: the build creates a revision without traffic, which is then rolled out.

Cloud Functions gives a new revision all traffic at once if the service follows LATEST. So the split is pinned first,
and the new revision takes its traffic step by step like any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec.structs import replace

from cfconsole.domain.fleet.services import Service, ServiceKey, ServiceKind
from cfconsole.domain.fleet.traffic import CANDIDATE, LATEST, Target, effective_as_targets, follows_latest
from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Difference, Plan, Refusal, RefusalReason
from cfconsole.domain.releases.planning.deploy_options import (
    DeployOptions,
    options_refusal,
    template_change,
    template_of,
)
from cfconsole.domain.releases.planning.facts import PlanFacts
from cfconsole.domain.releases.planning.new_plan import invalid, new_plan
from cfconsole.domain.releases.planning.revision_diff import ABSENT, differences
from cfconsole.domain.releases.planning.strategies import shift_steps, unused_tag
from cfconsole.domain.releases.planning.warnings import change_in_progress, slow_verdict_warnings
from cfconsole.domain.releases.steps import Step, StepKind, TemplateChange
from cfconsole.domain.releases.template_change import with_change
from cfconsole.domain.source.function_builds import SourceBuild, UploadedSource
from cfconsole.domain.source.packages import PackedSource

PIN = "pin the split"
BUILD = "build without traffic"
BUILD_AND_SERVE = "build and serve"
BUILD_MASK = ("build_config.source",)
"""The field mask of the function. Variables and limits are added if they change (`service_config`)."""

_MEMORY = re.compile(r"[0-9]+(k|M|G|Mi|Gi)?")
"""Values of `ServiceConfig.available_memory`; without a suffix they are bytes."""
_RESERVED = re.compile(r"FUNCTION_(TARGET|SIGNATURE_TYPE)")


def plan_source(
    facts: PlanFacts, options: DeployOptions, source: PackedSource, runtime: str = "", entry_point: str = ""
) -> Plan | Refusal:
    """Builds a function from source and gives the new revision the traffic by the chosen strategy."""
    service = facts.service
    refusal = source_refusal(facts, options)
    if refusal:
        return refusal
    assert service.function is not None, "what is no function was refused"
    tag, change = unused_tag(service, options.strategy), template_change(options, "")
    steps = _steps(facts, options, tag)
    return replace(
        new_plan(facts, ReleaseKind.DEPLOY, steps[-1].targets),
        target=CANDIDATE,
        tag=tag,
        steps=steps,
        strategy=options.strategy,
        policy=options.policy,
        change=change,
        why=f"built from {source.summary}",
        differences=_differences(facts, change),
        warnings=(
            *source.warnings,
            *change_in_progress(facts),
            *_warnings(facts),
            *slow_verdict_warnings(facts, steps, options.policy.guard, CANDIDATE),
        ),
        build=SourceBuild(service.function.name, source.summary, runtime=runtime, entry_point=entry_point),
    )


def facts_of_new_function(key: ServiceKey) -> PlanFacts:
    """What is known of a function that does not exist yet."""
    return PlanFacts(Service(key, ServiceKind.FUNCTION), ())


def plan_creation(
    facts: PlanFacts, options: DeployOptions, source: PackedSource, runtime: str, entry_point: str
) -> Plan | Refusal:
    """Creates a function, which serves as soon as it is built."""
    refusal = _options_refusal(options)
    if refusal:
        return refusal
    change = template_change(options, "")
    name = facts.service.key.name
    return replace(
        new_plan(facts, ReleaseKind.DEPLOY, _everything()),
        target=CANDIDATE,
        why=f"built from {source.summary}",
        differences=tuple(_initial_differences(change)),
        steps=(_build_and_serve_step(),),
        policy=options.policy,
        change=change,
        warnings=(*source.warnings, "it is new, so it serves at once and there is nothing to roll back to"),
        build=SourceBuild(name, source.summary, runtime=runtime, entry_point=entry_point, create=True),
    )


def with_upload(plan: Plan, uploaded: UploadedSource) -> Plan:
    """The plan once its source is uploaded."""
    assert plan.build is not None, "only a plan that builds has a source"
    return replace(plan, build=replace(plan.build, source=uploaded))


def pinned_split(facts: PlanFacts) -> tuple[Target, ...]:
    """The serving split by revision names, if it follows LATEST; else the desired split as it is."""
    service = facts.service
    if service.serving and follows_latest(service.desired):
        return effective_as_targets(service.effective, service.desired)
    return service.desired


def source_refusal(facts: PlanFacts, options: DeployOptions) -> Refusal | None:
    """Why the service can't be built from source now, whatever the source."""
    service = facts.service
    refusal = _options_refusal(options)
    if refusal:
        return refusal
    if service.function is None:
        return invalid(
            f"{service.key.name} is a {service.kind.value}, not a function of Cloud Functions; deploy an image"
        )
    if service.function.state == "DEPLOYING":
        by = f" by {service.updated_by}" if service.updated_by else ""
        sentence = f"function {service.function.name} is being deployed{by}; wait until that ends"
        return Refusal(RefusalReason.BUSY, sentence)
    return None


def _options_refusal(options: DeployOptions) -> Refusal | None:
    """What is wrong with the options for any function."""
    if options.image or options.container:
        return invalid("a function runs the image built for it, in one container; leave out image and container")
    for name, _ in options.env:
        if _RESERVED.fullmatch(name):
            return invalid(f"{name} is set by Cloud Functions itself; leave it out")
    memory = dict(options.limits).get("memory", "1")
    if not _MEMORY.fullmatch(memory):
        return invalid(f"{memory[:80]!r} is not a valid function memory; write it like 512Mi, 1Gi or 256M")
    return options_refusal(options)


def _steps(facts: PlanFacts, options: DeployOptions, tag: str) -> tuple[Step, ...]:
    """The steps of a build. The split is pinned first only if it follows LATEST."""
    service = facts.service
    if not service.serving:
        return (_build_and_serve_step(),)
    pinned = pinned_split(facts)
    pin = (Step(StepKind.SHIFT, PIN, pinned, must_be_healthy=False),) if follows_latest(service.desired) else ()
    build = Step(StepKind.BUILD, BUILD, pinned, BUILD_MASK)
    return (*pin, build, *shift_steps(service, options, tag, CANDIDATE))


def _build_and_serve_step() -> Step:
    return Step(StepKind.BUILD, BUILD_AND_SERVE, _everything(), BUILD_MASK, must_be_healthy=False)


def _everything() -> tuple[Target, ...]:
    return (Target(LATEST, 100),)


def _differences(facts: PlanFacts, change: TemplateChange) -> tuple[Difference, ...]:
    if not facts.revisions:
        return tuple(_initial_differences(change))
    template = template_of(facts)
    return differences(template, with_change(template, change))


def _initial_differences(change: TemplateChange) -> Iterator[Difference]:
    """What is set in a function that has no revision yet."""
    for one in change.env:
        if not one.removed:
            yield Difference(f"env {one.name}", ABSENT, "set")
    for limit, value in change.limits:
        yield Difference(f"limit {limit}", ABSENT, value)


def _warnings(facts: PlanFacts) -> Iterator[str]:
    service = facts.service
    if not service.serving:
        yield "nothing serves now, so it serves as soon as it is built and there is nothing to roll back to"
    elif follows_latest(service.desired):
        yield "a failed build restores latest; an aborted one leaves the split pinned"
    yield "Cloud Functions can't stop a running build; after an abort its revision gets no traffic"
