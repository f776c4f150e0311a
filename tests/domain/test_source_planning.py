"""Plans of functions from source: what is approved, what the build may touch, and what brings the result in."""

from __future__ import annotations

from typing import Any

import pytest

from cfconsole.domain.deploy_wish import DeployWish
from cfconsole.domain.plan_facts import PlanFacts
from cfconsole.domain.recovery import resume_choice
from cfconsole.domain.release_steps import Policy, ProbePolicy, StepKind, Strategy
from cfconsole.domain.releases import Plan, Refusal, RefusalReason, ReleaseState
from cfconsole.domain.rollout_values import Observation
from cfconsole.domain.services import Service, ServiceKind
from cfconsole.domain.source_planning import approved_steps, build_plan, plan_built, plan_creation, plan_source
from cfconsole.domain.sources import PackedSource, show_bytes
from cfconsole.domain.traffic import CANDIDATE, LATEST, Target
from tests.builders import NOW, ORDERS, full, function, pinned_service, release, revision, revisions, service, target
from tests.domain.rollouts import Cloud

SOURCE = PackedSource(b"x" * 2048, "/srv/orders", 1, 5000, "5e" * 32, warnings=("a .env is uploaded",))
WISH = DeployWish(
    strategy=Strategy.CANARY, steps=(5, 100), bake_s=60, policy=Policy(probe=ProbePolicy(min_ready_s=0, pause_s=0))
)
MADE = full("00043")
FUNCTION = service(kind=ServiceKind.FUNCTION, function=function())
PINNED = pinned_service("00042", kind=ServiceKind.FUNCTION, function=function())


def planned(of: Service = FUNCTION, **changes: Any) -> Plan:
    plan = plan_source(PlanFacts(of, revisions()), WISH._replace(**changes), SOURCE)
    assert isinstance(plan, Plan), plan
    return plan


def after_build(of: Service = FUNCTION, split: tuple[Target, ...] = (target("00042", 100),)) -> PlanFacts:
    """The service once the new revision is there, and the split pinned for it."""
    changed = of._replace(
        generation=45,
        desired=split,
        effective=pinned_service("00042").effective,
        latest_created=MADE,
        latest_ready=MADE,
    )
    return PlanFacts(changed, (revision("00043"), *revisions()))


def test_a_function_is_built_first_with_the_split_pinned_and_then_shifted() -> None:
    plan = planned()

    assert [(step.kind, step.label, step.targets) for step in plan.steps] == [
        (StepKind.CREATE, "build without traffic", (target("00042", 100),)),
        (StepKind.SHIFT, "canary 5 %", (Target(CANDIDATE, 5), target("00042", 95))),
        (StepKind.PROMOTE, "canary 100 %", (Target(LATEST, 100),)),
    ]
    assert plan.after == (Target(LATEST, 100),)
    assert plan.undo == (target("00042", 100),)
    assert plan.why == "built from /srv/orders, 1 file, 2.0 KiB zipped, sha256 5e5e5e5e5e5e"
    assert plan.warnings == (
        "a .env is uploaded",
        "while it is built the split is pinned to 00042 100 %; a build that fails puts latest back",
        "if this command dies during the build, the split stays pinned and the new revision gets no traffic",
    )


def test_the_build_writes_the_pinned_split_and_nothing_else() -> None:
    plan = planned()

    alone = build_plan(plan)

    assert (alone.steps, alone.after, alone.undo) == ((), (target("00042", 100),), plan.undo)


def test_a_split_by_name_is_left_as_it_is() -> None:
    plan = planned(PINNED)

    assert plan.steps[0].targets == PINNED.desired
    assert plan.after == (Target(CANDIDATE, 100),)
    assert not any("pinned to" in warning for warning in plan.warnings)


def test_where_nothing_serves_the_build_serves_at_once() -> None:
    plan = planned(FUNCTION._replace(effective=()))

    assert [step.targets for step in plan.steps] == [(Target(LATEST, 100),)]
    assert (
        "nothing serves now, so it serves as soon as it is built, and there is nothing to go back to" in plan.warnings
    )


