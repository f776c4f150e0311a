"""`cfconsole runner`: carries out one release in a process of its own. The console starts it, not people.

It is detached from the terminal: hang-ups, ctrl-c and ctrl-z do not reach it. On SIGTERM it records its progress in
the journal, writes nothing more, and exits.
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

_IGNORED_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)


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
    reply = StartReply()
    ended = asyncio.run(_carry_out(context, job, journal, reply))
    if log.exists() and not log.stat().st_size:
        # The journal has everything. Only the output of a runner that crashed is worth keeping.
        log.unlink()
    context.exit(Exit.DONE if ended else Exit.UNKNOWN)


class StartReply:
    """The runner's one reply to its starter: begun or refused. Stdout is closed afterwards."""

    def __init__(self) -> None:
        self._sent = False

    def begun(self) -> None:
        self._send(begun=True)

    def refused(self, sentence: str, code: Exit = Exit.FAILED) -> None:
        self._send(sentence=sentence, code=int(code))

    def _send(self, **reply: object) -> None:
        if self._sent:
            return
        self._sent = True
        # The starter may be gone by now. The release does not depend on it.
        with contextlib.suppress(BrokenPipeError):
            os.write(1, json.dumps(reply).encode())
        os.dup2(2, 1)


def _detach() -> None:
    """Detaches from the terminal, its signals and its process group."""
    sys.stdout.flush()
    if os.fork():
        os._exit(0)
    for number in _IGNORED_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    with open(os.devnull, "rb") as null:
        os.dup2(null.fileno(), 0)
    os.umask(0o077)


async def _carry_out(context: click.Context, job: RunnerJob, file: Path, reply: StartReply) -> bool:
    """Whether the release came to an end."""

    config = read_config(invocation_options(context))
    emulator = emulator_of(os.environ)
    opener = CloudOpener(lambda: emulator, config)
    journal = AnnouncingJournal(file, reply.begun)
    run = DetachedRun(job, journal, WallClock(), file.parent / "runners", reply)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, run.leave)
    try:
        cloud = await opener.open()
        gc.enable()
        async with leave_with_emulator(emulator, run.leave):
            return await run.run(cloud)
    except (CloudError, JournalError) as error:
        click.echo(f"{job.release.id}: {error}", err=True)
        reply.refused(str(error), exit_for(error) if isinstance(error, CloudError) else Exit.REFUSED)
        return False
    finally:
        await opener.aclose()
        await journal.aclose()
