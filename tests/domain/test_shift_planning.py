"""Splits by hand, tags, promotions and instances: what is written, what is refused, and what undoes it."""

from __future__ import annotations

import pytest

from cfconsole.domain.plan_text import plan_sentences
from cfconsole.domain.planning import plan_undo
from cfconsole.domain.release_kinds import ReleaseKind
from cfconsole.domain.release_steps import SCALING_MASK, Scaling
from cfconsole.domain.releases import Plan, Refusal, RefusalReason, ReleaseState
from cfconsole.domain.revision_deletion import deletion_trouble
from cfconsole.domain.scale_planning import plan_scale
from cfconsole.domain.shift_planning import plan_promote, plan_shift
from cfconsole.domain.splits import same_targets, tagged
from cfconsole.domain.traffic import LATEST, Target
from tests.builders import (
    facts,
    full,
    function,
    metrics,
    pinned_service,
    plan,
    release,
    revision,
    service,
    share,
    target,
)


def planned(result: Plan | Refusal) -> Plan:
    assert isinstance(result, Plan), result
    return result


def refused(result: Plan | Refusal, reason: RefusalReason = RefusalReason.INVALID) -> str:
    assert isinstance(result, Refusal), result
    assert result.reason is reason
    return result.sentence


def test_what_the_shares_leave_over_goes_to_the_others_in_proportion() -> None:
    split = service(
        desired=(target("00042", 60, "stable"), target("00041", 40)),
        effective=(share("00042", 60), share("00041", 40)),
    )
    made = planned(plan_shift(facts(split), [("00040", 25)]))
    assert made.after == (target("00040", 25), target("00042", 45), target("00041", 30), target("00042", 0, "stable"))
    assert made.undo == (target("00042", 60), target("00041", 40), target("00042", 0, "stable"))
    assert (made.kind, made.target, made.mask) == (ReleaseKind.SHIFT, full("00040"), ("traffic",))
    assert plan_sentences(made)[0].startswith(
        "split the traffic of shop-prod/us-central1/orders-api: 00040 25 %, 00042"
    )


def test_a_whole_split_leaves_nothing_over_and_latest_is_pinned_and_said_so() -> None:
    made = planned(plan_shift(facts(), [(full("00042"), 0), ("00041", 100)]))
    assert made.after == (target("00041", 100),)
    assert "pinned: the next deploy gets no traffic" in made.warnings[-1]
    assert not any("pinned" in one for one in planned(plan_shift(facts(pinned_service()), [("00040", 10)])).warnings)


def test_tags_alone_leave_traffic_as_it_is() -> None:
    tags = service(desired=(Target(LATEST, 100, "live"), target("00040", 0, "old")))
    made = planned(plan_shift(facts(tags), tags=[("next", "00041"), ("live", "00041")], untag=["old"]))
    assert made.after == (Target(LATEST, 100), target("00041", 0, "next"), target("00041", 0, "live"))
    assert made.target == ""
    bare = planned(plan_shift(facts(service(desired=())), tags=[("next", "00041")]))
    assert bare.after == (Target(LATEST, 100), target("00041", 0, "next"))
    assert tagged((target("00041", 100),), "", "x") == (target("00041", 100),)


@pytest.mark.parametrize(
    ("shares", "tags", "untag", "reason", "sentence"),
    [
        ([("00041", 60), ("00040", 60)], [], [], RefusalReason.INVALID, "the shares sum to 120 %"),
        ([("00041", 60), ("00041", 40)], [], [], RefusalReason.INVALID, "00041 is named twice"),
        ([("00041", 101)], [], [], RefusalReason.INVALID, "101 % of 00041 is no share"),
        ([("00041", -1)], [], [], RefusalReason.INVALID, "-1 % of 00041 is no share"),
        ([("00042", 90)], [], [], RefusalReason.INVALID, "no other revision serves"),
        ([("00099", 10)], [], [], RefusalReason.NOT_FOUND, "has no revision 00099"),
        ([], [("next", "00099")], [], RefusalReason.NOT_FOUND, "has no revision 00099"),
        ([], [("Next!", "00041")], [], RefusalReason.INVALID, "'Next!' is no tag"),
        ([], [], ["gone"], RefusalReason.INVALID, "there is no tag 'gone'"),
        ([], [], [], RefusalReason.ALREADY_DONE, "is split like that already"),
    ],
)
def test_a_split_that_makes_no_sense_says_why(
    shares: list[tuple[str, int]], tags: list[tuple[str, str]], untag: list[str], reason: RefusalReason, sentence: str
) -> None:
    assert sentence in refused(plan_shift(facts(), shares, tags=tags, untag=untag), reason)


def test_only_ready_revisions_get_traffic_or_a_tag() -> None:
    broken = facts(revisions=(revision("00042"), revision("00041", ready=False)))
    assert "not Ready" in refused(plan_shift(broken, [("00041", 5)]), RefusalReason.NOT_READY)
    assert "not Ready" in refused(plan_shift(broken, tags=[("next", "00041")]), RefusalReason.NOT_READY)
    unread = facts(revisions=())
    assert "not read yet" in refused(plan_shift(unread, [("00041", 5)]), RefusalReason.UNREADABLE)


