"""The way back to LATEST, and the undo of the last release: what they write, and when they will not."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cfconsole.domain.fleet.traffic import LATEST, Target
from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import RefusalReason, Release, ReleaseState
from cfconsole.domain.releases.planning.plan_text import plan_sentences
from cfconsole.domain.releases.planning.scale import plan_scale
from cfconsole.domain.releases.planning.shift import plan_promote
from cfconsole.domain.releases.planning.traffic_plans import PlanFacts, plan_to_latest, plan_undo
from cfconsole.domain.releases.steps import SCALING_MASK, Scaling
from tests.builders import facts, full, pinned_service, plan, release, revision, revisions, service, share, target
from tests.domain.releases.planning.plans import planned, refused


def rolled_back() -> PlanFacts:
    """The story's service right after its rollback to 00041."""
    return facts(pinned_service(generation=43), [release()])


def test_a_pinned_service_follows_the_latest_again() -> None:
    tagged = pinned_service(desired=(target("00041", 100), target("00040", 0, "old")))
    result = planned(plan_to_latest(facts(tagged)))
    assert result.kind is ReleaseKind.TO_LATEST
    assert result.after == (Target(LATEST, 100), target("00040", 0, "old"))
    assert result.undo == (target("00041", 100), target("00040", 0, "old"))
    assert result.target == full("00042")
    assert result.why.startswith("pinned: 00041 serves by name")
    assert result.must_name == ""


def test_a_service_that_is_split_by_name_is_not_called_pinned() -> None:
    split = service(
        desired=(target("00042", 50), target("00041", 50)), effective=(share("00041", 50), share("00042", 50))
    )
    assert planned(plan_to_latest(facts(split))).why.startswith("00041 and 00042 serve by name")


def test_latest_that_was_just_rolled_back_must_be_named() -> None:
    assert planned(plan_to_latest(rolled_back())).must_name == full("00042")


def test_a_newer_revision_that_is_not_ready_takes_over_later() -> None:
    newer = pinned_service("00040", latest_ready=full("00041"))
    result = planned(plan_to_latest(facts(newer)))
    assert result.target == full("00041")
    assert "00042 is newer but not Ready; it takes all traffic once it is" in result.warnings
    assert planned(plan_to_latest(facts(pinned_service(latest_created="")))).target == full("00042")


@pytest.mark.parametrize(
    "desired", [(), (Target(LATEST, 100), target("00040", 0, "old"))], ids=["nothing asked for", "with a tag"]
)
def test_a_service_on_latest_has_nothing_to_do(desired: tuple[Target, ...]) -> None:
    refused(plan_to_latest(facts(service(desired=desired))), RefusalReason.ALREADY_DONE)


def test_latest_is_refused_when_it_cannot_serve() -> None:
    rotten = facts(pinned_service(), revisions=(revision("00042", ready=False), revision("00041")))
    refused(plan_to_latest(facts(pinned_service(latest_ready=""))), RefusalReason.NOT_READY)
    refused(plan_to_latest(facts(pinned_service(latest_ready="orders-api-00043"))), RefusalReason.NOT_FOUND)
    refused(plan_to_latest(rotten), RefusalReason.NOT_READY)
    refused(plan_to_latest(facts(pinned_service(), revisions=())), RefusalReason.UNREADABLE)


def test_undo_puts_back_the_effective_split_and_wants_the_bad_name_typed() -> None:
    result = planned(plan_undo(rolled_back()))
    assert result.kind is ReleaseKind.UNDO
    assert result.after == (target("00042", 100),)
    assert result.undo == (target("00041", 100),)
    assert result.target == result.must_name == full("00042")
    assert result.bad == ""
    assert result.why == "undoes the rollback by ops@shop.example at 2026-05-04 11:59 UTC"
    assert any(line.startswith("pinned:") for line in result.warnings)


def test_undo_of_the_way_to_latest_takes_traffic_from_the_latest() -> None:
    went = release(
        plan(kind=ReleaseKind.TO_LATEST, bad="", target=full("00042"), undo=(target("00041", 70), target("00040", 30)))
    )
    result = planned(plan_undo(facts(service(generation=43), [went])))
    assert (result.bad, result.target, result.must_name) == (full("00042"), full("00041"), "")


def test_undo_skips_what_never_wrote_and_what_is_under_way() -> None:
    running = release(state=ReleaseState.RUNNING)
    denied = release(state=ReleaseState.FAILED, generation_after=0)
    result = planned(plan_undo(facts(pinned_service(generation=43), [running, denied, release()])))
    assert result.after == (target("00042", 100),)


