"""Plans of functions from source: what is approved, what the build may touch, and what brings the result in."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from cfconsole.domain.fleet.services import Service, ServiceKind
from cfconsole.domain.fleet.traffic import CANDIDATE, LATEST, Target
from cfconsole.domain.releases.model import Difference, Plan, Refusal, RefusalReason
from cfconsole.domain.releases.planning.deploy_options import DeployOptions
from cfconsole.domain.releases.planning.facts import PlanFacts
from cfconsole.domain.releases.planning.from_source import (
    facts_of_new_function,
    plan_creation,
    plan_source,
    with_upload,
)
from cfconsole.domain.releases.planning.plan_text import plan_headline
from cfconsole.domain.releases.steps import Policy, ProbePolicy, StepKind, Strategy
from cfconsole.domain.source.function_builds import SourceBuild, UploadedSource
from cfconsole.domain.source.packages import PackedSource, format_bytes
from tests.builders import ORDERS, function, pinned_service, revisions, service, target

SOURCE = PackedSource(b"x" * 2048, "/srv/orders", 1, 5000, "5e" * 32, warnings=("a .env is uploaded",))
OPTIONS = DeployOptions(
    strategy=Strategy.CANARY, steps=(5, 100), bake_s=60, policy=Policy(probe=ProbePolicy(min_ready_s=0, pause_s=0))
)
NEW = facts_of_new_function(ORDERS)
FUNCTION = service(kind=ServiceKind.FUNCTION, function=function())
PINNED = pinned_service("00042", kind=ServiceKind.FUNCTION, function=function())


def planned(of: Service = FUNCTION, **changes: Any) -> Plan:
    plan = plan_source(PlanFacts(of, revisions()), replace(OPTIONS, **changes), SOURCE)
    assert isinstance(plan, Plan), plan
    return plan


def test_a_function_is_built_with_the_split_pinned_and_then_shifted() -> None:
    plan = planned(env=(("LEVEL", "debug"), ("OLD", None)), limits=(("memory", "1Gi"),))

    assert [(step.kind, step.label, step.targets) for step in plan.steps] == [
        (StepKind.SHIFT, "pin the split", (target("00042", 100),)),
        (StepKind.BUILD, "build without traffic", (target("00042", 100),)),
        (StepKind.SHIFT, "canary 5 %", (Target(CANDIDATE, 5), target("00042", 95))),
        (StepKind.PROMOTE, "canary 100 %", (Target(LATEST, 100),)),
    ]
    assert plan.after == (Target(LATEST, 100),)
    assert plan.undo == (target("00042", 100),)
    assert plan.why == "built from /srv/orders, 1 file, 2.0 KiB zipped, sha256 5e5e5e5e5e5e"
    assert plan.build == SourceBuild("orders-fn", SOURCE.summary)
    assert {difference.what for difference in plan.differences} >= {"env LEVEL", "limit memory"}
    assert plan.warnings == (
        "a .env is uploaded",
        "a failed build restores latest; an aborted one leaves the split pinned",
        "Cloud Functions can't stop a running build; after an abort its revision gets no traffic",
    )


def test_a_split_by_name_is_left_as_it_is() -> None:
    plan = planned(PINNED)

    assert [step.label for step in plan.steps] == ["build without traffic", "canary 5 %", "canary 100 %"]
    assert plan.steps[0].targets == PINNED.desired
    assert plan.after == (Target(CANDIDATE, 100),)
    assert not any("latest" in warning for warning in plan.warnings)


def test_where_nothing_serves_the_build_serves_at_once() -> None:
    plan = planned(replace(FUNCTION, effective=()))

    assert [(step.kind, step.targets) for step in plan.steps] == [(StepKind.BUILD, (Target(LATEST, 100),))]
    assert (
        "nothing serves now, so it serves as soon as it is built and there is nothing to roll back to" in plan.warnings
    )


def test_a_function_whose_revisions_are_not_read_tells_what_it_gets() -> None:
    plan = plan_source(PlanFacts(FUNCTION, ()), replace(OPTIONS, limits=(("cpu", "2"),)), SOURCE)

    assert isinstance(plan, Plan)
    assert plan.differences == (Difference("limit cpu", "-", "2"),)


def test_a_function_that_is_not_there_is_made_and_serves() -> None:
    options = replace(OPTIONS, env=(("LEVEL", "debug"), ("OLD", None)), limits=(("memory", "1Gi"),))
    plan = plan_creation(NEW, options, SOURCE, "python312", "handle")

    assert isinstance(plan, Plan)
    assert (plan.before, plan.after, plan.undo, plan.target) == ((), (Target(LATEST, 100),), (), CANDIDATE)
    assert plan.build == SourceBuild("orders-api", SOURCE.summary, None, "python312", "handle", create=True)
    assert plan.differences == (Difference("env LEVEL", "-", "set"), Difference("limit memory", "-", "1Gi"))
    assert plan.warnings[0] == "a .env is uploaded"

    refused = plan_creation(NEW, replace(OPTIONS, image="x"), SOURCE, "python312", "handle")
    assert isinstance(refused, Refusal)


def test_the_headline_says_that_it_is_built() -> None:
    made = plan_creation(NEW, OPTIONS, SOURCE, "python312", "handle")

    assert isinstance(made, Plan)
    assert plan_headline(made) == "create function shop-prod/us-central1/orders-api from source"
    assert plan_headline(planned()) == "build shop-prod/us-central1/orders-api from source, canary"


def test_where_the_source_was_put_is_added_once_it_is_there() -> None:
    put = UploadedSource("bucket", "object.zip", 7)

    uploaded = with_upload(planned(), put)

    assert uploaded.build is not None
    assert uploaded == replace(planned(), build=uploaded.build)
    assert uploaded.build.source == put


@pytest.mark.parametrize(
    ("of", "options", "reason", "sentence"),
    [
        (service(), OPTIONS, RefusalReason.INVALID, "orders-api is a service, not a function of Cloud Functions"),
        (
            replace(FUNCTION, function=function(state="DEPLOYING")),
            OPTIONS,
            RefusalReason.BUSY,
            "function orders-fn is being deployed by ci@shop.example; wait until that ends",
        ),
        (FUNCTION, replace(OPTIONS, steps=(50, 5)), RefusalReason.INVALID, "canary steps must rise and end at 100"),
        (FUNCTION, replace(OPTIONS, image="x"), RefusalReason.INVALID, "a function runs the image built for it"),
        (FUNCTION, replace(OPTIONS, container="x"), RefusalReason.INVALID, "a function runs the image built"),
        (FUNCTION, replace(OPTIONS, env=(("1", "2"),)), RefusalReason.INVALID, "'1' is not a variable name"),
        (
            FUNCTION,
            replace(OPTIONS, env=(("FUNCTION_TARGET", "x"),)),
            RefusalReason.INVALID,
            "FUNCTION_TARGET is set by Cloud Functions itself",
        ),
        (
            FUNCTION,
            replace(OPTIONS, limits=(("memory", "500m"),)),
            RefusalReason.INVALID,
            "'500m' is not a valid function memory; write it like 512Mi",
        ),
    ],
)
def test_what_can_not_be_is_refused(of: Service, options: DeployOptions, reason: RefusalReason, sentence: str) -> None:
    refused = plan_source(PlanFacts(of, revisions()), options, SOURCE)

    assert isinstance(refused, Refusal)
    assert refused.reason is reason
    assert refused.sentence.startswith(sentence)


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (97 * 1024 * 1024, "97.0 MiB")]
)
def test_sizes_are_shown_in_the_unit_that_fits(count: int, shown: str) -> None:
    assert format_bytes(count) == shown


def test_a_source_says_how_many_files_it_has() -> None:
    assert replace(SOURCE, files=1234).summary.startswith("/srv/orders, 1,234 files, ")
