"""Compares splits: what was asked for, and whether a service serves what a plan says."""

from __future__ import annotations

from collections.abc import Iterable

from cfconsole.domain.releases import Plan
from cfconsole.domain.services import Service
from cfconsole.domain.traffic import LATEST, Target


def same_targets(one: Iterable[Target], other: Iterable[Target]) -> bool:
    """Whether two lists ask for the same: lines may be in another order, or a tag on a line of its own."""
    return _normal(one) == _normal(other)


def unchanged(plan: Plan, fresh: Service) -> bool:
    """Whether the service is what the plan was made from; its etag alone may have moved."""
    return fresh.generation == plan.generation and same_targets(fresh.desired, plan.desired_before)


def serves(service: Service, targets: Iterable[Target]) -> bool:
    """Whether the effective split is what `targets` ask for, LATEST resolved to the latest ready revision."""
    percents, _ = _normal(target._replace(revision=target.revision or service.latest_ready) for target in targets)
    return percents == {share.revision: share.percent for share in service.serving}


def _normal(targets: Iterable[Target]) -> tuple[dict[str, int], set[tuple[str, str]]]:
    percents: dict[str, int] = {}
    tags: set[tuple[str, str]] = set()
    lines = tuple(targets) or (Target(LATEST, 100),)  # To the API no line at all means all to the latest.
    for line in lines:
        if line.percent:
            percents[line.revision] = percents.get(line.revision, 0) + line.percent
        if line.tag:
            tags.add((line.tag, line.revision))
    return percents, tags
