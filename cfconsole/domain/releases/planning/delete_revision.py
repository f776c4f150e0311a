"""The plan to delete a revision, and the rules of Cloud Run (`DeleteRevision`) that refuse it."""

from __future__ import annotations

from msgspec.structs import replace

from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Plan, Refusal
from cfconsole.domain.releases.planning.facts import PlanFacts
from cfconsole.domain.releases.planning.new_plan import invalid, new_plan, unread_refusal
from cfconsole.domain.releases.planning.rollback_choice import gets_traffic, unknown_revision


def plan_deletion(facts: PlanFacts, revision: str) -> Plan | Refusal:
    """Deletes a revision that serves nothing. There is no undo."""
    refusal = unread_refusal(facts) or deletion_refusal(facts, revision)
    if refusal:
        return refusal
    return replace(
        new_plan(facts, ReleaseKind.DELETE, facts.service.desired),
        undo=facts.service.desired,
        bad=revision,
        why=f"{facts.short(revision)} serves nothing",
    )


def deletion_refusal(facts: PlanFacts, revision: str) -> Refusal | None:
    """Why a revision can't be deleted; `None` if it can."""
    if facts.revision(revision) is None:
        return unknown_revision(facts, revision)
    service, short = facts.service, facts.short(revision)
    tags = [line.tag for line in service.desired if line.revision == revision and line.tag]
    if gets_traffic(facts, revision):
        return invalid(f"{short} serves; move its traffic first")
    # Checked before the tags, so that nobody removes a tag for a revision that can't be deleted anyway.
    if len(facts.revisions) == 1 or revision in (service.latest_created, service.latest_ready):
        return invalid(f"{short} is the latest revision, which Cloud Run does not delete; deploy a newer one first")
    if tags:
        return invalid(f"{short} is reachable by the tag {', '.join(tags)}; remove the tag first")
    return None