def test_undo_without_a_release_has_nothing_to_do() -> None:
    assert "orders-api" in refused(plan_undo(facts()), RefusalReason.NOTHING_TO_UNDO)


def test_undo_never_overwrites_somebody_elses_change() -> None:
    moved = facts(pinned_service(generation=44), [release()])
    sentence = refused(plan_undo(moved), RefusalReason.CHANGED)
    assert "was changed by ci@shop.example at 2026-05-04 10:00 UTC" in sentence
    unnamed = facts(pinned_service(generation=44, updated_by="", updated_at=None), [release()])
    sentence = refused(plan_undo(unnamed), RefusalReason.CHANGED)
    assert "was changed, after the rollback of ops@shop.example" in sentence


def test_undo_is_refused_when_what_served_is_gone_or_broken() -> None:
    after = pinned_service(generation=43)
    gone = facts(after, [release()], revisions=revisions("00041", "00040"))
    broken = facts(after, [release()], revisions=(revision("00042", ready=False), revision("00041")))
    refused(plan_undo(gone), RefusalReason.NOT_FOUND)
    refused(plan_undo(broken), RefusalReason.NOT_READY)
    refused(plan_undo(facts(after, [release()], revisions=())), RefusalReason.UNREADABLE)


def test_a_tag_on_latest_does_not_hinder_an_undo() -> None:
    tagged = release(plan(undo=(target("00042", 100), Target(LATEST, 0, "next"))))
    assert planned(plan_undo(facts(pinned_service(generation=43), [tagged]))).after == tagged.plan.undo


def test_undoing_a_change_of_instances_scales_back() -> None:
    scaled = planned(plan_scale(facts(), minimum=3))
    after = service(min_instances=3, generation=43)
    made = planned(plan_undo(facts(after, [release(scaled)])))
    assert (made.kind, made.mask, made.scaling, made.scaling_before) == (
        ReleaseKind.UNDO,
        SCALING_MASK,
        Scaling(0, None),
        Scaling(3, None),
    )
    assert plan_sentences(made)[0] == (
        "undo the last change of shop-prod/us-central1/orders-api, back to min 0, max not set"
    )
    moved = facts(replace(after, generation=44), [release(scaled)])
    assert "was changed by" in refused(plan_undo(moved), RefusalReason.CHANGED)


def test_undoing_a_deploy_marks_what_it_made() -> None:
    deployed = release(
        plan(kind=ReleaseKind.DEPLOY, bad="", target="(new)", undo=(target("00041", 100),)), candidate=full("00042")
    )
    assert deployed.promoted == full("00042")
    assert replace(deployed, candidate="").promoted == ""
    made = planned(plan_undo(facts(service(generation=43), [deployed])))
    assert (made.bad, made.target) == (full("00042"), full("00041"))
    first = release(plan(kind=ReleaseKind.DEPLOY, undo=()), candidate=full("00042"))
    assert "nothing served before" in refused(
        plan_undo(facts(service(generation=43), [first])), RefusalReason.NOTHING_TO_UNDO
    )
    failed = replace(deployed, state=ReleaseState.ROLLED_BACK)
    assert planned(plan_promote(facts(pinned_service(), [failed]), "00042")).must_name == full("00042")


FAILED = release(plan(bad="", target=full("00042")), state=ReleaseState.FAILED)
RESTORED = release(plan(bad="", target=full("00042")), state=ReleaseState.ROLLED_BACK)
UNWRITTEN = release(plan(bad="", target=full("00042")), state=ReleaseState.FAILED, generation_after=0)
SUPERSEDED = release(plan(bad=full("00042")), state=ReleaseState.SUPERSEDED)
WANTED = release(plan(kind=ReleaseKind.TO_LATEST, bad="", target=full("00042")))


@pytest.mark.parametrize(
    ("history", "must_name"),
    [
        pytest.param([FAILED], full("00042"), id="failed"),
        pytest.param([RESTORED], full("00042"), id="rolled back"),
        pytest.param([UNWRITTEN], "", id="failed before its write"),
        pytest.param([SUPERSEDED], "", id="superseded"),
        pytest.param([WANTED, FAILED], "", id="succeeded after it failed"),
        pytest.param([FAILED, WANTED], full("00042"), id="failed after it succeeded"),
    ],
)
def test_failed_targets_are_marked_and_later_success_clears_the_mark(history: list[Release], must_name: str) -> None:
    assert planned(plan_to_latest(facts(pinned_service(), history))).must_name == must_name
