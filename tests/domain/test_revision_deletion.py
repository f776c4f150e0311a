"""A revision is deleted by a plan of its own, which moves nothing, marks nothing, and is never taken up again."""

from __future__ import annotations

from cfconsole.domain.plan_facts import marked_bad
from cfconsole.domain.plan_text import headline
from cfconsole.domain.recovery import resume_choice
from cfconsole.domain.release_stats import release_stats
from cfconsole.domain.releases import Plan, Refusal, ReleaseKind, ReleaseState
from cfconsole.domain.revision_deletion import plan_deletion
from cfconsole.domain.rollout_values import Observation
from tests.builders import NOW, facts, full, release, revisions, service


def deletion() -> Plan:
    plan = plan_deletion(facts(), full("00041"))
    assert isinstance(plan, Plan)
    return plan


def test_it_asks_for_the_split_that_there_is() -> None:
    plan = deletion()

    assert (plan.kind, plan.bad, plan.target) == (ReleaseKind.DELETE, full("00041"), "")
    assert plan.after == plan.undo == plan.desired_before
    assert headline(plan) == "delete 00041 of shop-prod/us-central1/orders-api"


def test_what_the_cloud_does_not_delete_is_refused() -> None:
    assert isinstance(plan_deletion(facts(), full("00042")), Refusal)
    assert isinstance(plan_deletion(facts(revisions=()), full("00041")), Refusal)


def test_a_deletion_says_nothing_about_how_releases_go() -> None:
    failed = release(deletion(), state=ReleaseState.FAILED)

    assert marked_bad((failed,)) == frozenset()
    assert release_stats([failed]).success_rate.releases == 0


def test_one_that_was_interrupted_is_looked_at_and_not_taken_up_again() -> None:
    left = release(deletion(), state=ReleaseState.RUNNING, ended_at=None)

    ways = resume_choice(left, Observation(service(), revisions()), NOW)

    assert isinstance(ways.resume, Refusal)
    assert ways.resume == ways.abort
    assert "look whether the revision is there" in ways.resume.sentence
