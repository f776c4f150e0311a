"""Plans to roll back, to follow the latest revision again, and to undo.

Each keeps all tags, and its undo is the effective split by revision names.
"""

from __future__ import annotations

from msgspec.structs import replace

from cfconsole.domain.fleet.traffic import LATEST, Target, all_to
from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Plan, Refusal, RefusalReason, Release
from cfconsole.domain.releases.planning.facts import PlanFacts, at_time, bad_revisions
from cfconsole.domain.releases.planning.new_plan import known_revision, new_plan, traffic_refusal
from cfconsole.domain.releases.planning.revision_diff import differences
from cfconsole.domain.releases.planning.rollback_choice import (
    already_rolled_back,
    choose_bad,
    choose_target,
    gets_traffic,
    not_ready,
    unknown_revision,
)
from cfconsole.domain.releases.planning.warnings import change_in_progress, change_warnings, next_deploy_warnings
from cfconsole.domain.releases.steps import SCALING_MASK

__all__ = ["PlanFacts", "plan_rollback", "plan_to_latest", "plan_undo"]


def plan_rollback(facts: PlanFacts, *, bad: str = "", target: str = "") -> Plan | Refusal:
    """Moves all traffic from the bad revision to the target. Empty names are chosen."""
    refusal = traffic_refusal(facts)
    if refusal:
        return refusal
    chosen_bad = choose_bad(facts, named=bad, target=target)
    if isinstance(chosen_bad, Refusal):
        return chosen_bad
    if not gets_traffic(facts, chosen_bad):
        return already_rolled_back(facts, chosen_bad)
    choice = choose_target(facts, bad=chosen_bad, named=target)
    if isinstance(choice, Refusal):
        return choice
    good, from_revision = known_revision(facts, choice.revision), facts.revision(chosen_bad)
    return replace(
        new_plan(facts, ReleaseKind.ROLLBACK, all_to(good.name, facts.service.desired)),
        bad=chosen_bad,
        target=good.name,
        why=choice.why,
        differences=differences(from_revision, good) if from_revision else (),
        warnings=(*change_warnings(facts, good, from_revision), *next_deploy_warnings(facts)),
        must_name=good.name if good.name in bad_revisions(facts.history) else "",
    )


def plan_to_latest(facts: PlanFacts) -> Plan | Refusal:
    """Gives all traffic to the latest Ready revision, now and after each deploy."""
    service = facts.service
    refusal = traffic_refusal(facts) or _latest_refusal(facts)
    if refusal:
        return refusal
    latest = known_revision(facts, service.latest_ready)
    names = [facts.short(name) for name in facts.serving_names]
    serving = f"{' and '.join(names)} {'serves' if len(names) == 1 else 'serve'}"
    state = "pinned: " if service.pinned else ""
    return replace(
        new_plan(facts, ReleaseKind.TO_LATEST, all_to(LATEST, service.desired)),
        target=latest.name,
        why=f"{state}{serving} by name; then {latest.short} and every later Ready revision takes all traffic",
        warnings=(*change_warnings(facts, latest), *_newer_not_ready(facts)),
        must_name=latest.name if latest.name in bad_revisions(facts.history) else "",
    )


def plan_undo(facts: PlanFacts) -> Plan | Refusal:
    """Restores what was before the last release, unless somebody changed the service since."""
    last = next((release for release in facts.history if not release.open and release.generation_after), None)
    name = facts.service.key.name
    if last is None:
        return Refusal(RefusalReason.NOTHING_TO_UNDO, f"the journal has no change of {name} to undo")
    if last.plan.scaling:
        return _changed_refusal(facts, last) or _scaling_undo(facts, last)
    refusal = traffic_refusal(facts) or _changed_refusal(facts, last) or _unservable_refusal(facts, last.plan.undo)
    if refusal:
        return refusal
    served = sorted((line for line in last.plan.undo if line.percent > 0), key=lambda line: -line.percent)
    if not served:
        sentence = f"nothing served before the {last.plan.kind} of {last.actor}, so there is nothing to undo"
        return Refusal(RefusalReason.NOTHING_TO_UNDO, sentence)
    marked = bad_revisions(facts.history)
    return replace(
        new_plan(facts, ReleaseKind.UNDO, last.plan.undo),
        bad=last.promoted if last.candidate or last.plan.kind is ReleaseKind.TO_LATEST else "",
        target=served[0].revision,
        why=f"undoes the {last.plan.kind} by {last.actor}{at_time(last.ended_at)}",
        warnings=(*change_in_progress(facts), *next_deploy_warnings(facts)),
        must_name=next((line.revision for line in served if line.revision in marked), ""),
    )


def _scaling_undo(facts: PlanFacts, last: Release) -> Plan:
    return replace(
        new_plan(facts, ReleaseKind.UNDO, facts.service.desired),
        undo=facts.service.desired,
        mask=SCALING_MASK,
        scaling=last.plan.scaling_before,
        scaling_before=last.plan.scaling,
        why=f"undoes the {last.plan.kind} by {last.actor}{at_time(last.ended_at)}",
        warnings=tuple(change_in_progress(facts)),
    )


def _latest_refusal(facts: PlanFacts) -> Refusal | None:
    service = facts.service
    revision = facts.revision(service.latest_ready)
    if all(line.revision == LATEST or line.percent == 0 for line in service.desired):
        sentence = f"all traffic of {service.key.name} already goes to the latest Ready revision"
        return Refusal(RefusalReason.ALREADY_DONE, sentence, facts.serving_names)
    if not service.latest_ready:
        return Refusal(RefusalReason.NOT_READY, f"no revision of {service.key.name} is Ready; deploy a working one")
    if revision is None:
        return unknown_revision(facts, service.latest_ready)
    return None if revision.ready else not_ready(facts, revision)


def _newer_not_ready(facts: PlanFacts) -> tuple[str, ...]:
    service = facts.service
    if service.latest_created in ("", service.latest_ready):
        return ()
    return (f"{facts.short(service.latest_created)} is newer but not Ready; it takes all traffic once it is",)


def _changed_refusal(facts: PlanFacts, last: Release) -> Refusal | None:
    service = facts.service
    if last.generation_after == service.generation:
        return None
    sentence = f"{service.change_sentence}{at_time(service.updated_at)}, after the {last.plan.kind} of {last.actor}"
    return Refusal(RefusalReason.CHANGED, f"{sentence}; undo would overwrite that change. Roll back instead")


def _unservable_refusal(facts: PlanFacts, targets: tuple[Target, ...]) -> Refusal | None:
    for line in targets:
        revision = facts.revision(line.revision)
        if line.percent == 0:
            continue
        if revision is None:
            return unknown_revision(facts, line.revision)
        if not revision.ready:
            return not_ready(facts, revision)
    return None
