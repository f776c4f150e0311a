"""The two choices of a rollback: which revision is bad, and which one takes its traffic."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cfconsole.domain.fleet.services import Revision
from cfconsole.domain.fleet.traffic import follows_latest
from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Refusal, RefusalReason, Release, ReleaseState
from cfconsole.domain.releases.planning.facts import PlanFacts, at_time, bad_revisions


class RevisionChoice(NamedTuple):
    """A revision, and the reason for choosing it as a sentence."""

    revision: str
    why: str


def choose_bad(facts: PlanFacts, *, named: str, target: str) -> str | Refusal:
    """The revision to take traffic from: the named one, else the suspect, else the newest that serves.

    Without a name, a rollback that is still in place is not followed by a second one, so that pressing the key twice
    never goes back two steps.
    """
    if named:
        return named if facts.revision(named) else unknown_revision(facts, named)
    suspect = facts.suspect.revision if facts.suspect else ""
    if facts.revision(suspect) and suspect != target and (gets_traffic(facts, suspect) or not target):
        return suspect
    done = rollback_in_place(facts)
    if done and not target:
        return already_rolled_back(facts, done.plan.bad, done)
    serving = [name for name in _newest_first(facts, facts.serving_names) if name != target]
    if not serving:
        return Refusal(
            RefusalReason.ALREADY_DONE, f"{facts.short(target)} already serves all traffic of {facts.service.key.name}"
        )
    return serving[0]


def choose_target(facts: PlanFacts, *, bad: str, named: str) -> RevisionChoice | Refusal:
    """The revision that takes the traffic: the named one, else the most trustworthy one."""
    if named:
        return _named_target(facts, bad, named)
    marked = bad_revisions(facts.history)
    for choice in _preferred(facts, bad):
        revision = facts.revision(choice.revision)
        if revision and revision.ready and revision.name != bad and revision.name not in marked:
            return choice
    return _no_target(facts, bad)


def gets_traffic(facts: PlanFacts, revision: str) -> bool:
    """Whether a revision gets requests, or will once a change in progress takes effect."""
    if revision in facts.serving_names:
        return True
    service = facts.service
    if any(line.revision == revision and line.percent > 0 for line in service.desired):
        return True
    return service.reconciling and revision == service.latest_created and follows_latest(service.desired)


def rollback_in_place(facts: PlanFacts) -> Release | None:
    """The last release, if it was a rollback and nobody has changed the service since."""
    for release in facts.history:
        if release.state is ReleaseState.SUCCEEDED:
            current = release.generation_after == facts.service.generation
            return release if current and release.plan.kind is ReleaseKind.ROLLBACK else None
    return None


def already_rolled_back(facts: PlanFacts, bad: str, done: Release | None = None) -> Refusal:
    """The refusal that says who did it already. Candidates are the revisions that serve instead."""
    for release in (done, *facts.history):
        if release and release.state is ReleaseState.SUCCEEDED and release.plan.bad == bad:
            sentence = f"{facts.short(bad)} was already rolled back by {release.actor}{at_time(release.ended_at)}"
            break
    else:
        by = f"; last changed by {facts.service.updated_by}" if facts.service.updated_by else ""
        sentence = f"{facts.short(bad)} no longer serves{by}{at_time(facts.service.updated_at) if by else ''}"
    serving = ", ".join(facts.short(name) for name in facts.serving_names)
    return Refusal(RefusalReason.ALREADY_DONE, f"{sentence}; now serving: {serving}", facts.serving_names)


def unknown_revision(facts: PlanFacts, name: str) -> Refusal:
    names = tuple(revision.name for revision in facts.newest_first)
    return Refusal(
        RefusalReason.NOT_FOUND, f"{facts.service.key.name} has no revision {name}; name one of its revisions", names
    )


def not_ready(facts: PlanFacts, revision: Revision) -> Refusal:
    because = revision.condition.message or revision.condition.reason
    tail = f": {because}" if because else ""
    ready = tuple(other.name for other in facts.newest_first if other.ready)
    return Refusal(
        RefusalReason.NOT_READY, f"{facts.short(revision.name)} is not Ready and can't take traffic{tail}", ready
    )


def _preferred(facts: PlanFacts, bad: str) -> Iterator[RevisionChoice]:
    for name in facts.serving_names:
        yield RevisionChoice(name, f"{facts.short(name)} already serves beside it")
    for name in _journal_before(facts, bad):
        yield RevisionChoice(name, f"{facts.short(name)} served immediately before it (journal)")
    older = _older(facts, bad)
    for revision in older:
        numbers = facts.metrics.revisions.get(revision.name) if facts.metrics else None
        if numbers and numbers.requests:
            yield RevisionChoice(revision.name, f"{revision.short} is the last Ready revision with recent traffic")
    for revision in older:
        yield RevisionChoice(revision.name, f"{revision.short} is the newest earlier Ready revision")


def _journal_before(facts: PlanFacts, bad: str) -> tuple[str, ...]:
    """The revisions that served before the last release that gave the bad one traffic, largest share first."""
    for release in facts.history:
        before = [share.revision for share in release.plan.before if share.percent > 0]
        if release.state is ReleaseState.SUCCEEDED and release.promoted == bad and bad not in before:
            return tuple(before)
    return ()


def _older(facts: PlanFacts, bad: str) -> tuple[Revision, ...]:
    names = [revision.name for revision in facts.newest_first]
    return facts.newest_first[names.index(bad) + 1 :] if bad in names else facts.newest_first


def _named_target(facts: PlanFacts, bad: str, named: str) -> RevisionChoice | Refusal:
    revision = facts.revision(named)
    if revision is None:
        return unknown_revision(facts, named)
    if named == bad:
        others = tuple(other.name for other in facts.newest_first if other.ready and other.name != bad)
        return Refusal(
            RefusalReason.AMBIGUOUS, f"{revision.short} can't be rolled back to itself; name another", others
        )
    if not revision.ready:
        return not_ready(facts, revision)
    return RevisionChoice(named, f"{revision.short} was chosen by hand")


def _no_target(facts: PlanFacts, bad: str) -> Refusal:
    marked = bad_revisions(facts.history)
    ready = tuple(revision.name for revision in facts.newest_first if revision.ready and revision.name != bad)
    failed = [facts.short(name) for name in ready if name in marked]
    if failed:
        sentence = (
            f"no safe revision to roll back to: {', '.join(failed)} failed or was rolled back; name it to use it anyway"
        )
    elif ready:
        sentence = f"no Ready revision is older than {facts.short(bad)}; name a newer one instead"
    else:
        sentence = f"no other revision of {facts.service.key.name} is Ready; deploy a fixed one"
    return Refusal(RefusalReason.NO_TARGET, sentence, ready)


def _newest_first(facts: PlanFacts, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names, newest revision first. An unlisted one counts as newest: it was created after the list was read."""
    ages = {revision.name: age for age, revision in enumerate(facts.newest_first)}
    return tuple(sorted(names, key=lambda name: ages.get(name, -1)))
