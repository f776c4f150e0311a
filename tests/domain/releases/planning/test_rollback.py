"""A rollback names the bad revision first, then its target, and says why; or refuses and says why not."""

from __future__ import annotations

from datetime import timedelta

from cfconsole.domain.fleet.services import Condition, EnvVar
from cfconsole.domain.fleet.traffic import LATEST, Target
from cfconsole.domain.health.alerts import Suspect
from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Plan, Refusal, RefusalReason, ReleaseState
from cfconsole.domain.releases.planning.traffic_plans import PlanFacts, plan_rollback
from tests.builders import (
    NOW,
    facts,
    full,
    function,
    metrics,
    numbers,
    pinned_service,
    plan,
    release,
    revision,
    revisions,
    service,
    share,
    target,
)

FAILED_DEPLOY = Condition("failed", "HealthCheckContainerError", "the container did not listen on port 8080")


def planned(of: PlanFacts, *, bad: str = "", target: str = "") -> Plan:
    result = plan_rollback(of, bad=bad, target=target)
    assert isinstance(result, Plan), result
    return result


def refused(of: PlanFacts, *, bad: str = "", target: str = "") -> Refusal:
    result = plan_rollback(of, bad=bad, target=target)
    assert isinstance(result, Refusal), result
    return result


def test_the_newest_serving_revision_yields_to_the_one_before() -> None:
    result = planned(facts())
    assert result.kind is ReleaseKind.ROLLBACK
    assert (result.bad, result.target) == (full("00042"), full("00041"))
    assert result.after == (target("00041", 100),)
    assert result.undo == (target("00042", 100),), "LATEST is resolved: it may mean another revision later"
    assert result.desired_before == (Target(LATEST, 100),)
    assert (result.generation, result.etag) == (42, '"etag-42"')
    assert "newest earlier Ready" in result.why
    assert "image" in {difference.what for difference in result.differences}


def test_tags_survive_on_lines_of_their_own() -> None:
    desired = (target("00042", 90, "stable"), target("00041", 10), target("00040", 0, "old"), Target(LATEST, 0, "next"))
    effective = (share("00042", 90, "stable"), share("00041", 10), share("00040", 0, "old"))
    result = planned(facts(service(desired=desired, effective=effective)))
    tags = (target("00042", 0, "stable"), target("00040", 0, "old"), Target(LATEST, 0, "next"))
    assert result.after == (target("00041", 100), *tags)
    assert result.undo == (target("00042", 90), target("00041", 10), *tags)


def test_in_a_split_the_other_serving_revision_is_the_target() -> None:
    split = service(effective=(share("00042", 10), share("00040", 90)), desired=(target("00042", 10),))
    result = planned(facts(split))
    assert (result.bad, result.target) == (full("00042"), full("00040"))
    assert "serves beside it" in result.why


def test_a_suspect_is_the_bad_revision() -> None:
    split = service(effective=(share("00042", 50), share("00041", 50)))
    result = planned(facts(split, suspect=Suspect(full("00041"), "5xx 0.1 % → 12.4 %")))
    assert (result.bad, result.target) == (full("00041"), full("00042"))


def test_a_suspect_that_is_the_named_target_or_serves_nothing_gives_way_to_the_name() -> None:
    suspect = Suspect(full("00041"), "")
    assert planned(facts(suspect=suspect), target=full("00041")).bad == full("00042")
    assert planned(facts(suspect=suspect), target=full("00040")).bad == full("00042")


def test_a_suspect_that_serves_nothing_any_more_was_rolled_back_already() -> None:
    refusal = refused(facts(pinned_service(), suspect=Suspect(full("00042"), "")))
    assert refusal.reason is RefusalReason.ALREADY_DONE
    assert "00042 no longer serves; last changed by ci@shop.example at 2026-05-04 10:00 UTC" in refusal.sentence
    assert refusal.candidates == (full("00041"),)


def test_what_served_immediately_before_is_taken_from_the_journal() -> None:
    deployed = release(
        plan(bad="", target=full("00042"), before=(share("00040", 80), share("00041", 20)), kind=ReleaseKind.TO_LATEST)
    )
    result = planned(facts(history=[deployed]))
    assert result.target == full("00040")
    assert "(journal)" in result.why


def test_a_release_that_did_not_move_traffic_to_the_bad_one_tells_nothing() -> None:
    unmoved = release(plan(bad="", target=full("00042"), before=(share("00042", 50), share("00040", 50))))
    aborted = release(plan(bad="", target=full("00042"), before=(share("00040", 100),)), state=ReleaseState.ABORTED)
    assert planned(facts(history=[unmoved, aborted])).target == full("00041")


def test_an_older_revision_that_had_requests_is_preferred() -> None:
    used = metrics(revisions={"00041": numbers(0, 0), "00040": numbers(500)})
    result = planned(facts(metrics=used))
    assert result.target == full("00040")
    assert "recent traffic" in result.why


