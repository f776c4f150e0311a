"""Resumes a release whose process is gone, or aborts one and restores the previous traffic."""

from __future__ import annotations

import os
from typing import NamedTuple

from msgspec.structs import replace

from cfconsole.cli.changes.consent import Consent, approve_by_options
from cfconsole.cli.changes.outcome import ChangeOutcome, DetachedRelease, Failure
from cfconsole.cli.exits import Exit
from cfconsole.cli.output.document import print_note
from cfconsole.cli.releases.read import find_release, open_journal
from cfconsole.cli.runner.start_and_follow import follow_release, run_job
from cfconsole.cli.setup.context import CommandContext
from cfconsole.cli.setup.wiring import actor
from cfconsole.domain.releases.kinds import ReleaseKind
from cfconsole.domain.releases.model import Refusal, RefusalReason, Release, ReleaseState
from cfconsole.domain.releases.rollout.progress import CommandRecord
from cfconsole.domain.releases.rollout.runner_job import RunnerJob
from cfconsole.domain.releases.rollout.values import Command
from cfconsole.session.releases.recovery import read_recovery
from cfconsole.store.releases.journal import Journal


class CommandOutcome(NamedTuple):
    """The outcome of a resume or an abort. A release that was aborted on request is no failure."""

    outcome: ChangeOutcome
    command: Command

    @property
    def code(self) -> Exit:
        release = self.outcome.release
        if self.command is Command.ABORT and release and release.state is ReleaseState.ABORTED:
            return Exit.DONE
        return self.outcome.code


async def command_release(
    context: CommandContext, release_id: str, command: Command, consent: Consent, *, wait: bool
) -> CommandOutcome:
    """Raises `Stop` for an unknown release, and for a journal that can't be used."""
    async with open_journal(context) as journal:
        release = await find_release(journal, release_id)
        outcome = ChangeOutcome(release.plan.kind, release.plan.service, release.plan)
        end = await _carry_out(context, journal, release, command, consent, wait=wait)
        return CommandOutcome(replace(outcome, end=end), command)


async def _carry_out(
    context: CommandContext, journal: Journal, release: Release, command: Command, consent: Consent, *, wait: bool
) -> Release | DetachedRelease | Refusal | Failure:
    if release.ended_at:
        sentence = f"release {release.id} has already ended ({release.state.replace('_', ' ')}): {release.outcome}"
        return Refusal(
            RefusalReason.ALREADY_DONE if release.state is _ENDS[command] else RefusalReason.CHANGED, sentence
        )
    claimed = bool(await journal.claimed([release.id]))
    refusal = await _refusal(context, release, command, claimed=claimed) or _missing_consent(
        context, release, command, consent
    )
    if refusal:
        return refusal
    if claimed:
        return await _send_abort(context, journal, release, wait=wait)
    return await run_job(context, journal, RunnerJob(release, command=command), wait=wait)


_ENDS = {Command.ABORT: ReleaseState.ABORTED, Command.CONTINUE: ReleaseState.SUCCEEDED}


async def _refusal(context: CommandContext, release: Release, command: Command, *, claimed: bool) -> Refusal | None:
    """Why the command is not possible. Otherwise prints what will be done."""
    if claimed:
        if command is Command.ABORT:
            return None
        sentence = f"release {release.id} is under way in another process; `cfconsole releases show {release.id}`"
        return Refusal(RefusalReason.BUSY, f"{sentence} shows its progress")
    recovery = await read_recovery(context.cloud, context.clock, release)
    option = recovery.abort if command is Command.ABORT else recovery.resume
    if isinstance(option, Refusal):
        return replace(option, sentence=f"{option.sentence.rstrip('.')}; {recovery.leave}")
    print_note(f"{release.plan.service}: {option.sentence}")
    return None


def _missing_consent(context: CommandContext, release: Release, command: Command, consent: Consent) -> Refusal | None:
    """Resuming needs the approval of the release's kind again; aborting needs that of a rollback."""
    scope = context.scope
    kind = ReleaseKind.ROLLBACK if command is Command.ABORT else release.plan.kind
    plan = replace(release.plan, kind=kind, must_name="")
    approval = approve_by_options(plan, (), consent, scope.guards, read_only=scope.read_only, at=context.clock.now())
    return approval if isinstance(approval, Refusal) else None


async def _send_abort(
    context: CommandContext, journal: Journal, release: Release, *, wait: bool
) -> Release | DetachedRelease:
    """Asks the process that runs the release to restore the previous traffic."""
    await journal.add_command(release.id, CommandRecord(Command.ABORT, actor(os.environ), context.clock.now()))
    if not wait:
        return DetachedRelease(release)

    def say(sentence: str) -> None:
        print_note(f"{release.plan.service}: {sentence}")

    end = await follow_release(journal, context.clock, release.id, say, seen=len(release.events))
    return end or release
