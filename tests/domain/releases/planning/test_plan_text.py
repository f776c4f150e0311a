"""How a plan reads, and what it tells of the difference between two revisions."""

from __future__ import annotations

import pytest

from cfconsole.domain.fleet.services import EnvVar
from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Difference, Plan
from cfconsole.domain.releases.planning.plan_text import plan_headline, plan_sentences
from cfconsole.domain.releases.planning.revision_diff import differences, short_image
from tests.builders import full, plan, revision


def test_a_plan_says_everything_in_plain_sentences() -> None:
    full_plan = plan(
        differences=(Difference("env CURRENCY", "set", "-"),), warnings=("a cold start",), must_name=full("00041")
    )
    assert plan_sentences(full_plan) == (
        "roll back shop-prod/us-central1/orders-api from 00042 to 00041",
        "before: 00042 100 %",
        "after: 00041 100 %",
        "undo: 00042 100 %",
        "why: 00041 is the newest earlier Ready revision",
        "changes: env CURRENCY set → -",
        "warning: a cold start",
        "warning: 00041 failed or was rolled back before; type orders-api-00041 to serve it anyway",
    )
    assert len(plan_sentences(plan(why=""))) == 4


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (
            plan(kind=ReleaseKind.TO_LATEST, bad="", target=full("00042")),
            "send all traffic of shop-prod/us-central1/orders-api to the latest Ready revision, now 00042",
        ),
        (
            plan(kind=ReleaseKind.UNDO, bad="", target=full("00042")),
            "undo the last change of shop-prod/us-central1/orders-api, back to 00042",
        ),
    ],
)
def test_each_kind_has_its_headline(made: Plan, sentence: str) -> None:
    assert plan_headline(made) == sentence


def test_equal_revisions_differ_in_nothing() -> None:
    assert differences(revision(), revision(created_by="somebody else")) == ()


def test_every_difference_is_named() -> None:
    before = revision("00042", env=(EnvVar("GONE", "***", "1"), EnvVar("SAME", "eur"), EnvVar("TURNED", "***", "2")))
    after = revision(
        "00041",
        env=(EnvVar("NEW", "***", "3"), EnvVar("SAME", "eur"), EnvVar("TURNED", "***", "4")),
        limits=(("cpu", "2"), ("nvidia.com/gpu", "1")),
        service_account="",
        concurrency=None,
        timeout_s=60.5,
        min_instances=0,
        max_instances=5,
    )
    assert differences(before, after) == (
        Difference("image", "orders@000420004200", "orders@000410004100"),
        Difference("limit cpu", "1", "2"),
        Difference("limit memory", "512Mi", "-"),
        Difference("limit nvidia.com/gpu", "-", "1"),
        Difference("service account", "orders@shop.example", "-"),
        Difference("concurrency", "80", "-"),
        Difference("timeout", "300 s", "60.5 s"),
        Difference("min instances", "1", "0"),
        Difference("max instances", "100", "5"),
        Difference("env GONE", "set", "-"),
        Difference("env NEW", "-", "set"),
        Difference("env TURNED", "set", "changed"),
    )


def test_values_of_variables_are_never_told() -> None:
    told = differences(revision(env=(EnvVar("A", "open"),)), revision(env=(EnvVar("A", "sesame"),)))
    assert "sesame" not in str(told)
    assert "open" not in str(told)


def test_images_are_shortened_to_what_tells_them_apart() -> None:
    assert short_image("gcr.io/shop/api:v1") == "api:v1"
    assert short_image("") == "-"
    assert differences(revision(timeout_s=None), revision(timeout_s=1)) == (Difference("timeout", "-", "1 s"),)
