"""A deploy of a function from source in its two halves: the build, and what brings its revision into traffic."""

from __future__ import annotations

from collections.abc import Callable

from cfconsole.domain.deploy_wish import DeployWish
from cfconsole.domain.releases import Approval, Refusal, Release
from cfconsole.domain.source_planning import plan_built
from cfconsole.session.approvals import carried_over
from cfconsole.session.headless import read_plan_facts
from cfconsole.session.rollouts import told
from cfconsole.session.source_release import BuildOrder, BuildPorts, SourceRelease
from cfconsole.session.telling import Telling

__all__ = ["BuildOrder", "BuildPorts", "approve_rest", "build_source"]


async def build_source(
    order: BuildOrder, ports: BuildPorts, *, actor: str, moved: Callable[[Release], None] = lambda release: None
) -> Release:
    """Builds what was approved, and tells of its end; a revision that was built is the release's candidate.

    Cancelling leaves the release interrupted, with the split pinned, for the cloud goes on with the build.
    """
    release = await SourceRelease(order, ports, actor, moved).run()
    return await told(Telling(ports.cloud, ports.clock), release, moved)


async def approve_rest(
    approval: Approval, built: Release, wish: DeployWish, ports: BuildPorts
) -> Approval | Refusal | None:
    """What is left to be carried out once the build succeeded; `None` where its revision serves by itself.

    Raises `CloudError` and `JournalError`: the new revision is there then, and gets no traffic.
    """
    if len(approval.plan.steps) < 2:
        return None
    facts = await read_plan_facts(ports.cloud, ports.journal, ports.clock, approval.plan.service)
    plan = plan_built(facts, approval.plan, built.candidate, wish)
    return plan if isinstance(plan, Refusal) else carried_over(approval, plan, ports.clock.now())