def test_a_revision_that_failed_has_to_be_typed_unless_it_serves_already() -> None:
    marked = [release(plan(), generation_after=43)]
    assert planned(plan_shift(facts(pinned_service(), marked), [("00042", 5)])).must_name == full("00042")
    assert planned(plan_shift(facts(service(), marked), [("00042", 95), ("00041", 5)])).must_name == ""
    assert planned(plan_promote(facts(pinned_service(), marked), "00042")).must_name == full("00042")


def test_a_promotion_ends_on_latest_if_that_is_how_it_began_and_means_this_revision() -> None:
    split = service(desired=(target("00042", 50), target("00041", 50), target("00040", 0, "old")))
    split = split._replace(effective=(share("00042", 50), share("00041", 50)))
    by_name = planned(plan_promote(facts(split), "00042"))
    assert by_name.after == (target("00042", 100), target("00040", 0, "old"))
    assert any("pinned" in warning for warning in by_name.warnings)
    began = planned(plan_promote(facts(split), "00042", began=(Target(LATEST, 100),)))
    assert began.after == (Target(LATEST, 100), target("00040", 0, "old"))
    assert not any("pinned" in warning for warning in began.warnings)
    assert "latest Ready" in began.why
    older = planned(plan_promote(facts(split), "00041", began=(Target(LATEST, 100),)))
    assert older.after[0] == target("00041", 100)
    assert plan_sentences(older)[0] == "send all traffic of shop-prod/us-central1/orders-api to 00041"
    assert ("image" in {difference.what for difference in older.differences}) is True


def test_a_promotion_that_is_not_needed_or_not_possible() -> None:
    assert "already" in refused(plan_promote(facts(), "00042"), RefusalReason.ALREADY_DONE)
    assert "has no revision" in refused(plan_promote(facts(), "00099"), RefusalReason.NOT_FOUND)
    pinned = planned(plan_promote(facts(pinned_service("00042")), "00042", began=()))
    assert (pinned.after, pinned.differences) == ((Target(LATEST, 100),), ())


def test_scaling_changes_the_service_and_no_revision() -> None:
    of = service(min_instances=1, max_instances=10, function=function())
    made = planned(plan_scale(facts(of, metrics=metrics(instances=8)), minimum=2, maximum=5))
    assert (made.scaling, made.scaling_before, made.mask) == (Scaling(2, 5), Scaling(1, 10), SCALING_MASK)
    assert made.after == made.undo == of.desired
    assert made.differences == (("service min instances", "1", "2"), ("service max instances", "10", "5"))
    assert made.warnings == (
        "8 instances run now; with at most 5 requests may wait or be refused",
        "2 instances are kept and paid for, also without requests",
        "the next deploy of function orders-fn may set its own numbers again",
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
    assert ("service max instances", "-", "3") in planned(plan_scale(facts(), maximum=3)).differences


def test_scaling_that_makes_no_sense() -> None:
    of = facts(service(min_instances=1, max_instances=10))
    assert "more than the maximum of 10" in refused(plan_scale(of, minimum=11))
    assert "can't be fewer than none" in refused(plan_scale(of, minimum=-1))
    assert "can't be fewer than none" in refused(plan_scale(of, maximum=-1))
    assert "has min 1, max 10 already" in refused(plan_scale(of, minimum=1), RefusalReason.ALREADY_DONE)


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
    moved = facts(after._replace(generation=44), [release(scaled)])
    assert "was changed by" in refused(plan_undo(moved), RefusalReason.CHANGED)


def test_undoing_a_deploy_marks_what_it_made() -> None:
    deployed = release(
        plan(kind=ReleaseKind.DEPLOY, bad="", target="(new)", undo=(target("00041", 100),)), candidate=full("00042")
    )
    assert deployed.promoted == full("00042")
    assert deployed._replace(candidate="").promoted == ""
    made = planned(plan_undo(facts(service(generation=43), [deployed])))
    assert (made.bad, made.target) == (full("00042"), full("00041"))
    first = release(plan(kind=ReleaseKind.DEPLOY, undo=()), candidate=full("00042"))
    assert "nothing served before" in refused(
        plan_undo(facts(service(generation=43), [first])), RefusalReason.NOTHING_TO_UNDO
    )
    failed = deployed._replace(state=ReleaseState.ROLLED_BACK)
    assert planned(plan_promote(facts(pinned_service(), [failed]), "00042")).must_name == full("00042")


def test_what_may_be_deleted() -> None:
    tagged_one = service(desired=(Target(LATEST, 100), target("00040", 0, "old")))
    kept_one = pinned_service(desired=(target("00041", 100), target("00042", 0, "kept")))
    assert deletion_trouble(facts(), full("00041")) is None
    for of, name, sentence in (
        (facts(), "x", "has no revision x"),
        (facts(), full("00042"), "00042 serves"),
        (facts(tagged_one), full("00040"), "by the tag old"),
        (facts(pinned_service()), full("00042"), "is the latest revision"),
        (facts(pinned_service("00041"), revisions=(revision("00040"),)), full("00040"), "is the latest revision"),
        (facts(kept_one), full("00042"), "is the latest revision"),
    ):
        refusal = deletion_trouble(of, name)
        assert refusal
        assert sentence in refusal.sentence


def test_lists_of_targets_that_ask_for_the_same() -> None:
    assert same_targets((), (Target(LATEST, 100),))
    assert same_targets((target("00042", 100, "x"),), (target("00042", 0, "x"), target("00042", 100)))
    assert not same_targets((target("00042", 100),), (target("00042", 100, "x"),))
