"""Starts a runner process for a release in steps and follows it while this command runs."""

from __future__ import annotations

import asyncio
import os

from cfconsole.cli.changes.outcome import DetachedRelease, Failure
from cfconsole.cli.exits import Exit
from cfconsole.cli.output.document import print_note
from cfconsole.cli.runner.follow import follow_release
from cfconsole.cli.runner.launch import RunnerFiles, RunnerLauncher
from cfconsole.cli.setup.context import CommandContext, exit_for
from cfconsole.cli.setup.wiring import actor, config_file, journal_file
from cfconsole.domain.errors import CloudError, JournalError
from cfconsole.domain.releases.model import Approval, Plan, Release
from cfconsole.domain.releases.planning.request import PlanRequest, SourceRequest, values_of
from cfconsole.domain.releases.rollout.runner_job import RunnerJob
from cfconsole.domain.releases.steps import OnDisconnect, Policy
from cfconsole.session.ports import SharedJournalPort
from cfconsole.session.releases.record import new_release
from cfconsole.session.releases.source_upload import UploadPorts, upload_source

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
