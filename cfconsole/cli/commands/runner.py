"""`cfconsole runner`: carries one release out in a process of its own. Started by the console, not by people.

It belongs to no terminal: hang-ups, ctrl-c and ctrl-z of the one it was started from do not reach it. Told to end, it
keeps in the journal how far it is, writes nothing more, and goes.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import gc
import json
import os
import signal
import sys
from pathlib import Path

import click

from cfconsole.cli.exits import Exit
from cfconsole.cli.options import global_options, invocation_options
from cfconsole.cli.runner.work import AnnouncingJournal, DetachedRun, leave_with_emulator
from cfconsole.cli.setup.cloud import CloudOpener
from cfconsole.cli.setup.context import exit_for
from cfconsole.cli.setup.scope import emulator_of
from cfconsole.cli.setup.wiring import read_config
from cfconsole.domain.errors import CloudError, JournalError
from cfconsole.domain.releases.rollout.runner_job import RunnerJob
from cfconsole.session.watch.wall_clock import WallClock
from cfconsole.store.encoding import decode

_NOT_FOR_US = (signal.SIGHUP, signal.SIGINT, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)


@click.command("runner", hidden=True)
@global_options
@click.argument("release_id")
@click.option("--journal", type=click.Path(path_type=Path), required=True)
@click.option("--log", type=click.Path(path_type=Path), required=True)
@click.pass_context
def runner_command(context: click.Context, release_id: str, journal: Path, log: Path) -> None:
    """Carry out the release whose job comes over stdin."""

    job = decode(sys.stdin.buffer.read(), RunnerJob)
    _detach()
    faulthandler.enable()
    answer = StartReply()
    ended = asyncio.run(_carry_out(context, job, journal, answer))
    if log.exists() and not log.stat().st_size:
        # The journal tells it all; what is worth keeping are the last words of a runner that broke.
        log.unlink()
    context.exit(Exit.DONE if ended else Exit.UNKNOWN)


class StartReply:
    """Tells whoever started the runner, once, whether the release began; then nobody is connected any more."""

    def __init__(self) -> None:
        self._said = False

    def begun(self) -> None:
        self._say(begun=True)

    def refused(self, sentence: str, code: Exit = Exit.FAILED) -> None:
        self._say(sentence=sentence, code=int(code))

    def _say(self, **answer: object) -> None:
        if self._said:
            return
        self._said = True
        # Whoever asked may be gone by now; the release does not depend on them.
        with contextlib.suppress(BrokenPipeError):
            os.write(1, json.dumps(answer).encode())
        os.dup2(2, 1)


def _detach() -> None:
    """Leaves the terminal's signals and its process group to those that belong there."""
    sys.stdout.flush()
    if os.fork():
        os._exit(0)
    for number in _NOT_FOR_US:
        signal.signal(number, signal.SIG_IGN)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.umask(0o077)


async def _carry_out(context: click.Context, job: RunnerJob, file: Path, answer: StartReply) -> bool:
    """Whether the release came to an end."""

    config = read_config(invocation_options(context))
    emulator = emulator_of(os.environ)
    opener = CloudOpener(lambda: emulator, config)
    journal = AnnouncingJournal(file, answer.begun)
    running = DetachedRun(job, journal, WallClock(), file.parent / "runners", answer)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.leave)
    try:
        cloud = await opener.open()
        gc.enable()
        async with leave_with_emulator(emulator, running.leave):
            return await running.run(cloud)
    except (CloudError, JournalError) as error:
        click.echo(f"{job.release.id}: {error}", err=True)
        answer.refused(str(error), exit_for(error) if isinstance(error, CloudError) else Exit.REFUSED)
        return False
    finally:
        await opener.aclose()
        await journal.aclose()
