"""Starts a runner process for a release in steps, and follows it by the journal while this command runs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

from cfconsole.cli.changes.outcome import DetachedRelease, Failure
from cfconsole.cli.exits import Exit
from cfconsole.cli.output.document import print_note
from cfconsole.cli.runner.launch import RunnerFiles, RunnerLauncher
from cfconsole.cli.setup.context import CommandContext, exit_for
from cfconsole.cli.setup.wiring import actor, config_file, journal_file
from cfconsole.domain.errors import CloudError, JournalError
from cfconsole.domain.releases.model import Approval, Plan, Release, as_interrupted
from cfconsole.domain.releases.planning.request import PlanRequest, SourceRequest, values_of
from cfconsole.domain.releases.rollout.runner_job import RunnerJob
from cfconsole.domain.releases.steps import OnDisconnect, Policy
from cfconsole.session.ports import ClockPort, SharedJournalPort
from cfconsole.session.releases.record import new_release
from cfconsole.session.releases.source_upload import UploadPorts, upload_source

POLL_EVERY_S = 0.2
_WITHOUT_US = {
    OnDisconnect.FINISH: "continues without this terminal",
    OnDisconnect.HOLD: "finishes its step without this terminal, then waits until somebody watches it",
    OnDisconnect.RESTORE: "restores the previous traffic, since nobody is watching any more",
}


async def run_new(
    context: CommandContext, journal: SharedJournalPort, approval: Approval, request: PlanRequest, *, wait: bool
) -> Release | DetachedRelease | Failure:
    """How a newly approved release ended, or that it continues. A source is uploaded first, by this process."""
    release = new_release(approval, actor(os.environ), context.clock.now())
    if isinstance(request, SourceRequest):
        ports = UploadPorts(context.cloud, journal, context.clock)
        release = await upload_source(ports, release, request.source, _print_event)
        if release.ended_at:
            return release
    return await run_job(context, journal, RunnerJob(release, approval.how, values_of(request)), wait=wait)


async def run_job(
    context: CommandContext, journal: SharedJournalPort, job: RunnerJob, *, wait: bool
) -> Release | DetachedRelease | Failure:
    """How a job ended, or that its release continues."""
    runners = RunnerLauncher(
        RunnerFiles(journal_file(context.scope), lambda: context.scope.emulator, config_file(context.config))
    )
    plan = job.release.plan
    policy = plan.policy or Policy()
    if wait and policy.on_disconnect is not OnDisconnect.FINISH:
        # Under FINISH the command is no watcher: nobody could answer a question here.
        runners.watch(job.release.id)
    try:
        await runners.launch(job)
        return await _follow(context, journal, job, wait=wait)
    except CloudError as error:
        return Failure(error.sentence, exit_for(error))
    except JournalError as error:
        goes_on = f"release {job.release.id} can't be followed, but continues in the background"
        return Failure(f"{goes_on}: {str(error).rstrip('.')}", Exit.UNKNOWN)
    except asyncio.CancelledError:
        print_note(detached_message(plan, job.release.id, policy.on_disconnect))
        raise
    finally:
        runners.close()


def detached_message(plan: Plan, release_id: str, on_disconnect: OnDisconnect) -> str:
    """What happens to a release that is no longer followed, and the commands for it."""
    return (
        f"{plan.service}: release {release_id} {_WITHOUT_US[on_disconnect]}; `cfconsole releases show {release_id}`"
        f" shows its progress, `cfconsole releases abort {release_id}` restores the previous traffic."
    )


async def _follow(
    context: CommandContext, journal: SharedJournalPort, job: RunnerJob, *, wait: bool
) -> Release | DetachedRelease | Failure:
    def say(sentence: str) -> None:
        print_note(f"{job.release.plan.service}: {sentence}")

    if wait:
        say(f"release {job.release.id} runs in a process of its own; ctrl-c leaves it running")
        release = await follow_release(journal, context.clock, job.release.id, say, seen=len(job.release.events))
    else:
        release = await journal.release(job.release.id)
    assert release is not None, "a runner that has begun has its release in the journal"
    return release if wait else DetachedRelease(release)


def _print_event(release: Release) -> None:
    if release.events:
        print_note(f"{release.plan.service}: {release.events[-1].sentence}")


async def follow_release(
    journal: SharedJournalPort, clock: ClockPort, release_id: str, say: Callable[[str], None], *, seen: int = 0
) -> Release | None:
    """The release once it ended, or once nobody carries it out any more. Says each event after the first `seen`.

    Raises `JournalError`; `None` where the journal knows no such release.
    """
    position, question = -1, ""
    while True:
        # Read first: a process stores the end of a release before it gives up its claim.
        claimed = await journal.claimed([release_id])
        newest = await journal.position()
        if newest != position or not claimed:
            position = newest
            release = await journal.release(release_id)
            if release is None:
                return None
            for event in release.events[seen:]:
                say(event.sentence)
            seen = len(release.events)
            if release.ended_at:
                return release
            if not claimed:
                return as_interrupted(release)
        question = await _say_question(journal, release_id, question, say)
        await clock.sleep(POLL_EVERY_S)


async def _say_question(journal: SharedJournalPort, release_id: str, question: str, say: Callable[[str], None]) -> str:
    """Prints a question of the release once. Returns the last question."""
    progress = (await journal.progress_by_id()).get(release_id)
    if progress is None or not progress.asks or progress.sentence == question:
        return question if progress and progress.asks else ""
    say(progress.sentence)
    return progress.sentence
