"""Containers on this machine: the source of a function with functions-framework, each on a port of its own.

They wait for processes in real time, not by the world's clock.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any
from weakref import WeakSet

from cfconsole.emulator.clock import Clock
from cfconsole.emulator.containers.child_process import ChildProcess
from cfconsole.emulator.containers.container import ContainerSettings, IncomingRequest, Reply
from cfconsole.emulator.containers.output import ContainerOutput
from cfconsole.emulator.containers.proxy import Proxy
from cfconsole.emulator.images import NOT_STARTED
from cfconsole.emulator.sinks import EntrySink
from cfconsole.emulator.sources.archive import BadArchive, unpack
from cfconsole.emulator.sources.build import FRAMEWORK, FunctionCode
from cfconsole.emulator.world.names import RevisionName

READY_WITHIN_S = 30.0
TERMINATION_GRACE_S = 10.0
"""The time between SIGTERM and SIGKILL (Cloud Run's container contract)."""
STOPPING = "The emulator is stopping."
RETRY_AFTER_S = 2.0
"""The pause after a failed start, so that not every request starts a process."""
FAILED_JUST_NOW = "The container failed to start moments ago."
MAX_ERROR_LINES = 8
"""Lines of stderr in the message about a failed start."""
_CHECK_EVERY_S = 0.05
_INHERITED = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "LANG")


class ProcessContainer:
    """The process of one revision, started when needed and restarted after it was stopped or died."""

    def __init__(
        self,
        name: RevisionName,
        code: FunctionCode,
        settings: ContainerSettings,
        output: ContainerOutput,
        proxy: Proxy,
        background: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._name = name
        self._code = code
        self._settings = settings
        self._output = output
        self._proxy = proxy
        self._background = background
        self._process: ChildProcess | None = None
        self._port = 0
        self._starting = asyncio.Lock()
        self._error_lines: deque[str] = deque(maxlen=MAX_ERROR_LINES)
        self._closed = asyncio.Event()
        self._is_ready = False
        self._retry_at = 0.0
        """The earliest time for a new start after a failure, by the event loop's clock."""

    @property
    def pid(self) -> int | None:
        """The process id of the supervisor; None if no process runs."""
        return self._process.pid if self._process and not self._process.has_ended else None

    async def start(self) -> str:
        """Starts the process unless it runs already. Returns "", or the reason why it did not start."""
        async with self._starting:
            if self._takes_requests():
                return ""
            if self._closed.is_set():
                return STOPPING
            if asyncio.get_running_loop().time() < self._retry_at:
                return FAILED_JUST_NOW
            try:
                self._process = await self._launch()
            except (BadArchive, OSError) as error:
                return f"The emulator can't start the process: {error}"
            self._background(self._process.watch())
            if self._closed.is_set():
                self.kill()
                return STOPPING
            if await self._wait_until_listening(self._process):
                self._is_ready = True
                return ""
            self.kill()
            self._retry_at = asyncio.get_running_loop().time() + RETRY_AFTER_S
            return "\n".join([NOT_STARTED.format(port=self._port), *self._error_lines])

    async def answer(self, incoming: IncomingRequest) -> Reply:
        """Answers one request: 503 if the process does not start or dies, 504 if it takes too long."""
        if not self._takes_requests() and await self.start():
            return Reply(503, b"Service Unavailable", self._name.revision)
        return await self._proxy.forward(self._port, incoming, self._name, self._settings.timeout_s)

    def stop(self) -> None:
        process, self._process = self._process, None
        if process and not process.has_ended:
            process.terminate()
            self._background(_kill_later(process))

    def kill(self) -> None:
        """Kills the process."""
        process, self._process = self._process, None
        if process and not process.has_ended:
            process.kill()

    async def close(self) -> None:
        """Kills the process for good, and returns when it has ended."""
        self._closed.set()
        process = self._process
        self.kill()
        if process:
            await process.wait()

    def _takes_requests(self) -> bool:
        return self._is_ready and self.pid is not None

    async def _launch(self) -> ChildProcess:
        self._is_ready = False
        self._port = _free_port()
        folder = Path(tempfile.mkdtemp(prefix=f"cfconsole-{self._name.service}-"))
        command = [sys.executable, "-m", FRAMEWORK, "--target", self._code.target, "--source", self._code.module]
        command += ["--signature-type", self._code.signature, "--host", "127.0.0.1", "--port", str(self._port)]
        try:
            await asyncio.to_thread(unpack, self._code.archive, folder)
            return await ChildProcess.start(command, folder, self._environment(folder), self._add_line)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def _add_line(self, stream: str, line: str) -> None:
        if stream == "stderr" and line.strip():
            self._error_lines.append(line)
        self._output.add_line(stream, line)

    def _environment(self, folder: Path) -> Mapping[str, str]:
        """The variables of the revision and of Cloud Run's container contract; the emulator's own are not passed on."""
        return {
            **{name: os.environ[name] for name in _INHERITED if name in os.environ},
            "HOME": str(folder),
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "THREADS": "8",
            **self._settings.environment,
            "PORT": str(self._port),
            "K_SERVICE": self._name.service,
            "K_CONFIGURATION": self._name.service,
            "K_REVISION": self._name.revision,
            "FUNCTION_TARGET": self._code.target,
            "FUNCTION_SIGNATURE_TYPE": self._code.signature,
        }

    async def _wait_until_listening(self, process: ChildProcess) -> bool:
        """Whether the port accepts connections before the process ends or the timeout passes."""
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                while not process.has_ended:
                    if await _connects(self._port):
                        return True
                    await asyncio.sleep(_CHECK_EVERY_S)
        except TimeoutError:
            return False
        return False


async def _connects(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def _kill_later(process: ChildProcess) -> None:
    for _ in range(int(TERMINATION_GRACE_S / _CHECK_EVERY_S)):
        if process.has_ended:
            return
        await asyncio.sleep(_CHECK_EVERY_S)
    process.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class LocalContainerHost:
    """Creates containers, and kills their processes when the emulator stops."""

    def __init__(
        self,
        logs: EntrySink,
        clock: Clock,
        next_id: Callable[[], str],
        background: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._logs = logs
        self._clock = clock
        self._next_id = next_id
        self._background = background
        self._proxy = Proxy()
        self._containers: WeakSet[ProcessContainer] = WeakSet()

    def container(self, name: RevisionName, code: FunctionCode, settings: ContainerSettings) -> ProcessContainer:
        output = ContainerOutput(name, self._logs, self._clock.now, self._next_id)
        made = ProcessContainer(name, code, settings, output, self._proxy, self._background)
        self._containers.add(made)
        return made

    def running(self) -> list[int]:
        """The process ids of the supervisors now running."""
        return [made.pid for made in self._containers if made.pid is not None]

    async def close(self) -> None:
        """Kills all processes; no container can start again."""
        await asyncio.gather(*(made.close() for made in list(self._containers)))
        await self._proxy.aclose()
