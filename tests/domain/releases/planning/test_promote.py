"""All traffic to one revision: how it ends, and when it is refused."""

from __future__ import annotations

from msgspec.structs import replace

from cfconsole.domain.fleet.traffic import LATEST, Target
from cfconsole.domain.releases.model import RefusalReason
from cfconsole.domain.releases.planning.plan_text import plan_sentences
from cfconsole.domain.releases.planning.shift import plan_promote
from tests.builders import facts, pinned_service, service, share, target
from tests.domain.releases.planning.plans import planned, refused


def test_a_promotion_ends_on_latest_if_the_split_follows_it_and_it_means_this_revision() -> None:
    split = service(desired=(target("00042", 50), target("00041", 50), target("00040", 0, "old")))
    split = replace(split, effective=(share("00042", 50), share("00041", 50)))
    by_name = planned(plan_promote(facts(split), "00042"))
    assert by_name.after == (target("00042", 100), target("00040", 0, "old"))
    assert any("pinned" in warning for warning in by_name.warnings)
    following = replace(split, desired=(Target(LATEST, 50), target("00041", 50), target("00040", 0, "old")))
    latest = planned(plan_promote(facts(following), "00042"))
    assert latest.after == (Target(LATEST, 100), target("00040", 0, "old"))
    assert not any("pinned" in warning for warning in latest.warnings)
    assert "latest Ready" in latest.why
    older = planned(plan_promote(facts(following), "00041"))
    assert older.after[0] == target("00041", 100)
    assert plan_sentences(older)[0] == "send all traffic of shop-prod/us-central1/orders-api to 00041"
    assert "image" in {difference.what for difference in older.differences}


def test_a_promotion_that_is_not_needed_or_not_possible_is_refused() -> None:
    assert "already" in refused(plan_promote(facts(), "00042"), RefusalReason.ALREADY_DONE)
    assert "has no revision" in refused(plan_promote(facts(), "00099"), RefusalReason.NOT_FOUND)
    half = pinned_service("00042", desired=(Target(LATEST, 50), target("00042", 50)))
    alone = planned(plan_promote(facts(half), "00042"))
    assert (alone.after, alone.differences) == ((Target(LATEST, 100),), ())
