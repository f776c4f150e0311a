"""The numbers of instances: what is written, what is warned of, and what is refused."""

from __future__ import annotations

from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Difference, RefusalReason
from cfconsole.domain.releases.planning.plan_text import plan_sentences
from cfconsole.domain.releases.planning.scale import plan_scale
from cfconsole.domain.releases.steps import SCALING_MASK, Scaling
from tests.builders import facts, function, metrics, plan, service
from tests.domain.releases.planning.plans import planned, refused


def test_scaling_changes_the_service_and_no_revision() -> None:
    of = service(min_instances=1, max_instances=10, function=function())
    made = planned(plan_scale(facts(of, metrics=metrics(instances=8)), minimum=2, maximum=5))
    assert (made.scaling, made.scaling_before, made.mask) == (Scaling(2, 5), Scaling(1, 10), SCALING_MASK)
    assert made.after == made.undo == of.desired
    assert made.differences == (
        Difference("service min instances", "1", "2"),
        Difference("service max instances", "10", "5"),
    )
    assert made.warnings == (
        "8 instances run now; with a maximum of 5 requests may wait or be rejected",
        "2 instances are kept running and billed, even without requests",
        "the next deploy of function orders-fn may overwrite these numbers",
    )
    assert plan_sentences(made)[:4] == (
        "set the instances of shop-prod/us-central1/orders-api to min 2, max 5",
        "before: min 1, max 10",
        "after: min 2, max 5",
        "undo: min 1, max 10",
    )
    assert plan_sentences(plan(kind=ReleaseKind.SCALE))[0].endswith("orders-api")


def test_scaling_without_a_maximum_and_without_warm_instances() -> None:
    of = service(min_instances=1, max_instances=10)
    made = planned(plan_scale(facts(of), minimum=0, maximum=0))
    assert made.scaling == Scaling(0, None)
    assert "wait for a cold start" in made.warnings[0]
    assert planned(plan_scale(facts(of), maximum=20)).scaling == Scaling(1, 20)
    assert Difference("service max instances", "-", "3") in planned(plan_scale(facts(), maximum=3)).differences


def test_scaling_that_makes_no_sense_is_refused() -> None:
    of = facts(service(min_instances=1, max_instances=10))
    assert "above the maximum (10)" in refused(plan_scale(of, minimum=11))
    assert "can't be negative" in refused(plan_scale(of, minimum=-1))
    assert "can't be negative" in refused(plan_scale(of, maximum=-1))
    assert "already has min 1, max 10" in refused(plan_scale(of, minimum=1), RefusalReason.ALREADY_DONE)