def test_a_revision_that_is_not_ready_is_passed_over() -> None:
    rotten = (revision("00042"), revision("00041", ready=False), revision("00040"))
    assert planned(facts(revisions=rotten)).target == full("00040")


def test_a_revision_a_release_marked_bad_is_never_a_target_by_itself() -> None:
    marked = [release(plan(bad=full("00041"), target=full("00040")), generation_after=12)]
    assert planned(facts(history=marked)).target == full("00040")


def test_naming_a_marked_revision_is_possible_but_it_must_be_typed() -> None:
    marked = [release(plan(bad=full("00041"), target=full("00040")), generation_after=12)]
    result = planned(facts(history=marked), target=full("00041"))
    assert result.must_name == full("00041")
    assert result.why == "00041 was chosen by hand"
    assert planned(facts(), target=full("00041")).must_name == ""


def test_with_nothing_but_marked_revisions_left_it_asks_for_a_name() -> None:
    marked = [release(plan(bad=full("00041"), target=full("00042")), generation_after=12)]
    refusal = refused(facts(history=marked, revisions=revisions("00042", "00041")))
    assert refusal.reason is RefusalReason.NO_TARGET
    assert "00041 failed or was rolled back; name it to use it anyway" in refusal.sentence
    assert refusal.candidates == (full("00041"),)


def test_only_newer_ready_revisions_are_not_gone_to_by_itself() -> None:
    refusal = refused(facts(pinned_service("00040")))
    assert refusal.reason is RefusalReason.NO_TARGET
    assert "no Ready revision is older than 00040" in refusal.sentence
    assert refusal.candidates == (full("00042"), full("00041"))


def test_a_service_of_one_revision_has_nowhere_to_go() -> None:
    refusal = refused(facts(revisions=revisions("00042")))
    assert refusal.reason is RefusalReason.NO_TARGET
    assert "no other revision of orders-api is Ready" in refusal.sentence


def test_a_named_bad_revision_that_serves_nothing_is_done_and_says_by_whom() -> None:
    refusal = refused(facts(pinned_service(generation=50), [release()]), bad=full("00042"))
    assert refusal.reason is RefusalReason.ALREADY_DONE
    assert refusal.sentence == (
        "00042 was already rolled back by ops@shop.example at 2026-05-04 11:59 UTC; now serving: 00041"
    )


def test_a_bad_revision_out_of_traffic_without_a_known_cause() -> None:
    refusal = refused(facts(pinned_service(updated_by="")), bad=full("00042"))
    assert refusal.sentence == "00042 no longer serves; now serving: 00041"


def test_pressing_twice_never_walks_back_two_steps() -> None:
    refusal = refused(facts(pinned_service(generation=43), [release(state=ReleaseState.VERIFYING), release()]))
    assert refusal.reason is RefusalReason.ALREADY_DONE
    assert "ops@shop.example" in refusal.sentence


def test_a_second_step_back_is_possible_by_name() -> None:
    done = facts(pinned_service(generation=43), [release()])
    assert planned(done, bad=full("00041")).target == full("00040")
    assert planned(done, target=full("00040")).bad == full("00041")


def test_after_a_later_change_the_rollback_no_longer_stands_in_the_way() -> None:
    assert planned(facts(service(generation=44), [release()])).bad == full("00042")
    undone = release(plan(kind=ReleaseKind.UNDO, bad="", target=full("00042")), generation_after=42)
    assert planned(facts(history=[undone, release()])).bad == full("00042")


def test_a_hanging_deploy_is_pinned_away_from() -> None:
    hanging = service(
        reconciling=True,
        effective=(share("00041", 100, latest=True),),
        latest_ready=full("00041"),
    )
    result = planned(facts(hanging), bad=full("00042"))
    assert result.target == full("00041")
    assert "another change of this service is in progress" in result.warnings[0]


def test_a_bad_revision_that_is_asked_for_but_does_not_serve_yet_still_counts() -> None:
    moving = service(desired=(target("00042", 100),), effective=(share("00041", 100),))
    assert planned(facts(moving), bad=full("00042")).target == full("00041")


def test_unknown_and_unready_names_are_refused_with_candidates() -> None:
    rotten = (*revisions("00042", "00041"), revision("00040", ready=False, condition=FAILED_DEPLOY))
    unknown_bad = refused(facts(), bad="orders-api-00099")
    unknown_target = refused(facts(), target="orders-api-00099")
    assert unknown_bad.reason is unknown_target.reason is RefusalReason.NOT_FOUND
    assert unknown_bad.candidates == (full("00042"), full("00041"), full("00040"))
    unready = refused(facts(revisions=rotten), target=full("00040"))
    assert unready.reason is RefusalReason.NOT_READY
    assert "did not listen on port 8080" in unready.sentence
    assert unready.candidates == (full("00042"), full("00041"))


