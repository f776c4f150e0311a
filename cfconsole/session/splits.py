"""Compares splits: what was asked for, and whether a service serves what a plan says."""

from __future__ import annotations

from cfconsole.domain.releases import Plan
from cfconsole.domain.services import Service
from cfconsole.domain.splits import same_targets, serves

__all__ = ["asked_for", "same_targets", "serves", "unchanged"]


def unchanged(plan: Plan, fresh: Service) -> bool:
    """Whether the service is what the plan was made from; its etag alone may have moved."""
    return fresh.generation == plan.generation and same_targets(fresh.desired, plan.desired_before)


def asked_for(plan: Plan, service: Service) -> bool:
    """Whether the service asks for what the one write of a plan says: its split, or its instances."""
    if plan.scaling is None:
        return same_targets(service.desired, plan.after)
    scaling = (plan.scaling.min_instances, plan.scaling.max_instances)
    return (service.min_instances, service.max_instances) == scaling
