"""Plans that move traffic by hand between existing revisions: a split, tags, or all traffic to one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from cfconsole.domain.fleet.services import Service
from cfconsole.domain.fleet.splits import same_targets, with_tag, without_tag
from cfconsole.domain.fleet.traffic import LATEST, Target, all_to, follows_latest, scaled_to, tag_lines
from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Plan, Refusal, RefusalReason
from cfconsole.domain.releases.planning.facts import PlanFacts, bad_revisions
from cfconsole.domain.releases.planning.new_plan import invalid, known_revision, new_plan, traffic_refusal
from cfconsole.domain.releases.planning.revision_diff import differences
from cfconsole.domain.releases.planning.rollback_choice import not_ready, unknown_revision
from cfconsole.domain.releases.planning.warnings import change_in_progress, change_warnings, next_deploy_warnings

_TAG = re.compile(r"[a-z]([a-z0-9-]{0,44}[a-z0-9])?")


def plan_shift(
    facts: PlanFacts,
    shares: Sequence[tuple[str, int]] = (),
    *,
    tags: Sequence[tuple[str, str]] = (),
    untag: Sequence[str] = (),
) -> Plan | Refusal:
    """A split by hand: `shares` are revisions and their percent, `tags` are tags and their revisions.

    The remaining percent go to the other serving revisions, in their proportions. Without shares only tags change.
    Revisions may have short names.
    """
    refusal = traffic_refusal(facts)
    if refusal:
        return refusal
    named_shares = [(facts.whole_name(name), percent) for name, percent in shares]
    named_tags = [(tag, facts.whole_name(name)) for tag, name in tags]
    refusal = _share_refusal(facts, named_shares) or _tag_refusal(facts, named_tags, untag)
    if refusal:
        return refusal
    after = _with_tag_changes(_split(facts, dict(named_shares)), named_tags, untag)
    if same_targets(after, facts.service.desired):
        return Refusal(RefusalReason.ALREADY_DONE, f"{facts.service.key.name} already has this split")
    return _shift(facts, after, [name for name, percent in named_shares if percent])


def plan_promote(facts: PlanFacts, revision: str) -> Plan | Refusal:
    """Gives all traffic to one revision now; as LATEST, if the split follows LATEST and that is this revision."""
    service = facts.service
    name = facts.whole_name(revision)
    refusal = traffic_refusal(facts) or revision_refusal(facts, name)
    if refusal:
        return refusal
    targets, pinned = promoted_split(service, name, follows_latest(service.desired))
    if same_targets(targets, service.desired):
        return Refusal(RefusalReason.ALREADY_DONE, f"all traffic already goes to {facts.short(name)}")
    others = [other for other in facts.serving_names if other != name and facts.revision(other)]
    good, before = known_revision(facts, name), known_revision(facts, others[0]) if others else None
    return replace(
        new_plan(facts, ReleaseKind.PROMOTE, targets),
        target=name,
        why=f"{good.short} was chosen by hand" if targets[0].revision else f"{good.short} is the latest Ready revision",
        differences=differences(before, good) if before else (),
        warnings=(*change_warnings(facts, good), *(next_deploy_warnings(facts) if pinned else ())),
        must_name=name if name in bad_revisions(facts.history) else "",
    )


def promoted_split(service: Service, revision: str, to_latest: bool) -> tuple[tuple[Target, ...], bool]:
    """The split with all traffic on one revision, and whether that is pinned.

    With `to_latest` the split is LATEST, if that is this revision now and not another one soon.
    """
    latest = to_latest and service.latest_ready == service.latest_created == revision
    return all_to(LATEST if latest else revision, service.desired), not latest


def revision_refusal(facts: PlanFacts, name: str) -> Refusal | None:
    """Why a revision can't take traffic or a tag."""
    revision = facts.revision(name)
    if revision is None:
        return unknown_revision(facts, name)
    return None if revision.ready else not_ready(facts, revision)


def _shift(facts: PlanFacts, after: tuple[Target, ...], named: Sequence[str]) -> Plan:
    percents = {line.revision: line.percent for line in after}
    largest = max(named, key=lambda name: percents[name], default="")
    marked = bad_revisions(facts.history)
    warnings = change_warnings(facts, known_revision(facts, largest)) if largest else tuple(change_in_progress(facts))
    pinned = follows_latest(facts.service.desired) and not follows_latest(after)
    return replace(
        new_plan(facts, ReleaseKind.SHIFT, after),
        target=largest,
        why="the split was chosen by hand" if named else "tags give revisions their own URL and no traffic",
        warnings=(*warnings, *(next_deploy_warnings(facts) if pinned else ())),
        must_name=next((name for name in named if name in marked and name not in facts.serving_names), ""),
    )


def _split(facts: PlanFacts, named: Mapping[str, int]) -> tuple[Target, ...]:
    service = facts.service
    if not named:
        lines = tuple(replace(line, tag="") for line in service.desired if line.percent) or (Target(LATEST, 100),)
        return (*lines, *tag_lines(service.desired))
    left = 100 - sum(named.values())
    others = {share.revision: share.percent for share in service.serving if share.revision not in named}
    parts = {**named, **(scaled_to(left, others) if others else {})}
    return (*(Target(name, part) for name, part in parts.items() if part), *tag_lines(service.desired))


def _with_tag_changes(
    targets: tuple[Target, ...], tags: Sequence[tuple[str, str]], untag: Sequence[str]
) -> tuple[Target, ...]:
    for tag in untag:
        targets = without_tag(targets, tag)
    for tag, revision in tags:
        targets = with_tag(targets, tag, revision)
    return targets


def _share_refusal(facts: PlanFacts, shares: Sequence[tuple[str, int]]) -> Refusal | None:
    names = [name for name, _ in shares]
    twice = next((name for name in names if names.count(name) > 1), "")
    if twice:
        return invalid(f"{facts.short(twice)} is given twice; give its share once")
    for name, percent in shares:
        refusal = revision_refusal(facts, name) if percent else None
        if not 0 <= percent <= 100:
            return invalid(f"{percent} % of {facts.short(name)} is not a valid share; use 0 to 100")
        if refusal:
            return refusal
    total = sum(percent for _, percent in shares)
    if total > 100:
        return invalid(f"the shares sum to {total} %; they must sum to 100 or less")
    if shares and total < 100 and not set(facts.serving_names) - set(names):
        return invalid(f"the shares sum to {total} % and no other revision serves; give the rest to a revision")
    return None


def _tag_refusal(facts: PlanFacts, tags: Sequence[tuple[str, str]], untag: Sequence[str]) -> Refusal | None:
    known_tags = tuple(line.tag for line in facts.service.desired if line.tag)
    gone = next((tag for tag in untag if tag not in known_tags), "")
    if gone:
        return invalid(f"there is no tag {gone[:60]!r} to remove", known_tags)
    for tag, revision in tags:
        if not _TAG.fullmatch(tag):
            return invalid(f"{tag[:60]!r} is not a valid tag; use up to 46 lower-case letters, digits and hyphens")
        refusal = revision_refusal(facts, revision)
        if refusal:
            return refusal
    return None