def test_an_unready_revision_without_a_reason() -> None:
    rotten = (revision("00042"), revision("00040", ready=False, condition=Condition()))
    assert refused(facts(revisions=rotten), target=full("00040")).sentence.endswith("can't take traffic")


def test_a_revision_can_not_be_rolled_back_to_itself() -> None:
    refusal = refused(facts(), bad=full("00042"), target=full("00042"))
    assert refusal.reason is RefusalReason.AMBIGUOUS
    assert refusal.candidates == (full("00041"), full("00040"))


def test_the_only_serving_revision_as_target_is_done_already() -> None:
    refusal = refused(facts(), target=full("00042"))
    assert refusal.reason is RefusalReason.ALREADY_DONE
    assert refusal.sentence == "00042 already serves all traffic of orders-api"


def test_without_revisions_or_traffic_there_is_no_plan() -> None:
    assert refused(facts(revisions=())).reason is RefusalReason.UNREADABLE
    assert "no revision of orders-api serves" in refused(facts(service(effective=()))).sentence


def test_a_serving_revision_that_was_not_listed_yet_counts_as_newest() -> None:
    result = planned(facts(service(effective=(share("00041", 50), share("00043", 50)))))
    assert (result.bad, result.target) == (full("00043"), full("00041"))
    assert result.differences == ()


def test_it_warns_of_a_newer_revision_that_serves_nothing() -> None:
    idle = planned(facts(pinned_service("00041"))).warnings
    assert any("00042 is newer, serves nothing and may have been rolled back already" in line for line in idle)
    rotten = (revision("00042", ready=False), *revisions("00041", "00040"))
    failed = planned(facts(pinned_service("00041"), revisions=rotten)).warnings
    assert any("00042 is newer, serves nothing and is not Ready" in line for line in failed)


def test_it_warns_of_fewer_instances() -> None:
    small = (revision("00042"), revision("00041", max_instances=2))
    assert "00041 may run at most 2 instances; 3 run now" in planned(facts(revisions=small, metrics=metrics())).warnings
    assert "00041 may run at most 2 instances; 00042 may run 100" in planned(facts(revisions=small)).warnings
    for as_many in (2, 3):
        same = (revision("00042", max_instances=as_many), revision("00041", max_instances=as_many))
        given = facts(revisions=same, metrics=metrics() if as_many == 3 else None)
        assert not [line for line in planned(given).warnings if "instances;" in line]
    endless = (revision("00042", max_instances=None), revision("00041", max_instances=None))
    assert not [line for line in planned(facts(revisions=endless)).warnings if "instances;" in line]


def test_it_warns_of_cold_starts_retirement_and_moving_secrets() -> None:
    plain = EnvVar("BASE_IMAGE", "shop:latest")
    secret, fixed = EnvVar("DB_PASSWORD", "secret db:latest"), EnvVar("API_KEY", "secret api:3")
    old = revision("00041", min_instances=0, retired=True, env=(secret, fixed, plain))
    warnings = planned(facts(revisions=(revision("00042"), old))).warnings
    assert "00041 has no warm instances: its first requests wait for a cold start" in warnings
    assert "00041 is retired; if its image is gone, it can't start" in warnings
    assert "secrets at :latest are not rolled back: DB_PASSWORD" in warnings


def test_it_says_what_the_next_deploy_will_do() -> None:
    taking = planned(facts(service(function=function()))).warnings
    holding = planned(facts(service(function=function(all_traffic_on_latest=False)))).warnings
    assert "the next deploy of function orders-fn takes all traffic again" in taking
    assert "the next deploy of function orders-fn gets no traffic until traffic is moved to it" in holding
    assert any(line.startswith("pinned: the next deploy gets no traffic") for line in planned(facts()).warnings)


def test_order_by_age_does_not_depend_on_the_order_of_the_list() -> None:
    shuffled = (revision("00040"), revision("00042"), revision("00041", created_at=NOW - timedelta(hours=3)))
    assert planned(facts(revisions=shuffled)).target == full("00041")


def test_a_plan_says_whether_its_target_was_named() -> None:
    chosen, named = plan_rollback(facts()), plan_rollback(facts(), target=full("00041"))
    assert isinstance(chosen, Plan)
    assert isinstance(named, Plan)
    assert "named" not in chosen.why
    assert named.why == "00041 was chosen by hand"


def test_a_newest_revision_that_a_pinned_service_is_making_serves_nothing() -> None:
    making = facts(pinned_service("00041", reconciling=True))
    assert refused(making, bad=full("00042")).reason is RefusalReason.ALREADY_DONE
    coming = service(effective=(share("00041", 100),), reconciling=True)
    assert planned(facts(coming), bad=full("00042")).bad == full("00042"), "it serves as soon as it is Ready"
