"""Opens the cloud for one command, runs its work, and turns failures into sentences and exit codes."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import click
from msgspec import Struct

from cfconsole.cli.exits import Exit, Stop
from cfconsole.cli.options import invocation_options
from cfconsole.cli.setup.cloud import CloudOpener
from cfconsole.cli.setup.scope import Scope, needed_projects
from cfconsole.cli.setup.wiring import read_setup
from cfconsole.config import Config
from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.session.ports import ClockPort, Cloud
from cfconsole.session.watch.wall_clock import WallClock

T = TypeVar("T")
_END_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


class CommandContext(Struct, frozen=True):
    """What a command needs: the open cloud, the clock, the configuration and the scope."""

    cloud: Cloud
    clock: ClockPort
    config: Config
    scope: Scope


def with_cloud(context: click.Context, work: Callable[[CommandContext], Coroutine[Any, Any, T]]) -> T:
    """The result of `work`, which SIGINT, SIGTERM and SIGHUP cancel. A `CloudError` that it raises becomes a `Stop`."""
    config, scope = read_setup(invocation_options(context))
    needed_projects(scope)
    received: list[int] = []
    try:
        return asyncio.run(_work(config, scope, work, received))
    except CloudError as error:
        raise Stop(error.sentence, exit_for(error)) from error
    except asyncio.CancelledError:
        if not received:
            raise
        raise SystemExit(signal_exit_code(received[0])) from None


def exit_for(error: CloudError) -> Exit:
    """The exit code of a call that failed before anything was changed."""
    return Exit.CREDENTIALS if error.kind is ErrorKind.CREDENTIALS else Exit.FAILED


def signal_exit_code(number: int) -> int:
    """The exit code of a command that a signal ended, as in shells."""
    return 128 + number


def ending_signals() -> tuple[signal.Signals, ...]:
    """The signals that end a command, except those that its starter set to be ignored, as `nohup` does."""
    return tuple(number for number in _END_SIGNALS if signal.getsignal(number) is not signal.SIG_IGN)


async def _work(
    config: Config, scope: Scope, work: Callable[[CommandContext], Coroutine[Any, Any, T]], received: list[int]
) -> T:

    _cancel_on_signals(received)
    opener = CloudOpener(lambda: scope.emulator, config)
    try:
        cloud = await opener.open()
        gc.enable()
        return await work(CommandContext(cloud, WallClock(), config, scope))
    finally:
        await _cancel_others()
        await opener.aclose()


async def _cancel_others() -> None:
    """Cancels the calls beside one that failed: without their channel they would end in a traceback."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def _cancel_on_signals(received: list[int]) -> None:
    task = asyncio.current_task()
    assert task

    def cancel(number: int) -> None:
        received.append(number)
        task.cancel()

    for number in ending_signals():
        asyncio.get_running_loop().add_signal_handler(number, cancel, number)
