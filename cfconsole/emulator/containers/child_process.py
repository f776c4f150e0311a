"""A child process that ends with the emulator, in a temporary folder of its own."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

SUPERVISOR = Path(__file__).with_name("supervisor.py")
MAX_LINE_LENGTH = 64 * 1024
_CHUNK = 64 * 1024

OnLine = Callable[[str, str], None]
"""Called with `stdout` or `stderr` and one line without its line ending."""


class ChildProcess:
    """A command run by the supervisor script, which removes the folder when the command ends."""

    def __init__(self, process: asyncio.subprocess.Process, on_line: OnLine) -> None:
        self._process = process
        self._on_line = on_line

    @classmethod
    async def start(
        cls, command: Sequence[str], folder: Path, environment: Mapping[str, str], on_line: OnLine
    ) -> ChildProcess:
        """Starts `command` in `folder`, in a session that signals of the terminal don't reach."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(SUPERVISOR), str(folder), *command),
            cwd=folder,
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        return cls(process, on_line)

    @property
    def pid(self) -> int:
        """The process id of the supervisor."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        return self._process.returncode is not None

    async def watch(self) -> None:
        """Passes the output to `on_line` until the process ends; kills it when cancelled. Called once."""
        try:
            async with asyncio.TaskGroup() as pumps:
                pumps.create_task(self._pump("stdout", self._process.stdout))
                pumps.create_task(self._pump("stderr", self._process.stderr))
            await self._process.wait()
        finally:
            self.kill()
            await self._process.wait()

    async def wait(self) -> None:
        """Returns when the process and its supervisor have ended."""
        await self._process.wait()

    def terminate(self) -> None:
        """Sends SIGTERM, so that requests in flight can finish."""
        if not self.has_ended:
            self._process.terminate()

    def kill(self) -> None:
        """Makes the supervisor kill the process and everything it started."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    async def _pump(self, name: str, stream: asyncio.StreamReader | None) -> None:
        assert stream is not None
        rest = b""
        while chunk := await stream.read(_CHUNK):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > MAX_LINE_LENGTH:
                lines, rest = [*lines, rest], b""
            for line in lines:
                self._on_line(name, line.decode(errors="replace").rstrip("\r"))
        if rest:
            self._on_line(name, rest.decode(errors="replace"))
