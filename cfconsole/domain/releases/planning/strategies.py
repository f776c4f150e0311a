"""The steps of each strategy by which a revision takes the traffic."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from cfconsole.domain.fleet.services import Service
from cfconsole.domain.fleet.splits import split_beside, with_tag
from cfconsole.domain.fleet.traffic import CANDIDATE, LATEST, Target, all_to, follows_latest
from cfconsole.domain.releases.planning.deploy_options import DeployOptions
from cfconsole.domain.releases.planning.shift import promoted_split
from cfconsole.domain.releases.steps import CREATE_MASK, Step, StepKind, Strategy

_TAGS = {Strategy.ALL_AT_ONCE: "new", Strategy.BLUE_GREEN: "green", Strategy.CANARY: "canary"}


def deploy_steps(service: Service, options: DeployOptions, tag: str) -> tuple[Step, ...]:
    """The steps of a deploy. Until a step says otherwise, the serving revisions keep serving, pinned by name."""
    if options.strategy is Strategy.ALL_AT_ONCE and takes_all_at_once(service):
        targets = all_to(LATEST, service.desired)
        return (Step(StepKind.CREATE, "all at once", targets, CREATE_MASK, False, options.bake_s, False),)
    pinned = split_beside(CANDIDATE, 0, service.effective, service.desired)
    create = Step(StepKind.CREATE, "create without traffic", pinned, CREATE_MASK)
    return (create, *shift_steps(service, options, tag, CANDIDATE))


def shift_steps(service: Service, options: DeployOptions, tag: str, revision: str) -> tuple[Step, ...]:
    """The steps by which an existing revision takes the traffic. A split that follows LATEST does so in the end."""
    return tuple(_shifts(service, options, tag, revision, follows_latest(service.desired)))


def takes_all_at_once(service: Service) -> bool:
    """Whether the write that creates a revision may give it all traffic."""
    return not service.serving or all(line.revision == LATEST or line.percent == 0 for line in service.desired)


def why_not_probeable(service: Service) -> str:
    """Why the service can't be probed over HTTP; empty if it can."""
    if service.function and service.function.event_trigger:
        return "it is triggered by events, and a probe would run its code"
    if service.ingress not in ("", "all"):
        return f"its ingress is {service.ingress}"
    return "" if service.uri else "it has no URL"


def unused_tag(service: Service, strategy: Strategy) -> str:
    """A short unused tag, for the revision while it is tested."""
    used = {line.tag for line in service.desired}
    word = _TAGS[strategy]
    return next(tag for tag in (word, *(f"{word}-{number}" for number in range(2, len(used) + 3))) if tag not in used)


def _shifts(service: Service, options: DeployOptions, tag: str, revision: str, latest: bool) -> Iterator[Step]:
    bake, desired = options.bake_s, service.desired
    everything = _full_traffic(service, revision, latest)
    match options.strategy:
        case Strategy.ALL_AT_ONCE:
            yield Step(StepKind.PROMOTE, "all at once", everything, bake_s=bake, must_be_healthy=False)
        case Strategy.BLUE_GREEN:
            green = with_tag(_serving_now(service, revision), tag, revision)
            yield Step(StepKind.TAG, f"tag {tag}, no traffic", green)
            yield Step(
                StepKind.PROMOTE, "green: all traffic", everything, probe=_wants_probe(service, options), bake_s=bake
            )
        case Strategy.CANARY:
            for percent in options.steps[:-1]:
                split = split_beside(revision, percent, service.effective, desired)
                yield Step(StepKind.SHIFT, f"canary {percent} %", split, bake_s=bake)
            yield Step(StepKind.PROMOTE, "canary 100 %", everything, bake_s=bake)
        case _:
            assert_never(options.strategy)


def _full_traffic(service: Service, revision: str, latest: bool) -> tuple[Target, ...]:
    """The last split: LATEST if that is to be followed and will be this revision."""
    if revision == CANDIDATE:
        return all_to(LATEST if latest else revision, service.desired)
    targets, _ = promoted_split(service, revision, latest)
    return targets


def _wants_probe(service: Service, options: DeployOptions) -> bool:
    return options.policy.probe.attempts > 0 and not why_not_probeable(service)


def _serving_now(service: Service, revision: str) -> tuple[Target, ...]:
    now = {share.revision: share.percent for share in service.serving}
    return split_beside(revision, now.get(revision, 0), service.effective, service.desired)
