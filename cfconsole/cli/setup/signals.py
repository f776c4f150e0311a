"""The terminal and its signals: SIGTERM, SIGHUP and ctrl-c stop whatever the console started before it ends."""

from __future__ import annotations

import asyncio
import contextlib
import select
import signal
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import NoReturn

from cfconsole.cli.exits import Exit, Stop

_ENDINGS = (signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def unwind_on_signals() -> Iterator[None]:
    """Lets SIGTERM and SIGHUP unwind the block where they would end the process on the spot."""
    before = {number: signal.signal(number, _unwind) for number in _ENDINGS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def postpone_signals() -> Iterator[None]:
    """Lets the block run to its end; a signal that came meanwhile takes effect then."""
    came: list[int] = []
    numbers = (*_ENDINGS, signal.SIGINT)
    before = {number: signal.signal(number, lambda number, frame: came.append(number)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])


def leave_on_signals(leave: Callable[[], None], go_dark: Callable[[], None]) -> None:
    """From now on signals leave the screen as `q` does; `go_dark` comes before where there is no terminal any more."""

    def hang_up() -> None:
        if terminal_gone():
            go_dark()
        leave()

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, leave)
    loop.add_signal_handler(signal.SIGINT, leave)
    loop.add_signal_handler(signal.SIGHUP, hang_up)


def terminal_gone(descriptor: int = 0) -> bool:
    """Whether the terminal hung up; SIGHUP can also be sent by hand."""
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(events & (select.POLLHUP | select.POLLNVAL | select.POLLERR) for _, events in poll.poll(0))


def has_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def need_terminal() -> None:
    """Raises `Stop` where there is none."""
    if not has_terminal():
        raise Stop("The console needs a terminal; `cfconsole --help` lists the commands that don't.", Exit.USAGE)


def _unwind(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(Exit.DONE)
