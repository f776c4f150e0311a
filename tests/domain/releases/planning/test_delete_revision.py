"""A revision is deleted by a plan of its own, which moves nothing, marks nothing, and is never taken up again."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cfconsole.domain.fleet.traffic import LATEST, Target
from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Plan, Refusal, ReleaseState, Verdict
from cfconsole.domain.releases.planning.delete_revision import deletion_refusal, plan_deletion
from cfconsole.domain.releases.planning.facts import PlanFacts, bad_revisions
from cfconsole.domain.releases.planning.plan_text import plan_headline, plan_sentences
from cfconsole.domain.releases.rollout.recovery import recovery_options
from cfconsole.domain.releases.rollout.values import Observation
from cfconsole.domain.releases.stats import release_stats
from tests.builders import NOW, facts, full, pinned_service, release, revision, revisions, service, target
from tests.domain.releases.rollout.rollouts import QUICK, Cloud, deployed, ended


def deletion() -> Plan:
    plan = plan_deletion(facts(), full("00041"))
    assert isinstance(plan, Plan)
    return plan


def test_a_deletion_leaves_the_split_as_it_is() -> None:
    plan = deletion()

    assert (plan.kind, plan.bad, plan.target) == (ReleaseKind.DELETE, full("00041"), "")
    assert plan.after == plan.undo == plan.desired_before
    assert plan_headline(plan) == "delete 00041 of shop-prod/us-central1/orders-api"


TAGGED = service(desired=(Target(LATEST, 100), target("00040", 0, "old")))
KEPT = pinned_service(desired=(target("00041", 100), target("00042", 0, "kept")))


@pytest.mark.parametrize(
    ("of", "name", "sentence"),
    [
        pytest.param(facts(), "x", "has no revision x", id="unknown"),
        pytest.param(facts(), full("00042"), "00042 serves", id="serving"),
        pytest.param(facts(TAGGED), full("00040"), "by the tag old", id="tagged"),
        pytest.param(facts(pinned_service()), full("00042"), "is the latest revision", id="the newest"),
        pytest.param(
            facts(pinned_service("00041"), revisions=(revision("00040"),)),
            full("00040"),
            "is the latest revision",
            id="the only one",
        ),
        pytest.param(facts(KEPT), full("00042"), "is the latest revision", id="the newest with a tag"),
        pytest.param(facts(revisions=()), full("00041"), "not been read yet", id="not been read yet"),
    ],
)
def test_what_the_cloud_does_not_delete_is_refused(of: PlanFacts, name: str, sentence: str) -> None:
    refusal = plan_deletion(of, name)
    assert isinstance(refusal, Refusal)
    assert sentence in refusal.sentence


def test_a_revision_that_serves_nothing_and_has_no_tag_may_be_deleted() -> None:
    assert deletion_refusal(facts(), full("00041")) is None


@pytest.mark.parametrize(
    ("newer", "tags"),
    [
        pytest.param(False, {("canary", full("00043"))}, id="the newest stays"),
        pytest.param(True, set(), id="it can go"),
    ],
)
def test_what_is_to_be_deleted_keeps_a_tag_only_where_it_has_to_stay(newer: bool, tags: set[tuple[str, str]]) -> None:
    cloud = Cloud()
    cloud.verdict = Verdict.UNHEALTHY
    rollout = cloud.until(deployed(policy=replace(QUICK, delete_failed=True)), 2)
    if newer:
        cloud.create()
    assert ended(cloud, rollout, ReleaseState.ROLLED_BACK)
    assert cloud.tags == tags


def test_a_deletion_says_nothing_about_how_releases_go() -> None:
    failed = release(deletion(), state=ReleaseState.FAILED)

    assert bad_revisions((failed,)) == frozenset()
    assert release_stats([failed]).success_rate.releases == 0


def test_the_plan_says_that_a_failed_revision_is_deleted() -> None:
    told = plan_sentences(deployed(policy=replace(QUICK, delete_failed=True)))

    assert any("is deleted where Cloud Run allows it" in sentence for sentence in told)


def test_an_interrupted_deletion_is_not_resumed() -> None:
    left = release(deletion(), state=ReleaseState.RUNNING, ended_at=None)

    ways = recovery_options(left, Observation(service(), revisions()), NOW)

    assert isinstance(ways.resume, Refusal)
    assert ways.resume == ways.abort
    assert "check whether the revision still exists" in ways.resume.sentence
