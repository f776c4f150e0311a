"""Runs the work of one command on the cloud: opens it, closes it, and turns failures into sentences and exit codes."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from cfconsole.cli.exits import Exit, Stop
from cfconsole.cli.options import asked
from cfconsole.cli.scope import Scope, needed_projects
from cfconsole.cli.wiring import CloudDoor, read_setup
from cfconsole.config import Config
from cfconsole.domain.errors import CloudError, ErrorKind

if TYPE_CHECKING:
    from cfconsole.session.ports import ClockPort, Cloud

T = TypeVar("T")
TERMINATED = 128 + signal.SIGTERM


class Desk(NamedTuple):
    """What a command works with while the cloud is open."""

    cloud: Cloud
    clock: ClockPort
    config: Config
    scope: Scope


def at_desk(context: click.Context, work: Callable[[Desk], Coroutine[Any, Any, T]]) -> T:
    """The result of `work`. Raises `Stop` for a cloud that fails as a whole; SIGINT and SIGTERM cancel the work."""
    config, scope = read_setup(asked(context))
    needed_projects(scope)
    try:
        return asyncio.run(_work(config, scope, work))
    except CloudError as error:
        raise Stop(error.sentence, exit_for(error)) from error
    except asyncio.CancelledError:
        raise SystemExit(TERMINATED) from None


def exit_for(error: CloudError) -> Exit:
    """The exit code of a call that failed before anything was changed."""
    return Exit.CREDENTIALS if error.kind is ErrorKind.CREDENTIALS else Exit.FAILED


async def _work(config: Config, scope: Scope, work: Callable[[Desk], Coroutine[Any, Any, T]]) -> T:
    from cfconsole.session.clock import WallClock

    _cancel_on_sigterm()
    door = CloudDoor(lambda: scope.emulator, config)
    try:
        cloud = await door.open()
        gc.enable()
        return await work(Desk(cloud, WallClock(), config, scope))
    finally:
        await door.aclose()


def _cancel_on_sigterm() -> None:
    task = asyncio.current_task()
    if task:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
