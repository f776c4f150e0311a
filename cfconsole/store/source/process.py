"""Processes that run a source's code, such as its tests, with limits on time and output."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

MAX_OUTPUT = 256 * 1024
"""How much output is kept; the rest is read and dropped."""
_CHUNK = 64 * 1024


class ProcessResult(NamedTuple):
    """The exit code and output of a process."""

    code: int | None
    """`None` where the process was killed because it took too long."""
    output: str


def python_of(root: Path) -> str:
    """The interpreter for a source: that of its virtual environment, which has its dependencies, or the console's."""
    for name in (".venv", "venv"):
        python = root / name / "bin" / "python"
        if os.access(python, os.X_OK):
            return str(python)
    return sys.executable


async def run_process(
    command: Sequence[str], root: Path, environment: Mapping[str, str], *, within_s: float, stdin: bytes = b""
) -> ProcessResult:
    """Runs a command in `root`, with stderr in stdout. None of its processes outlives the call."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=root,
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(within_s):
            _, output = await asyncio.gather(_write_input(process, stdin), _read(process))
            return ProcessResult(await process.wait(), output)
    except TimeoutError:
        return ProcessResult(None, "")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _write_input(process: asyncio.subprocess.Process, stdin: bytes) -> None:
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(stdin)
        await process.stdin.drain()
    process.stdin.close()


async def _read(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    output = b""
    while chunk := await process.stdout.read(_CHUNK):
        output += chunk[: MAX_OUTPUT - len(output)]
    return output.decode(errors="replace")
