"""Splits by hand and tags: what is written, what undoes it, and what is refused."""

from __future__ import annotations

import pytest

from cfconsole.domain.fleet.splits import same_targets, with_tag
from cfconsole.domain.fleet.traffic import LATEST, Target
from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import RefusalReason
from cfconsole.domain.releases.planning.plan_text import plan_sentences
from cfconsole.domain.releases.planning.shift import plan_promote, plan_shift
from tests.builders import facts, full, pinned_service, plan, release, revision, service, share, target
from tests.domain.releases.planning.plans import planned, refused


def test_the_rest_of_the_traffic_goes_to_the_others_in_proportion() -> None:
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
    assert with_tag((target("00041", 100),), "", "x") == (target("00041", 100),)


@pytest.mark.parametrize(
    ("shares", "tags", "untag", "reason", "sentence"),
    [
        ([("00041", 60), ("00040", 60)], [], [], RefusalReason.INVALID, "the shares sum to 120 %"),
        ([("00041", 60), ("00041", 40)], [], [], RefusalReason.INVALID, "00041 is given twice"),
        ([("00041", 101)], [], [], RefusalReason.INVALID, "101 % of 00041 is not a valid share"),
        ([("00041", -1)], [], [], RefusalReason.INVALID, "-1 % of 00041 is not a valid share"),
        ([("00042", 90)], [], [], RefusalReason.INVALID, "no other revision serves"),
        ([("00099", 10)], [], [], RefusalReason.NOT_FOUND, "has no revision 00099"),
        ([], [("next", "00099")], [], RefusalReason.NOT_FOUND, "has no revision 00099"),
        ([], [("Next!", "00041")], [], RefusalReason.INVALID, "'Next!' is not a valid tag"),
        ([], [], ["gone"], RefusalReason.INVALID, "there is no tag 'gone'"),
        ([], [], [], RefusalReason.ALREADY_DONE, "already has this split"),
    ],
    ids=[
        "more than 100 %",
        "a revision twice",
        "a share above 100 %",
        "a share below 0 %",
        "no revision for the rest",
        "a share of an unknown revision",
        "a tag on an unknown revision",
        "a tag with other characters",
        "a tag that is not there",
        "nothing at all",
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
    assert "not been read yet" in refused(plan_shift(unread, [("00041", 5)]), RefusalReason.UNREADABLE)


def test_a_failed_revision_must_be_typed_unless_it_serves_already() -> None:
    marked = [release(plan(), generation_after=43)]
    assert planned(plan_shift(facts(pinned_service(), marked), [("00042", 5)])).must_name == full("00042")
    assert planned(plan_shift(facts(service(), marked), [("00042", 95), ("00041", 5)])).must_name == ""
    assert planned(plan_promote(facts(pinned_service(), marked), "00042")).must_name == full("00042")


def test_lists_of_targets_that_ask_for_the_same() -> None:
    assert same_targets((), (Target(LATEST, 100),))
    assert same_targets((target("00042", 100, "x"),), (target("00042", 0, "x"), target("00042", 100)))
    assert not same_targets((target("00042", 100),), (target("00042", 100, "x"),))
