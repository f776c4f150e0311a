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

_END_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def unwind_on_signals() -> Iterator[None]:
    """Within the block SIGTERM and SIGHUP raise `SystemExit` instead of killing the process."""
    before = {number: signal.signal(number, _unwind) for number in _END_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def postpone_signals() -> Iterator[None]:
    """Holds signals back until the block ends."""
    received: list[int] = []
    numbers = (*_END_SIGNALS, signal.SIGINT)
    before = {number: signal.signal(number, lambda number, frame: received.append(number)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if received:
            signal.raise_signal(received[0])


def leave_on_signals(leave: Callable[[], None], disconnect: Callable[[], None]) -> None:
    """Makes signals leave the screen as `q` does. `disconnect` is called before if the terminal is gone."""

    def hang_up() -> None:
        if terminal_gone():
            disconnect()
        leave()

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, leave)
    loop.add_signal_handler(signal.SIGINT, leave)
    loop.add_signal_handler(signal.SIGHUP, hang_up)


def terminal_gone(descriptor: int = 0) -> bool:
    """Whether the terminal hung up. SIGHUP alone does not say so: it can be sent by hand."""
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(events & (select.POLLHUP | select.POLLNVAL | select.POLLERR) for _, events in poll.poll(0))


def has_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def need_terminal() -> None:
    """Raises `Stop` without a terminal."""
    if not has_terminal():
        raise Stop("The console needs a terminal; `cfconsole --help` lists the commands that don't.", Exit.USAGE)


def _unwind(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(Exit.DONE)