def test_a_function_that_is_not_there_is_made_and_serves() -> None:
    plan = plan_creation(ORDERS, SOURCE)

    assert (plan.before, plan.after, plan.undo, plan.target) == ((), (Target(LATEST, 100),), (), CANDIDATE)
    assert plan.warnings[0] == "a .env is uploaded"


@pytest.mark.parametrize(
    ("of", "wish", "reason", "sentence"),
    [
        (service(), WISH, RefusalReason.INVALID, "orders-api is a service and no function of Cloud Functions"),
        (
            FUNCTION._replace(function=function(state="DEPLOYING")),
            WISH,
            RefusalReason.BUSY,
            "function orders-fn is being deployed by ci@shop.example; wait until that is done",
        ),
        (FUNCTION, WISH._replace(steps=(50, 5)), RefusalReason.INVALID, "the steps of a canary rise and end at 100"),
    ],
)
def test_what_can_not_be_is_refused(of: Service, wish: DeployWish, reason: RefusalReason, sentence: str) -> None:
    refused = plan_source(PlanFacts(of, revisions()), wish, SOURCE)

    assert isinstance(refused, Refusal)
    assert refused.reason is reason
    assert refused.sentence.startswith(sentence)


@pytest.mark.parametrize("strategy", list(Strategy))
def test_what_was_built_is_brought_in_by_just_the_steps_that_were_approved(strategy: Strategy) -> None:
    approved = planned(strategy=strategy)

    plan = plan_built(after_build(), approved, MADE, WISH._replace(strategy=strategy))

    assert isinstance(plan, Plan), plan
    assert plan.steps == approved_steps(approved, MADE)
    assert plan.steps[-1].targets[0] == Target(LATEST, 100)
    assert plan.desired_before == (target("00042", 100),)


def test_a_release_that_was_pinned_for_the_build_ends_on_latest() -> None:
    facts = after_build()
    cloud = Cloud(facts.service)
    cloud.revisions = facts.revisions
    plan = plan_built(facts, planned(), MADE, WISH)
    assert isinstance(plan, Plan)

    end = cloud.run(plan)

    assert (end.state, "PINNED" in end.outcome) == (ReleaseState.SUCCEEDED, False)
    assert cloud.service.desired == (Target(LATEST, 100),)


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        (
            after_build(split=(target("00041", 100),)),
            "00043 was built and gets no traffic, for orders-api was changed by ci@shop.example during the build: "
            "00041 100 %; shift traffic to it if that is still wanted",
        ),
        (
            after_build(FUNCTION._replace(updated_by=""))._replace(
                service=after_build(FUNCTION._replace(updated_by="")).service._replace(latest_created=full("00044"))
            ),
            "00043 was built and gets no traffic, for 00044 was deployed during the build; "
            "shift traffic to the one that is wanted",
        ),
    ],
)
def test_a_service_that_was_changed_during_the_build_is_left_as_it_is(facts: PlanFacts, sentence: str) -> None:
    refused = plan_built(facts, planned(), MADE, WISH)

    assert isinstance(refused, Refusal)
    assert (refused.reason, refused.sentence) == (RefusalReason.CHANGED, sentence)


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (97 * 1024 * 1024, "97.0 MiB")]
)
def test_sizes_are_shown_in_the_unit_that_fits(count: int, shown: str) -> None:
    assert show_bytes(count) == shown


def test_a_source_says_how_many_files_it_has() -> None:
    assert SOURCE._replace(files=1234).summary.startswith("/srv/orders, 1,234 files, ")


def test_a_build_whose_process_died_is_looked_at_and_not_taken_up_again() -> None:
    seen = Observation(PINNED, revisions())

    ways = resume_choice(release(build_plan(planned())), seen, NOW)

    assert isinstance(ways.resume, Refusal)
    assert ways.resume == ways.abort
    assert "can't be taken up again" in ways.resume.sentence
    assert ways.leave == "traffic stays as it is: 00042 100 %"
