"""Turns --yes, --confirm and --revision into an approval, or says which option is missing. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from cfconsole.domain.releases.kinds import GuardLevel, ReleaseKind, guard_level
from cfconsole.domain.releases.model import Approval, Plan, Refusal, RefusalReason
from cfconsole.domain.releases.planning.facts import PlanFacts, bad_revisions
from cfconsole.domain.releases.planning.planner import plan
from cfconsole.domain.releases.planning.request import PlanRequest, RollbackRequest
from cfconsole.session.releases.approvals import approve


class Consent(Struct, frozen=True):
    """The consent given on the command line, in place of an operator at a dialog."""

    yes: bool = False
    confirmed: tuple[str, ...] = ()
    """Names of services and revisions, as an operator would type them."""


class Terms(Struct, frozen=True):
    """The options that every change shares: consent, dry run, waiting and the output format."""

    consent: Consent
    form: str
    dry_run: bool = False
    wait: bool = True
    """Whether to follow a release in steps until it ends."""
    unrecorded: bool = False
    """Whether to continue if the journal can't be written."""


def unambiguous_plan(facts: PlanFacts, request: PlanRequest) -> Plan | Refusal:
    """The plan, or why there is none. Nobody reviews it before it is carried out, so it must leave no choice open."""
    found = plan(facts, request)
    if isinstance(found, Plan) and request == RollbackRequest():
        return _open_choice(facts, found) or found
    return found


def approve_by_options(
    plan: Plan,
    named: Sequence[str],
    consent: Consent,
    guards: Mapping[ReleaseKind, GuardLevel],
    *,
    read_only: bool,
    at: datetime,
) -> Approval | Refusal:
    """The approval of a plan, or a refusal that names the missing options.

    `named` are revisions that may serve although they failed or were rolled back.
    """
    guard = guard_level(plan.kind, guards)
    missing = () if read_only else _missing_options(plan, named, consent, guard)
    if missing:
        reason = RefusalReason.MUST_NAME if plan.must_name in missing[-1].split() else RefusalReason.NOT_APPROVED
        return Refusal(reason, f"nothing was changed; add {' '.join(missing)} to carry this out", missing)
    typed = plan.must_name or (plan.service.name if guard is GuardLevel.TYPE_NAME else "")
    how = "--yes --confirm" if guard is GuardLevel.TYPE_NAME else "--yes"
    return approve(plan, guard, read_only=read_only, typed=typed, at=at, how=how)


def _open_choice(facts: PlanFacts, plan: Plan) -> Refusal | None:
    """Refuses a rollback without names unless exactly one revision serves and exactly one can take over."""
    name = facts.service.key.name
    if len(facts.serving_names) > 1:
        sentence = f"{name} is served by {_short_list(facts, facts.serving_names)}; name the bad one with --from"
        return Refusal(RefusalReason.AMBIGUOUS, sentence, facts.serving_names)
    targets = _possible_targets(facts, plan.bad)
    if len(targets) > 1:
        sentence = (
            f"{name} could go back from {facts.short(plan.bad)} to {_short_list(facts, targets)}; "
            f"choose one with --to, or pass --from {plan.bad} to have it chosen"
        )
        return Refusal(RefusalReason.AMBIGUOUS, sentence, targets)
    return None


def _possible_targets(facts: PlanFacts, bad: str) -> tuple[str, ...]:
    """The Ready revisions older than the bad one that no release marked bad, newest first."""
    marked = bad_revisions(facts.history)
    names = [revision.name for revision in facts.newest_first]
    older = facts.newest_first[names.index(bad) + 1 :] if bad in names else facts.newest_first
    return tuple(revision.name for revision in older if revision.ready and revision.name not in marked)


def _short_list(facts: PlanFacts, names: tuple[str, ...]) -> str:
    return ", ".join(facts.short(name) for name in names)


def _missing_options(plan: Plan, named: Sequence[str], consent: Consent, guard: GuardLevel) -> tuple[str, ...]:
    """The missing options. The revision that must be named comes last."""
    name = plan.service.name
    options = () if consent.yes else ("--yes",)
    if guard is GuardLevel.TYPE_NAME and not {name, plan.must_name or name} & set(consent.confirmed):
        options = (*options, f"--confirm {name}")
    if plan.must_name and not _is_named(plan, (*named, *consent.confirmed)):
        flag = "--to" if plan.kind is ReleaseKind.ROLLBACK else "--revision"
        options = (*options, f"{flag} {plan.must_name}")
    return options


def _is_named(plan: Plan, given: Iterable[str]) -> bool:
    """Whether the plan's revision is named: in full, as in tables, or by its number."""
    short = plan.must_name.removeprefix(f"{plan.service.name}-")
    return any(name in (plan.must_name, short) or short.startswith(f"{name}-") for name in given if name)
