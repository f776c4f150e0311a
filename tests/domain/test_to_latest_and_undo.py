"""The way back to LATEST, and the undo of the last release: what they write, and when they will not."""

from __future__ import annotations

from cfconsole.domain.planning import PlanFacts, plan_to_latest, plan_undo
from cfconsole.domain.release_kinds import ReleaseKind
from cfconsole.domain.releases import Plan, Refusal, RefusalReason, ReleaseState
from cfconsole.domain.traffic import LATEST, Target
from tests.builders import facts, full, pinned_service, plan, release, revision, revisions, service, share, target


def planned(result: Plan | Refusal) -> Plan:
    assert isinstance(result, Plan), result
    return result


def refused(result: Plan | Refusal) -> Refusal:
    assert isinstance(result, Refusal), result
    return result


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
    assert "00042 is newer and not Ready; it takes all traffic once it is" in result.warnings
    assert planned(plan_to_latest(facts(pinned_service(latest_created="")))).target == full("00042")


def test_on_latest_already_there_is_nothing_to_do() -> None:
    for desired in ((), (Target(LATEST, 100), target("00040", 0, "old"))):
        assert refused(plan_to_latest(facts(service(desired=desired)))).reason is RefusalReason.ALREADY_DONE


def test_latest_is_refused_when_it_can_not_serve() -> None:
    none_ready = refused(plan_to_latest(facts(pinned_service(latest_ready=""))))
    unlisted = refused(plan_to_latest(facts(pinned_service(latest_ready="orders-api-00043"))))
    rotten = facts(pinned_service(), revisions=(revision("00042", ready=False), revision("00041")))
    assert none_ready.reason is RefusalReason.NOT_READY
    assert unlisted.reason is RefusalReason.NOT_FOUND
    assert refused(plan_to_latest(rotten)).reason is RefusalReason.NOT_READY
    assert refused(plan_to_latest(facts(pinned_service(), revisions=()))).reason is RefusalReason.UNREADABLE


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
    refusal = refused(plan_undo(facts()))
    assert refusal.reason is RefusalReason.NOTHING_TO_UNDO
    assert "orders-api" in refusal.sentence


def test_undo_never_overwrites_somebody_elses_change() -> None:
    moved = refused(plan_undo(facts(pinned_service(generation=44), [release()])))
    assert moved.reason is RefusalReason.CHANGED
    assert "was changed by ci@shop.example at 2026-05-04 10:00 UTC" in moved.sentence
    unnamed = refused(plan_undo(facts(pinned_service(generation=44, updated_by="", updated_at=None), [release()])))
    assert "was changed, after the rollback of ops@shop.example" in unnamed.sentence


def test_undo_is_refused_when_what_served_is_gone_or_broken() -> None:
    after = pinned_service(generation=43)
    gone = facts(after, [release()], revisions=revisions("00041", "00040"))
    broken = facts(after, [release()], revisions=(revision("00042", ready=False), revision("00041")))
    assert refused(plan_undo(gone)).reason is RefusalReason.NOT_FOUND
    assert refused(plan_undo(broken)).reason is RefusalReason.NOT_READY
    assert refused(plan_undo(facts(after, [release()], revisions=()))).reason is RefusalReason.UNREADABLE


def test_a_tag_on_latest_does_not_hinder_an_undo() -> None:
    tagged = release(plan(undo=(target("00042", 100), Target(LATEST, 0, "next"))))
    assert planned(plan_undo(facts(pinned_service(generation=43), [tagged]))).after == tagged.plan.undo


def test_failed_targets_are_marked_and_later_success_clears_the_mark() -> None:
    failed = release(plan(bad="", target=full("00042")), state=ReleaseState.FAILED)
    restored = release(plan(bad="", target=full("00042")), state=ReleaseState.ROLLED_BACK)
    unwritten = release(plan(bad="", target=full("00042")), state=ReleaseState.FAILED, generation_after=0)
    superseded = release(plan(bad=full("00042")), state=ReleaseState.SUPERSEDED)
    wanted = release(plan(kind=ReleaseKind.TO_LATEST, bad="", target=full("00042")))
    for history, must_name in (
        ([failed], full("00042")),
        ([restored], full("00042")),
        ([unwritten], ""),
        ([superseded], ""),
        ([wanted, failed], ""),
        ([failed, wanted], full("00042")),
    ):
        assert planned(plan_to_latest(facts(pinned_service(), history))).must_name == must_name
