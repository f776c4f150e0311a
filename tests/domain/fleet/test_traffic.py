"""Properties of splits and plans that must hold whatever a service looks like."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cfconsole.domain.fleet.services import Service
from cfconsole.domain.fleet.traffic import (
    LATEST,
    Share,
    Target,
    all_to,
    effective_as_targets,
    follows_latest,
    scaled_to_100,
)
from cfconsole.domain.releases.model import Plan, Refusal, RefusalReason
from cfconsole.domain.releases.planning.traffic_plans import PlanFacts, plan_rollback, plan_to_latest, plan_undo
from tests.builders import facts, full, release, revisions, service

SHORTS = ("00044", "00043", "00042", "00041", "00040")
NAMES = tuple(full(short) for short in SHORTS)
TAGS = ("canary", "green", "next", "old")

splits = st.dictionaries(st.sampled_from(NAMES), st.integers(1, 100), min_size=1).map(scaled_to_100)
tagged = st.dictionaries(st.sampled_from(TAGS), st.sampled_from((LATEST, *NAMES)))


@st.composite
def services(draw: st.DrawFn) -> Service:
    """A settled service: what serves is what was asked for, with LATEST resolved."""
    split = {name: percent for name, percent in draw(splits).items() if percent}
    tags = tuple(Target(name, 0, tag) for tag, name in draw(tagged).items())
    by_latest = draw(st.booleans()) and NAMES[0] in split
    lines = tuple(Target(LATEST if by_latest and n == NAMES[0] else n, percent) for n, percent in split.items())
    effective = tuple(Share(name, percent, latest=by_latest and name == NAMES[0]) for name, percent in split.items())
    zeros = tuple(Share(line.revision or NAMES[0], 0, line.tag) for line in tags)
    return service(
        desired=(*lines, *tags), effective=(*effective, *zeros), latest_created=NAMES[0], latest_ready=NAMES[0]
    )


def known(of: Service) -> PlanFacts:
    return facts(of, revisions=revisions(*SHORTS))


def served(lines: Iterable[Target | Share], latest: str = "") -> dict[str, int]:
    """Percent by revision, LATEST resolved."""
    percents: dict[str, int] = {}
    for line in lines:
        if line.percent:
            name = line.revision or latest
            percents[name] = percents.get(name, 0) + line.percent
    return percents


def tags(lines: Iterable[Target]) -> set[tuple[str, str]]:
    return {(line.tag, line.revision) for line in lines if line.tag}


def plans(of: Service) -> list[Plan]:
    made = (plan_rollback(known(of)), plan_to_latest(known(of)))
    return [plan for plan in made if isinstance(plan, Plan)]


@given(st.dictionaries(st.text(), st.integers(1, 10_000), min_size=1))
def test_scaled_weights_sum_to_100_and_keep_their_names(weights: dict[str, int]) -> None:
    percents = scaled_to_100(weights)
    assert sum(percents.values()) == 100
    assert list(percents) == list(weights)
    total = sum(weights.values())
    assert all(abs(percents[name] - 100 * weights[name] / total) < 1 for name in weights)


@given(services())
def test_every_split_a_plan_writes_sums_to_100(of: Service) -> None:
    for plan in plans(of):
        assert sum(line.percent for line in plan.after) == 100
        assert sum(line.percent for line in plan.undo) == 100


@given(services())
def test_tags_survive_every_plan_on_lines_of_their_own(of: Service) -> None:
    for plan in plans(of):
        assert tags(plan.after) == tags(plan.undo) == tags(of.desired)
        assert all(line.percent == 0 for line in (*plan.after, *plan.undo) if line.tag)


@given(services())
def test_the_undo_is_the_effective_split_by_name(of: Service) -> None:
    for plan in plans(of):
        assert served(plan.undo) == served(of.effective)
        assert all(line.revision != LATEST for line in plan.undo if line.percent)


@given(services())
def test_a_rollback_serves_its_target_alone_and_never_the_bad_revision(of: Service) -> None:
    plan = plan_rollback(known(of))
    if isinstance(plan, Plan):
        assert served(plan.after) == {plan.target: 100}
        assert plan.target != plan.bad
        assert plan.bad in served(of.effective)


@given(services())
def test_undoing_a_rollback_restores_what_served_before(of: Service) -> None:
    plan = plan_rollback(known(of))
    if isinstance(plan, Plan):
        effective = tuple(Share(name, percent) for name, percent in served(plan.after).items())
        after = replace(of, desired=plan.after, effective=effective, generation=43)
        undo = plan_undo(replace(known(after), history=(release(plan),)))
        assert isinstance(undo, Plan)
        assert served(undo.after) == served(of.effective)
        assert tags(undo.after) == tags(of.desired)


@given(services())
def test_a_rollback_planned_again_after_it_was_done_changes_nothing(of: Service) -> None:
    plan = plan_rollback(known(of))
    if isinstance(plan, Plan):
        after = replace(of, desired=plan.after, effective=(Share(plan.target, 100),), generation=43)
        for again in (
            plan_rollback(known(after), bad=plan.bad),
            plan_rollback(replace(known(after), history=(release(plan),))),
        ):
            assert isinstance(again, Refusal)
            assert again.reason is RefusalReason.ALREADY_DONE


def test_shares_of_one_revision_are_put_back_as_one_line() -> None:
    effective = (Share("a", 40), Share("b", 20), Share("a", 20, "canary"))
    assert effective_as_targets(effective, ()) == (Target("a", 75), Target("b", 25))


def test_what_follows_latest() -> None:
    assert follows_latest(())
    assert follows_latest((Target("a", 50), Target(LATEST, 50)))
    assert not follows_latest((Target("a", 100), Target(LATEST, 0, "next")))
    assert all_to("a", ()) == (Target("a", 100),)
