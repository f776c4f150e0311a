"""What an operator asks to have changed: each request is planned by its kind, and can be asked again."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cfconsole.domain.fleet.services import ServiceKind
from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Plan, Refusal, ReleaseState
from cfconsole.domain.releases.planning.delete_revision import plan_deletion
from cfconsole.domain.releases.planning.deploy import plan_deploy, plan_restart
from cfconsole.domain.releases.planning.deploy_options import DeployOptions
from cfconsole.domain.releases.planning.facts import PlanFacts
from cfconsole.domain.releases.planning.from_source import facts_of_new_function, plan_creation, plan_source
from cfconsole.domain.releases.planning.planner import plan
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
    pinned,
    values_of,
)
from cfconsole.domain.releases.planning.scale import plan_scale
from cfconsole.domain.releases.planning.shift import plan_promote, plan_shift
from cfconsole.domain.releases.planning.traffic_plans import plan_rollback, plan_to_latest, plan_undo
from cfconsole.domain.releases.steps import Policy, Strategy
from cfconsole.domain.source.packages import PackedSource
from tests.builders import ORDERS, facts, full, function, pinned_service, release, revision, service, target

OPTIONS = DeployOptions("shop/api:v2", env=(("TOKEN", "s3cret"), ("OLD", None)), strategy=Strategy.CANARY)
FROM_SOURCE = replace(OPTIONS, image="")
SOURCE = PackedSource(b"PK", "/srv/api", 3, 10, "5e" * 32, (), ())
NOW, PINNED = facts(), facts(pinned_service())
UNDOABLE = facts(pinned_service(generation=43), [release()])
NEW = facts_of_new_function(ORDERS)
FUNCTION = facts(service(function=function(), kind=ServiceKind.FUNCTION))
POLICY = Policy(delete_failed=True)
TAGGED = facts(service(desired=(target("", 100), target("00040", 0, "old"))))


@pytest.mark.parametrize(
    ("of", "change", "expected"),
    [
        (NOW, RollbackRequest(), plan_rollback(NOW)),
        (NOW, RollbackRequest("00042", "00040"), plan_rollback(NOW, bad=full("00042"), target=full("00040"))),
        (PINNED, ToLatestRequest(), plan_to_latest(PINNED)),
        (UNDOABLE, UndoRequest(), plan_undo(UNDOABLE)),
        (NOW, DeployRequest(OPTIONS), plan_deploy(NOW, OPTIONS)),
        (
            NOW,
            ShiftRequest((("00041", 5),), (("next", "00040"),)),
            plan_shift(NOW, [(full("00041"), 5)], tags=[("next", full("00040"))]),
        ),
        (TAGGED, ShiftRequest(untag=("old",)), plan_shift(TAGGED, untag=["old"])),
        (NOW, PromoteRequest("00041"), plan_promote(NOW, full("00041"))),
        (NOW, ScaleRequest(2, 7), plan_scale(NOW, minimum=2, maximum=7)),
        (NOW, RestartRequest("x", POLICY, 5), plan_restart(NOW, "x", POLICY, 5)),
        (NOW, RestartRequest("x"), plan_restart(NOW, "x")),
        (
            FUNCTION,
            SourceRequest(FROM_SOURCE, SOURCE, "python312", "main"),
            plan_source(FUNCTION, FROM_SOURCE, SOURCE, "python312", "main"),
        ),
        (
            NEW,
            SourceRequest(FROM_SOURCE, SOURCE, "python312", "main", create=True),
            plan_creation(NEW, FROM_SOURCE, SOURCE, "python312", "main"),
        ),
        (NOW, DeleteRevisionRequest("00040"), plan_deletion(NOW, full("00040"))),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_request_is_planned_by_its_kind(of: PlanFacts, change: PlanRequest, expected: Plan | Refusal) -> None:
    assert isinstance(expected, Plan), expected
    assert plan(of, change) == expected
    assert expected.kind is change.kind


def test_a_rollback_is_asked_again_for_the_revision_that_was_chosen_first() -> None:
    shown = plan(NOW, RollbackRequest())
    assert isinstance(shown, Plan)
    again = pinned(RollbackRequest(), shown)
    assert again == RollbackRequest(bad=full("00042"))
    assert plan(NOW, again) == shown

    gone = facts(pinned_service())
    refusal = plan(gone, again)
    assert isinstance(refusal, Refusal)
    assert "00042" in refusal.sentence
    assert isinstance(plan(gone, RollbackRequest()), Plan), "asked anew it would choose another one"


def test_a_rollback_keeps_the_target_that_was_named_and_no_other() -> None:
    named = RollbackRequest(target="00040")
    shown = plan(NOW, named)
    assert isinstance(shown, Plan)
    assert pinned(named, shown) == RollbackRequest(full("00042"), "00040")


def test_any_other_request_is_planned_again_as_it_is() -> None:
    request = DeployRequest(OPTIONS)
    shown = plan(NOW, request)
    assert isinstance(shown, Plan)
    assert pinned(request, shown) is request


@pytest.mark.parametrize("change", [DeployRequest(OPTIONS), SourceRequest(FROM_SOURCE, SOURCE)])
def test_values_of_variables_are_in_the_request_and_in_no_plan(change: PlanRequest) -> None:
    assert values_of(change) == (("TOKEN", "s3cret"),)
    made = plan(FUNCTION if isinstance(change, SourceRequest) else NOW, change)
    assert isinstance(made, Plan)
    assert "s3cret" not in repr(made)


def test_other_requests_set_no_variables() -> None:
    assert values_of(ScaleRequest(1)) == ()


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("00041", "orders-api-00041-abc"),
        ("00041-abc", "orders-api-00041-abc"),
        ("orders-api-00041-abc", "orders-api-00041-abc"),
        ("orders-api-00041", "orders-api-00041-abc"),
        ("orders-api", "orders-api"),
        ("00042", "00042"),
        ("", ""),
        ("00099", "00099"),
    ],
)
def test_a_revision_may_be_given_by_its_number_where_one_alone_has_it(given: str, meant: str) -> None:
    names = ("orders-api-00041-abc", "orders-api-00042-abc", "orders-api-00042-xyz")
    assert facts(revisions=tuple(revision("00042", name=name) for name in names)).whole_name(given) == meant


@pytest.mark.parametrize(
    ("kind", "state", "exclusive"),
    [
        (ReleaseKind.DEPLOY, ReleaseState.RUNNING, True),
        (ReleaseKind.SCALE, ReleaseState.PLANNED, True),
        (ReleaseKind.DEPLOY, ReleaseState.SUCCEEDED, False),
        (ReleaseKind.DELETE, ReleaseState.RUNNING, False),
    ],
)
def test_a_release_under_way_keeps_others_and_a_deletion_keeps_nobody(
    kind: ReleaseKind, state: ReleaseState, exclusive: bool
) -> None:
    made = plan_rollback(NOW)
    assert isinstance(made, Plan)
    assert release(replace(made, kind=kind), state=state).exclusive is exclusive
