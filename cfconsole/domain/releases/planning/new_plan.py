"""What all planners share: the frame of a plan, and common refusals."""

from __future__ import annotations

from cfconsole.domain.fleet.services import Revision
from cfconsole.domain.fleet.traffic import Target, effective_as_targets, tag_lines
from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Plan, Refusal, RefusalReason
from cfconsole.domain.releases.planning.facts import PlanFacts


def new_plan(facts: PlanFacts, kind: ReleaseKind, after: tuple[Target, ...]) -> Plan:
    """A plan that writes `after`, with an undo that restores the serving split, if anything serves."""
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
    """The revision of that name, which must exist."""
    return next(revision for revision in facts.revisions if revision.name == name)


def unread_refusal(facts: PlanFacts) -> Refusal | None:
    name = facts.service.key.name
    if facts.revisions:
        return None
    return Refusal(RefusalReason.UNREADABLE, f"the revisions of {name} have not been read yet; refresh and try again")


def traffic_refusal(facts: PlanFacts) -> Refusal | None:
    """Why traffic can't be moved at all: the revisions are not read yet, or nothing serves."""
    refusal = unread_refusal(facts)
    if refusal or facts.serving_names:
        return refusal
    name = facts.service.key.name
    sentence = f"no revision of {name} serves, so there is no traffic to move; deploy a working one"
    return Refusal(RefusalReason.UNREADABLE, sentence)


def invalid(sentence: str, candidates: tuple[str, ...] = ()) -> Refusal:
    """The refusal of an invalid request; the sentence says what is valid."""
    return Refusal(RefusalReason.INVALID, sentence, candidates)
