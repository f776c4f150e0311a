"""A plan says how long its verdicts take at the present rate of requests."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from cfconsole.domain.fleet.metrics import TrafficNumbers
from cfconsole.domain.fleet.services import Container
from cfconsole.domain.fleet.traffic import CANDIDATE
from cfconsole.domain.releases.model import Plan
from cfconsole.domain.releases.planning.deploy import plan_deploy, plan_rollout
from cfconsole.domain.releases.planning.deploy_options import DeployOptions
from cfconsole.domain.releases.planning.facts import PlanFacts
from cfconsole.domain.releases.planning.plan_text import plan_sentences
from cfconsole.domain.releases.planning.strategies import deploy_steps
from cfconsole.domain.releases.planning.warnings import slow_verdict_warnings
from cfconsole.domain.releases.steps import GuardPolicy, Policy, Strategy
from tests.builders import facts, full, metrics, pinned_service, revision

IMAGE = "us-docker.pkg.dev/shop/api/orders:v43"
CANARY = DeployOptions(IMAGE, strategy=Strategy.CANARY, steps=(5, 50, 100), bake_s=120)


def at_rate(rps: float | None, **changes: Any) -> PlanFacts:
    return replace(facts(**changes), metrics=metrics(TrafficNumbers(1000, 1, rps)))


def minded(plan: object) -> list[str]:
    """What the plan says of the requests that a verdict needs."""
    assert isinstance(plan, Plan), plan
    return [one for one in plan_sentences(plan) if one.startswith("warning: ") and " requests" in one]


def test_a_canary_on_little_traffic_says_that_no_verdict_can_come_in_time() -> None:
    assert minded(plan_deploy(at_rate(1.6), CANARY)) == [
        "warning: canary 5 % needs 200 requests, about 42 min at 5 % of 1.6 requests/s; "
        "after 30 min without a verdict you are asked; unattended, traffic is restored; 7 % would finish in time"
    ]


def test_no_larger_share_is_suggested_where_all_traffic_is_too_little() -> None:
    (sentence,) = minded(plan_deploy(at_rate(0.05), CANARY))
    assert "at 5 % of <0.1 requests/s" in sentence
    assert sentence.endswith("unattended, traffic is restored")


def test_the_plan_says_how_long_a_verdict_takes_that_outlasts_the_bake() -> None:
    assert minded(plan_deploy(at_rate(10), CANARY)) == [
        "warning: canary 5 % needs 200 requests, about 7 min at 5 % of 10 requests/s; "
        "it is watched that long instead of 2 min"
    ]
    hasty = replace(CANARY, bake_s=10)
    assert "about 20 s at 5 % of 200 requests/s" in minded(plan_deploy(at_rate(200), hasty))[0]


def test_the_step_that_waits_is_named_even_if_it_is_not_the_first() -> None:
    options = replace(CANARY, strategy=Strategy.BLUE_GREEN)
    assert "green: all traffic needs 200 requests, about 4 min at 100 %" in minded(plan_deploy(at_rate(1), options))[0]
    raised = plan_rollout(at_rate(10, service=pinned_service()), full("00042"), CANARY)
    assert "canary 5 % needs 200 requests" in minded(raised)[0]


def test_a_service_without_requests_never_gets_a_verdict() -> None:
    assert minded(plan_deploy(at_rate(0), CANARY)) == [
        "warning: canary 5 % needs 200 requests and none are coming in; "
        "after 30 min without a verdict you are asked; unattended, traffic is restored"
    ]


@pytest.mark.parametrize(
    ("known", "options"),
    [
        (at_rate(500), CANARY),
        (at_rate(None), CANARY),
        (facts(), CANARY),
        (at_rate(1.6), replace(CANARY, bake_s=0)),
        (at_rate(1.6), replace(CANARY, strategy=Strategy.ALL_AT_ONCE)),
        (at_rate(1.6), replace(CANARY, policy=Policy(GuardPolicy(min_requests=1)))),
    ],
    ids=["enough", "unread", "no metrics", "unwatched", "needs no verdict", "one will do"],
)
def test_no_warning_where_the_verdict_comes_within_the_bake_or_is_not_needed(
    known: PlanFacts, options: DeployOptions
) -> None:
    assert minded(plan_deploy(known, options)) == []


def test_no_warning_where_requests_cannot_tell_how_the_service_is() -> None:
    streams = revision(containers=(Container("app", IMAGE, True, http2=True),))
    assert minded(plan_deploy(at_rate(1.6, revisions=(streams,)), CANARY)) == []


def test_no_warning_for_a_service_without_revisions() -> None:
    bare = at_rate(1.6, revisions=())
    steps = deploy_steps(bare.service, CANARY, "canary")
    assert list(slow_verdict_warnings(bare, steps, GuardPolicy(), CANDIDATE)) == []


def test_a_bake_longer_than_the_longest_wait_is_watched_to_its_end() -> None:
    patient = replace(CANARY, bake_s=3600)
    assert minded(plan_deploy(at_rate(0.8), patient)) == [
        "warning: canary 5 % needs 200 requests, about 1 h 24 min at 5 % of 0.8 requests/s; "
        "after 1 h without a verdict you are asked; unattended, traffic is restored; 7 % would finish in time"
    ]
