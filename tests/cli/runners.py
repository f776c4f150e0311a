"""The processes that carry releases out, as a test finds them: by the home that stands on their command line."""

from __future__ import annotations

import os
import select
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.terminal.program import leftover_processes

if TYPE_CHECKING:
    from tests.cli.conftest import Console

PATIENCE_S = 20.0


def own_releases(console: Console) -> list[dict[str, Any]]:
    """Those of this home's journal, as `cfconsole releases` lists them; the shop's team has more."""
    return [row for row in console.json("releases").rows if row["source"] == "journal"]


def runners(home: Path) -> list[int]:
    return leftover_processes(home)


def ended(pid: int) -> None:
    """Waits until a process that is no child of ours has ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        assert select.select([descriptor], [], [], PATIENCE_S)[0], f"the runner {pid} does not end"
    finally:
        os.close(descriptor)


def no_runner_left(home: Path) -> None:
    """A release is over a moment before its process is."""
    for pid in runners(home):
        ended(pid)
    assert runners(home) == []


def killed(home: Path, number: signal.Signals = signal.SIGKILL) -> None:
    """Ends the only runner there is."""
    (pid,) = runners(home)
    os.kill(pid, number)
    ended(pid)
