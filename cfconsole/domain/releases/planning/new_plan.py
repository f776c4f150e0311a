"""Owns what every planner does alike: the frame of a plan, and the refusals that none of them can do without."""

from __future__ import annotations

from cfconsole.domain.fleet.services import Revision
from cfconsole.domain.fleet.traffic import Target, effective_as_targets, tag_lines
from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Plan, Refusal, RefusalReason
from cfconsole.domain.releases.planning.facts import PlanFacts


def new_plan(facts: PlanFacts, kind: ReleaseKind, after: tuple[Target, ...]) -> Plan:
    """A plan that writes `after`, with the undo that puts back what serves; nothing served, nothing is put back."""
    service = facts.service
    serving = service.serving
    return Plan(
        kind=kind,
        service=service.key,
        generation=service.generation,
        etag=service.etag,
        desired_before=service.desired,
        before=service.effective,
        after=after,
        undo=effective_as_targets(service.effective, service.desired) if serving else tag_lines(service.desired),
        newest=service.latest_created,
    )


def known_revision(facts: PlanFacts, name: str) -> Revision:
    """A revision that a check before has found."""
    return next(revision for revision in facts.revisions if revision.name == name)


def unread_refusal(facts: PlanFacts) -> Refusal | None:
    name = facts.service.key.name
    if facts.revisions:
        return None
    return Refusal(RefusalReason.UNREADABLE, f"the revisions of {name} have not been read yet; refresh and try again")


def traffic_refusal(facts: PlanFacts) -> Refusal | None:
    """Why traffic can't be moved at all: it is not known what serves, or nothing does."""
    refusal = unread_refusal(facts)
    if refusal or facts.serving_names:
        return refusal
    name = facts.service.key.name
    sentence = f"no revision of {name} serves, so there is no traffic to move; deploy a working one"
    return Refusal(RefusalReason.UNREADABLE, sentence)


def invalid(sentence: str, candidates: tuple[str, ...] = ()) -> Refusal:
    """What was asked for can't be; the sentence says what can."""
    return Refusal(RefusalReason.INVALID, sentence, candidates)
