"""Carries out what a command asks to be changed: one fresh plan and one outcome for each service."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from cfconsole.cli.changes.consent import Terms, approve_by_options, wanted_plan
from cfconsole.cli.changes.journal import CommandJournal
from cfconsole.cli.changes.outcome import ChangeOutcome, DetachedRelease, Failure
from cfconsole.cli.changes.validate_only import validate_with_api
from cfconsole.cli.exits import Exit
from cfconsole.cli.output.document import print_data, print_note
from cfconsole.cli.runner.start_and_follow import run_new
from cfconsole.cli.setup.context import CommandContext, exit_for
from cfconsole.cli.setup.service_names import find_services
from cfconsole.cli.setup.wiring import actor, journal_file
from cfconsole.domain.errors import CloudError, JournalError
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.releases.model import Approval, Plan, Refusal, RefusalReason, Release
from cfconsole.domain.releases.planning.plan_text import plan_sentences
from cfconsole.domain.releases.planning.request import PlanRequest, values_of
from cfconsole.session.headless import read_plan_facts
from cfconsole.session.releases.ports import ReleaseListener
from cfconsole.session.releases.record import new_release
from cfconsole.session.releases.release_runner import headless_runner

if TYPE_CHECKING:
    from cfconsole.session.ports import SharedJournalPort

UNRECORDED_HINT = "; with --unrecorded it is done all the same, and the intent goes to stderr"


class ChangeArguments(Struct, frozen=True):
    """All that was asked for on the command line."""

    services: tuple[str, ...]
    change: PlanRequest
    """Of each service; revisions are as they were written."""
    terms: Terms
    named: tuple[str, ...] = ()
    """Revisions that may serve although they failed or were rolled back."""
    may_be_unrecorded: bool = True


class ChangeResult(Struct, frozen=True):
    """An outcome for each service, in the order in which they were named."""

    outcomes: tuple[ChangeOutcome, ...]
    warnings: tuple[str, ...] = ()


async def run_changes(
    context: CommandContext, request: ChangeArguments, show_plan: Callable[[Plan], None]
) -> ChangeResult:
    """Plans all, shows all plans, and then carries out those that are approved. Raises `CloudError` and `Stop`."""
    from cfconsole.store.releases.journal import Journal

    found = await find_services(context.cloud, context.scope, request.services)
    journal = Journal(journal_file(context.scope))
    try:
        changing = _ChangeRun(context, request, CommandJournal(journal, unrecorded=request.terms.unrecorded), journal)
        planned = await asyncio.gather(*map(changing.plan, found.keys))
        for outcome in planned:
            if outcome.plan:
                show_plan(outcome.plan)
        return ChangeResult(await _carry_out_all(changing, planned), found.warnings)
    finally:
        await journal.aclose()


async def _carry_out_all(changing: _ChangeRun, planned: Sequence[ChangeOutcome]) -> tuple[ChangeOutcome, ...]:
    """Each outcome; once something may have been written an interruption is one, too."""
    tasks = [asyncio.ensure_future(changing.carry_out(outcome)) for outcome in planned]
    try:
        await asyncio.gather(*tasks)
    except asyncio.CancelledError:
        if all(task.cancelled() for task in tasks):
            raise
    cut_off = Failure("nothing was changed: interrupted before anything was written", Exit.FAILED)
    return tuple(
        replace(outcome, end=cut_off) if task.cancelled() else task.result()
        for outcome, task in zip(planned, tasks, strict=True)
    )


class _ChangeRun:
    """One command at work."""

    def __init__(
        self, context: CommandContext, request: ChangeArguments, journal: CommandJournal, shared: SharedJournalPort
    ) -> None:
        self._context = context
        self._request = request
        self._journal = journal
        self._shared = shared

    async def plan(self, key: ServiceKey) -> ChangeOutcome:
        """The outcome so far: a plan, or why there is none."""
        outcome = ChangeOutcome(self._request.change.kind, key)
        context = self._context
        try:
            facts = await read_plan_facts(
                context.cloud,
                self._journal,
                context.clock,
                key,
                judged_s=context.config.thresholds.thresholds().window_s,
            )
        except CloudError as error:
            return replace(outcome, end=Failure(error.sentence, exit_for(error)))
        except JournalError as error:
            return replace(outcome, end=self._unkept(str(error)))
        plan = wanted_plan(facts, self._request.change)
        return replace(outcome, end=plan) if isinstance(plan, Refusal) else replace(outcome, plan=plan)

    async def carry_out(self, outcome: ChangeOutcome) -> ChangeOutcome:
        """Carries the plan out if it is to be and may be."""
        if outcome.plan is None:
            return outcome
        if self._request.terms.dry_run:
            return replace(outcome, end=await self._trouble(outcome.plan))
        busy = await self._busy(outcome.service)
        if busy:
            return replace(outcome, end=busy)
        scope = self._context.scope
        approval = approve_by_options(
            outcome.plan,
            self._request.named,
            self._request.terms.consent,
            scope.guards,
            read_only=scope.read_only,
            at=self._context.clock.now(),
        )
        if isinstance(approval, Refusal):
            return replace(outcome, end=approval)
        trouble = await self._trouble(outcome.plan)
        if trouble:
            return replace(outcome, end=trouble)
        if outcome.plan.steps:
            return replace(outcome, end=await self._detached(approval))
        release = await self._carried_out(approval)
        if isinstance(release, Failure):
            return replace(outcome, end=release)
        unkept = self._journal.refused.get(release.id)
        nothing_written = unkept and not release.generation_after and release.state == "failed"
        return replace(outcome, end=self._unkept(unkept or "") if nothing_written else release)

    async def _busy(self, key: ServiceKey) -> Refusal | None:
        """A release in steps is ended before anything else is done to its service; the other would give up half-way."""
        try:
            history = await self._journal.releases(key)
            under_way = [one.id for one in history if one.ended_at is None and one.plan.steps]
            claimed = await self._shared.claimed(under_way) if under_way else frozenset()
        except JournalError as error:
            return self._unkept(str(error))
        if not claimed:
            return None
        name = min(claimed)
        sentence = (
            f"nothing was changed: release {name} of {key.name} is under way; wait until it ends, or put back what"
            f" served before with `cfconsole releases abort {name}`"
        )
        return Refusal(RefusalReason.BUSY, sentence)

    async def _trouble(self, plan: Plan) -> Failure | None:
        return await validate_with_api(self._context.cloud.services, plan, values_of(self._request.change))

    async def _detached(self, approval: Approval) -> Release | DetachedRelease | Failure:
        return await run_new(
            self._context, self._shared, approval, values_of(self._request.change), wait=self._request.terms.wait
        )

    async def _carried_out(self, approval: Approval) -> Release | Failure:
        """Once something may have been written, an interruption is how it ended: its outcome is unknown."""
        context, plan = self._context, approval.plan
        latest: list[Release] = []

        def moved(release: Release) -> None:
            latest[:] = [release]
            if release.ended_at is None and release.events:
                print_note(f"{plan.service}: {release.events[-1].sentence}")

        runner = headless_runner(context.cloud, self._shared, context.clock, ReleaseListener(moved))
        release = new_release(approval, actor(os.environ), context.clock.now())
        try:
            return await runner.run(release, approval.how, single_write_journal=self._journal)
        except asyncio.CancelledError:
            left = await self._journal.interrupted(latest[0], context.clock) if latest else None
            if left is None:
                raise
            return left

    def _unkept(self, why: str) -> Refusal:
        hint = UNRECORDED_HINT if self._request.may_be_unrecorded else ""
        return Refusal(RefusalReason.JOURNAL, f"nothing was changed: {why.rstrip('.')}{hint}")


def print_plan(plan: Plan) -> None:
    """The plan on stdout, for a reader."""
    first, *rest = plan_sentences(plan)
    print_data("\n".join((first, *(f"  {sentence}" for sentence in rest))))
