"""Makes the plan for each request of an operator, or says why there is none."""

from __future__ import annotations

from typing import assert_never

from cfconsole.domain.releases.model import Plan, Refusal
from cfconsole.domain.releases.planning.delete_revision import plan_deletion
from cfconsole.domain.releases.planning.deploy import plan_deploy, plan_restart
from cfconsole.domain.releases.planning.facts import PlanFacts
from cfconsole.domain.releases.planning.from_source import plan_creation, plan_source
from cfconsole.domain.releases.planning.request import (
    DeleteRevisionRequest,
    DeployRequest,
    PlanRequest,
    PromoteRequest,
    RestartRequest,
    RollbackRequest,
    ScaleRequest,
    ShiftRequest,
    SourceRequest,
    ToLatestRequest,
    UndoRequest,
)
from cfconsole.domain.releases.planning.scale import plan_scale
from cfconsole.domain.releases.planning.shift import plan_promote, plan_shift
from cfconsole.domain.releases.planning.traffic_plans import plan_rollback, plan_to_latest, plan_undo


def plan(facts: PlanFacts, request: PlanRequest) -> Plan | Refusal:
    """The plan for a request, made from the facts of its service. Revisions may have short names."""
    match request:
        case RollbackRequest(bad, target):
            return plan_rollback(facts, bad=facts.whole_name(bad), target=facts.whole_name(target))
        case ToLatestRequest():
            return plan_to_latest(facts)
        case UndoRequest():
            return plan_undo(facts)
        case ShiftRequest(shares, tags, untag):
            return plan_shift(facts, shares, tags=tags, untag=untag)
        case PromoteRequest(revision):
            return plan_promote(facts, revision)
        case ScaleRequest(minimum, maximum):
            return plan_scale(facts, minimum=minimum, maximum=maximum)
        case DeleteRevisionRequest(revision):
            return plan_deletion(facts, facts.whole_name(revision))
        case DeployRequest() | RestartRequest() | SourceRequest():
            return _with_new_revision(facts, request)
        case _:
            assert_never(request)


def _with_new_revision(facts: PlanFacts, request: DeployRequest | RestartRequest | SourceRequest) -> Plan | Refusal:
    match request:
        case DeployRequest(options):
            return plan_deploy(facts, options)
        case RestartRequest(mark, policy, bake_s):
            return plan_restart(facts, mark, policy, bake_s)
        case SourceRequest(options, source, runtime, entry_point, create):
            planner = plan_creation if create else plan_source
            return planner(facts, options, source, runtime, entry_point)
        case _:
            assert_never(request)
