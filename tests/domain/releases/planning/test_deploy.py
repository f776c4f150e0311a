"""A deploy says what it makes, in which steps it brings it in, and refuses what can't work."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cfconsole.domain.fleet.services import Container, EnvVar, ServiceKind
from cfconsole.domain.fleet.traffic import CANDIDATE, LATEST, Target
from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Difference, Refusal, RefusalReason
from cfconsole.domain.releases.planning.deploy import plan_deploy, plan_restart, plan_rollout
from cfconsole.domain.releases.planning.deploy_options import CANARY_STEPS, DeployOptions, choose_container, template_of
from cfconsole.domain.releases.planning.facts import PlanFacts
from cfconsole.domain.releases.planning.plan_text import plan_sentences
from cfconsole.domain.releases.planning.strategies import unused_tag, why_not_probeable
from cfconsole.domain.releases.steps import EnvChange, Policy, ProbePolicy, StepKind, Strategy, TemplateChange
from cfconsole.domain.releases.template_change import could_result_from, makes_new_revision, with_change
from cfconsole.domain.text import SECRET_MARK
from tests.builders import (
    facts,
    full,
    function,
    pinned_service,
    plan,
    release,
    revision,
    revisions,
    service,
    share,
    target,
)
from tests.domain.releases.planning.plans import planned, refused

IMAGE = "us-docker.pkg.dev/shop/api/orders:v43"
CONTAINERS = (Container("proxy", "envoy:1"), Container("app", revision().image, True))


def test_a_deploy_shows_what_changes_for_requests_and_how_it_is_taken_back() -> None:
    options = DeployOptions(IMAGE, (("TOKEN", "hunter2"), ("LOG_LEVEL", "debug")), (("memory", "1Gi"),))
    made = planned(plan_deploy(facts(), options))
    assert made.kind is ReleaseKind.DEPLOY
    assert (made.target, made.newest, made.generation) == (CANDIDATE, full("00042"), 42)
    assert made.undo == (target("00042", 100),)
    assert made.differences == (
        Difference("image", "orders@000420004200", "orders:v43"),
        Difference("limit memory", "512Mi", "1Gi"),
        Difference("env LOG_LEVEL", "-", "set"),
        Difference("env TOKEN", "-", "set"),
    )
    assert "hunter2" not in str(made), "a plan is kept in the journal"
    env = (EnvChange("TOKEN", SECRET_MARK), EnvChange("LOG_LEVEL", "debug"))
    assert made.change == TemplateChange(image=IMAGE, env=env, limits=options.limits)


def test_a_canary_reads_as_sentences() -> None:
    made = planned(plan_deploy(facts(), DeployOptions(IMAGE, strategy=Strategy.CANARY)))
    said = plan_sentences(made)
    assert said[0] == "deploy orders:v43 to shop-prod/us-central1/orders-api, canary"
    assert "step 1: create without traffic: 00042 100 %" in said
    assert "step 2: canary 5 %: (new) 5 %, 00042 95 %, then watched for 2 min" in said
    assert "step 5: canary 100 %: latest 100 %, then watched for 2 min" in said
    assert "warning: if this host dies, traffic stays as it is at that moment, e.g. at canary 5 %" in said
    assert [step.kind for step in made.steps] == [StepKind.CREATE, *[StepKind.SHIFT] * 3, StepKind.PROMOTE]
    green = planned(plan_deploy(facts(), DeployOptions(IMAGE, strategy=Strategy.BLUE_GREEN)))
    assert any("green: all traffic after a probe passes: latest 100 %" in line for line in plan_sentences(green))


def test_a_split_keeps_its_proportions_beside_a_canary() -> None:
    split = service(desired=(target("00042", 60), target("00041", 40)))
    split = replace(split, effective=(share("00042", 60), share("00041", 40)))
    made = planned(plan_deploy(facts(split), DeployOptions(IMAGE, strategy=Strategy.CANARY, steps=(1, 25, 100))))
    assert [step.targets for step in made.steps] == [
        (target("00042", 60), target("00041", 40)),
        (Target(CANDIDATE, 1), target("00042", 59), target("00041", 40)),
        (Target(CANDIDATE, 25), target("00042", 45), target("00041", 30)),
        (Target(CANDIDATE, 100),),
    ]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (DeployOptions("not an image"), "is not an image"),
        (DeployOptions(env=(("1X", ""),)), "is not a variable name"),
        (DeployOptions(env=(("PORT", "80"),)), "PORT is set by Cloud Run itself"),
        (DeployOptions(env=(("X_GOOGLE_A", "80"),)), "X_GOOGLE_A is set by Cloud Run itself"),
        (DeployOptions(env=(("A", "1"), ("A", None))), "A is given twice"),
        (DeployOptions(limits=(("memory", "lots"),)), "'lots' is not a valid memory"),
        (DeployOptions(IMAGE, strategy=Strategy.CANARY, steps=()), "rise and end at 100"),
        (DeployOptions(IMAGE, strategy=Strategy.CANARY, steps=(5, 50)), "rise and end at 100"),
        (DeployOptions(IMAGE, strategy=Strategy.CANARY, steps=(50, 5, 100)), "rise and end at 100"),
        (DeployOptions(IMAGE, strategy=Strategy.CANARY, steps=(0, 100)), "rise and end at 100"),
        (DeployOptions(IMAGE, bake_s=-1), "a bake can't be negative"),
    ],
)
def test_options_that_make_no_sense_are_refused_with_what_would(options: DeployOptions, sentence: str) -> None:
    assert sentence in refused(plan_deploy(facts(), options))


def test_a_deploy_that_changes_nothing_is_done_already() -> None:
    same = DeployOptions(revision().image, env=(("GONE", None),), limits=(("cpu", "1"),))
    assert "restart to get one" in refused(plan_deploy(facts(), same), RefusalReason.ALREADY_DONE)
    assert "not been read yet" in refused(plan_deploy(facts(revisions=()), same), RefusalReason.UNREADABLE)


def test_the_container_with_ports_is_meant_or_one_has_to_be_named() -> None:
    beside = revision(containers=CONTAINERS)
    known = facts(revisions=(beside, *revisions("00041")))
    assert planned(plan_deploy(known, DeployOptions(IMAGE))).change == TemplateChange("app", IMAGE)
    silent = revision(containers=(Container("a"), Container("b")))
    both = facts(revisions=(silent, *revisions("00041")))
    assert "2 containers and it is not clear which one" in refused(
        plan_deploy(both, DeployOptions(IMAGE)), RefusalReason.AMBIGUOUS
    )
    assert choose_container(silent, "b") == "b"
    assert isinstance(choose_container(silent, "c"), Refusal)
    assert choose_container(revision(containers=(Container("only"),)), "") == ""


def test_a_change_of_a_sidecar_leaves_the_main_container_alone() -> None:
    beside = revision(containers=CONTAINERS, env=(EnvVar("A", "1"), EnvVar("proxy: A", "1"), EnvVar("proxy: B", "2")))
    change = TemplateChange("proxy", "envoy:2", (EnvChange("A", removed=True), EnvChange("B", "3"), EnvChange("C")))
    made = with_change(beside, change)
    assert (made.image, made.limits) == (beside.image, beside.limits)
    assert made.containers[0].image == "envoy:2"
    assert [(one.name, one.display) for one in made.env] == [("A", "1"), ("proxy: B", "3"), ("proxy: C", "")]
    assert makes_new_revision(beside, change)
    assert makes_new_revision(beside, TemplateChange("proxy", limits=(("cpu", "1"),)))
    assert makes_new_revision(beside, TemplateChange("proxy", env=(EnvChange("A", removed=True),)))
    assert not makes_new_revision(beside, TemplateChange("proxy", env=(EnvChange("Z", removed=True),)))
    assert not makes_new_revision(beside, TemplateChange("app", limits=(("cpu", "1"),)))


@pytest.mark.parametrize(
    ("asked", "found", "ours"),
    [
        ("", "a/b:1", True),
        ("a/b:1", "a/b:1", True),
        ("a/b:1", "a/b@sha256:0", True),
        ("b", "b@sha256:0", True),
        ("a/b:1", "a/b:2", False),
        ("a/b@sha256:1", "a/b@sha256:0", False),
        ("a/b:1", "a/c@sha256:0", False),
    ],
)
def test_a_revision_may_be_from_a_change(asked: str, found: str, ours: bool) -> None:
    assert could_result_from(TemplateChange(image=asked), revision(image=found)) is ours


def test_a_revision_without_the_variables_that_were_set_is_not_from_a_change() -> None:
    change = TemplateChange("app", env=(EnvChange("A"), EnvChange("GONE", removed=True)))
    assert not could_result_from(change, revision(containers=CONTAINERS))
    assert could_result_from(change, revision(containers=CONTAINERS, env=(EnvVar("A", "1"),)))
    assert not could_result_from(replace(change, image="other/app:1"), revision(containers=CONTAINERS))


def test_a_function_is_deployed_from_its_source() -> None:
    of = service(kind=ServiceKind.FUNCTION, function=function())
    assert "belongs to a function" in refused(plan_deploy(facts(of), DeployOptions(IMAGE)))
    assert "belongs to a function" in refused(plan_restart(facts(of), "now"))


def test_where_nothing_serves_a_deploy_goes_all_at_once() -> None:
    empty = facts(service(effective=(), desired=()))
    assert "nothing can keep serving" in refused(plan_deploy(empty, DeployOptions(IMAGE, strategy=Strategy.CANARY)))
    made = planned(plan_deploy(empty, DeployOptions(IMAGE)))
    assert made.after == (Target(LATEST, 100),)
    assert made.undo == ()
    assert made.warnings == ("nothing serves now, so there is nothing to roll back to",)


def test_what_may_surprise_is_said() -> None:
    bad = release(plan(), generation_after=43)
    known = facts(pinned_service(reconciling=True), [bad])
    options = DeployOptions(IMAGE, strategy=Strategy.BLUE_GREEN, bake_s=0, policy=Policy(probe=ProbePolicy(attempts=0)))
    said = planned(plan_deploy(known, options)).warnings
    assert said == (
        "the new revision is made from 00042, which failed or was rolled back",
        "another change of this service is in progress; the two may overtake each other",
        "without a bake no errors are checked before all traffic moves",
        "no probe: probes are disabled",
        "if this host dies, traffic stays as it is at that moment, e.g. at create without traffic",
        "pinned: the next deploy gets no traffic until traffic follows latest again",
    )
    idle = planned(plan_deploy(facts(pinned_service()), DeployOptions(IMAGE))).warnings
    assert idle[0] == "the new revision is made from 00042, which serves nothing"
    inside = facts(service(ingress="internal-only"))
    said = planned(plan_deploy(inside, DeployOptions(IMAGE, strategy=Strategy.BLUE_GREEN))).warnings
    assert "no probe: its ingress is internal-only" in said


def test_when_probes_are_possible() -> None:
    assert why_not_probeable(service()) == ""
    assert "triggered by events" in why_not_probeable(service(function=function(event_trigger="google.pubsub")))
    assert why_not_probeable(service(function=function(), ingress="all")) == ""
    assert why_not_probeable(service(uri="")) == "it has no URL"


def test_tags_are_short_and_free() -> None:
    assert [unused_tag(service(), strategy) for strategy in Strategy] == ["new", "green", "canary"]
    taken = service(desired=(Target(LATEST, 100), target("00041", 0, "green"), target("00040", 0, "green-2")))
    assert unused_tag(taken, Strategy.BLUE_GREEN) == "green-3"


def test_a_restart_makes_a_revision_of_the_very_image_that_serves() -> None:
    made = planned(plan_restart(facts(), "2026-05-04T12:00"))
    assert made.kind is ReleaseKind.RESTART
    assert made.change == TemplateChange(image=revision().image, restart="2026-05-04T12:00")
    assert made.differences == ()
    assert plan_sentences(made)[0] == "restart shop-prod/us-central1/orders-api as a new revision of the same image"
    moving = facts(revisions=(revision(image="shop/api:v1"), revision("00041")))
    assert "its image is referenced by a tag (shop/api:v1)" in planned(plan_restart(moving, "x")).warnings[-1]
    silent = facts(revisions=(revision(containers=(Container("a"), Container("b"))), revision("00041")))
    assert "its image tags are resolved again" in planned(plan_restart(silent, "x")).warnings[-1]


def test_a_restart_of_another_revision_than_the_newest_would_be_a_deploy() -> None:
    assert "00041 serves, but a new revision would be made from 00042" in refused(
        plan_restart(facts(pinned_service()), "x")
    )
    nothing = facts(service(effective=()))
    assert "no revision of orders-api serves" in refused(plan_restart(nothing, "x"), RefusalReason.UNREADABLE)


def test_a_revision_that_exists_can_be_brought_in() -> None:
    known = facts(pinned_service())
    made = planned(plan_rollout(known, full("00042"), DeployOptions(strategy=Strategy.BLUE_GREEN)))
    assert [step.kind for step in made.steps] == [StepKind.TAG, StepKind.PROMOTE]
    assert made.steps[0].targets == (target("00041", 100), target("00042", 0, "green"))
    assert (made.target, made.mask, made.must_name) == (full("00042"), ("traffic",), "")
    assert plan_sentences(made)[0] == "roll out 00042 of shop-prod/us-central1/orders-api, blue-green"
    marked = facts(pinned_service(), [release(plan())])
    assert planned(plan_rollout(marked, full("00042"), DeployOptions())).must_name == full("00042")
    unlisted = facts(pinned_service("00039"))
    assert planned(plan_rollout(unlisted, full("00042"), DeployOptions())).differences == ()


def test_an_older_revision_is_brought_in_by_name_for_latest_is_another() -> None:
    made = planned(plan_rollout(facts(), full("00041"), DeployOptions(strategy=Strategy.CANARY)))
    assert made.after == (target("00041", 100),)
    assert "pinned: the next deploy gets no traffic until traffic follows latest again" in made.warnings


def test_a_revision_that_can_not_be_brought_in() -> None:
    known = facts(pinned_service())
    broken = replace(known, revisions=(revision("00042", ready=False), revision("00041")))
    assert "has no revision" in refused(plan_rollout(known, "x", DeployOptions()), RefusalReason.NOT_FOUND)
    assert "not Ready" in refused(plan_rollout(broken, full("00042"), DeployOptions()), RefusalReason.NOT_READY)
    assert "already" in refused(plan_rollout(known, full("00041"), DeployOptions()), RefusalReason.ALREADY_DONE)
    assert "rise" in refused(plan_rollout(known, full("00042"), DeployOptions(strategy=Strategy.CANARY, steps=(1,))))


def test_the_template_is_the_newest_revision_even_if_the_service_does_not_say() -> None:
    assert template_of(PlanFacts(service(latest_created=""), revisions())).name == full("00042")
    assert CANARY_STEPS == (5, 25, 50, 100)
    assert plan_sentences(plan(kind=ReleaseKind.DEPLOY, change=TemplateChange(restart="x")))[0].startswith(
        "deploy a new revision to"
    )
