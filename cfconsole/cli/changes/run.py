"""The change engine of the command line: a fresh plan, consent, journal and release for each service."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from cfconsole.cli.changes.consent import Terms, approve_by_options, unambiguous_plan
from cfconsole.cli.changes.journal import CommandJournal
from cfconsole.cli.changes.outcome import ChangeOutcome, DetachedRelease, Failure, SourceReport
from cfconsole.cli.exits import Exit
from cfconsole.cli.output.document import print_data, print_note
from cfconsole.cli.runner.start_and_follow import run_new
from cfconsole.cli.setup.context import CommandContext, exit_for
from cfconsole.cli.setup.service_names import find_services
from cfconsole.cli.setup.wiring import actor, journal_file
from cfconsole.domain.errors import CloudError, ErrorKind, JournalError
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.releases.model import Approval, Plan, Refusal, RefusalReason, Release, ReleaseState
from cfconsole.domain.releases.planning.facts import PlanFacts
from cfconsole.domain.releases.planning.from_source import facts_of_new_function
from cfconsole.domain.releases.planning.plan_text import plan_sentences
from cfconsole.domain.releases.planning.request import PlanRequest, SourceRequest, values_of
from cfconsole.domain.releases.steps import StepKind
from cfconsole.domain.releases.writes import ServiceWrite, write_of
from cfconsole.session.headless import read_plan_facts
from cfconsole.session.ports import ServicesPort, SharedJournalPort
from cfconsole.session.releases.ports import ReleaseListener
from cfconsole.session.releases.record import new_release
from cfconsole.session.releases.release_runner import headless_runner
from cfconsole.store.releases.journal import Journal

UNRECORDED_HINT = "; --unrecorded carries it out anyway and prints the record to stderr"


class ChangeArguments(Struct, frozen=True):
    """What the command line says about a change, the same for each of its services."""

    request: PlanRequest
    """Revisions are named as written."""
    terms: Terms
    named: tuple[str, ...] = ()
    """Revisions that may serve although they failed or were rolled back."""
    may_be_unrecorded: bool = True


class ChangeResult(Struct, frozen=True):
    """One outcome per service, in the order of the command line."""

    outcomes: tuple[ChangeOutcome, ...]
    warnings: tuple[str, ...] = ()
    source: SourceReport | None = None
    """For a function that is built from source."""


async def change_services(
    context: CommandContext, services: Sequence[str], change: ChangeArguments, show_plan: Callable[[Plan], None]
) -> ChangeResult:
    """Finds the named services and changes them. Raises `CloudError` and `Stop`."""
    found = await find_services(context.cloud, context.scope, services)
    return ChangeResult(await run_changes(context, found.keys, change, show_plan), found.warnings)


async def run_changes(
    context: CommandContext, keys: Sequence[ServiceKey], change: ChangeArguments, show_plan: Callable[[Plan], None]
) -> tuple[ChangeOutcome, ...]:
    """Plans every change, shows every plan, then carries out the approved ones."""
    journal = Journal(journal_file(context.scope))
    try:
        run = _ChangeRun(context, change, CommandJournal(journal, unrecorded=change.terms.unrecorded), journal)
        planned = await asyncio.gather(*map(run.plan, keys))
        for outcome in planned:
            if outcome.plan:
                show_plan(outcome.plan)
        return await _carry_out_all(run, planned)
    finally:
        await journal.aclose()


async def _carry_out_all(run: _ChangeRun, planned: Sequence[ChangeOutcome]) -> tuple[ChangeOutcome, ...]:
    """All outcomes. Once something may have been written, an interruption is an outcome too."""
    tasks = [asyncio.ensure_future(run.carry_out(outcome)) for outcome in planned]
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
    """The changes of one command."""

    def __init__(
        self, context: CommandContext, change: ChangeArguments, journal: CommandJournal, shared: SharedJournalPort
    ) -> None:
        self._context = context
        self._change = change
        self._journal = journal
        self._shared = shared

    async def plan(self, key: ServiceKey) -> ChangeOutcome:
        """The outcome so far: a plan, or why there is no plan."""
        outcome = ChangeOutcome(self._change.request.kind, key)
        try:
            facts = await self._read_facts(key)
        except CloudError as error:
            return replace(outcome, end=Failure(error.sentence, exit_for(error)))
        except JournalError as error:
            return replace(outcome, end=self._journal_refusal(str(error)))
        plan = unambiguous_plan(facts, self._change.request)
        return replace(outcome, end=plan) if isinstance(plan, Refusal) else replace(outcome, plan=plan)

    async def carry_out(self, outcome: ChangeOutcome) -> ChangeOutcome:
        """Carries out the plan if it is approved, and not under `--dry-run`."""
        if outcome.plan is None:
            return outcome
        return replace(outcome, end=await self._end(outcome.plan))

    async def _read_facts(self, key: ServiceKey) -> PlanFacts:
        context, request = self._context, self._change.request
        if isinstance(request, SourceRequest) and request.create:
            return facts_of_new_function(key)
        recent_s = context.config.thresholds.thresholds().window_s
        return await read_plan_facts(context.cloud, self._journal, context.clock, key, recent_s=recent_s)

    async def _end(self, plan: Plan) -> Release | DetachedRelease | Refusal | Failure | None:
        if self._change.terms.dry_run:
            return await self._validation_failure(plan)
        approval = await self._busy_refusal(plan.service) or self._approve(plan)
        if isinstance(approval, Refusal):
            return approval
        return await self._validation_failure(plan) or await self._release(approval)

    def _approve(self, plan: Plan) -> Approval | Refusal:
        scope, named, consent = self._context.scope, self._change.named, self._change.terms.consent
        now = self._context.clock.now()
        return approve_by_options(plan, named, consent, scope.guards, read_only=scope.read_only, at=now)

    async def _busy_refusal(self, key: ServiceKey) -> Refusal | None:
        """Refuses a change beside a release in steps, which would give up half-way."""
        try:
            history = await self._journal.releases(key)
            under_way = [one.id for one in history if one.ended_at is None and one.plan.steps]
            claimed = await self._shared.claimed(under_way) if under_way else frozenset()
        except JournalError as error:
            return self._journal_refusal(str(error))
        if not claimed:
            return None
        name = min(claimed)
        sentence = (
            f"nothing was changed: release {name} of {key.name} is under way; wait for it to end, or restore the"
            f" served before with `cfconsole releases abort {name}`"
        )
        return Refusal(RefusalReason.BUSY, sentence)

    async def _validation_failure(self, plan: Plan) -> Failure | None:
        return await _api_rejection(self._context.cloud.services, plan, values_of(self._change.request))

    async def _release(self, approval: Approval) -> Release | DetachedRelease | Refusal | Failure:
        """A release in steps runs in a process of its own, and a single write in this one."""
        if approval.plan.steps:
            request, wait = self._change.request, self._change.terms.wait
            return await run_new(self._context, self._shared, approval, request, wait=wait)
        release = await self._write(approval)
        if isinstance(release, Failure):
            return release
        reason = self._journal.refused.get(release.id)
        if reason and not release.generation_after and release.state is ReleaseState.FAILED:
            return self._journal_refusal(reason)
        return release

    async def _write(self, approval: Approval) -> Release | Failure:
        """An interruption leaves the outcome unknown once something may have been written."""
        context, service = self._context, approval.plan.service
        latest: list[Release] = []

        def on_change(release: Release) -> None:
            latest[:] = [release]
            if release.ended_at is None and release.events:
                print_note(f"{service}: {release.events[-1].sentence}")

        runner = headless_runner(context.cloud, self._shared, context.clock, ReleaseListener(on_change))
        release = new_release(approval, actor(os.environ), context.clock.now())
        try:
            return await runner.run(release, approval.how, single_write_journal=self._journal)
        except asyncio.CancelledError:
            interrupted = await self._journal.interrupted(latest[0], context.clock) if latest else None
            if interrupted is None:
                raise
            return interrupted

    def _journal_refusal(self, why: str) -> Refusal:
        hint = UNRECORDED_HINT if self._change.may_be_unrecorded else ""
        return Refusal(RefusalReason.JOURNAL, f"nothing was changed: {why.rstrip('.')}{hint}")


async def _api_rejection(services: ServicesPort, plan: Plan, values: tuple[tuple[str, str], ...]) -> Failure | None:
    """Why the API would reject the first write. It is asked only what no plan can know, such as about an image."""
    write = _first_write(plan, values)
    if write is None:
        return None
    try:
        await services.write(plan.service, write, etag=plan.etag, validate_only=True)
    except CloudError as error:
        if error.kind is ErrorKind.CONFLICT:
            # The write itself starts with a fresh read, which shows whose change it was.
            return None
        code = Exit.USAGE if error.kind is ErrorKind.INVALID else exit_for(error)
        return Failure(f"nothing was changed: {error.sentence}", code)
    return None


def _first_write(plan: Plan, values: tuple[tuple[str, str], ...]) -> ServiceWrite | None:
    """The write that creates a revision or scales. `None` for a plan that only moves traffic."""
    step = plan.steps[0] if plan.steps else None
    if step and step.kind is StepKind.CREATE:
        return ServiceWrite(step.mask, step.targets, plan.change, values)
    return write_of(plan) if plan.scaling else None


def print_plan(plan: Plan) -> None:
    """Prints the plan to stdout."""
    first, *rest = plan_sentences(plan)
    print_data("\n".join((first, *(f"  {sentence}" for sentence in rest))))
