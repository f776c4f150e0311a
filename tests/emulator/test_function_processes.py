"""Processes of functions never outlive the emulator: neither its end nor SIGTERM or SIGKILL."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest

from cfconsole.emulator.containers.process import ProcessContainer
from cfconsole.emulator.server import running_emulator
from cfconsole.emulator.world.names import parse_service
from cfconsole.emulator.world.world import Delays
from tests.emulator.conftest import clients_of, connected
from tests.emulator.function_deploys import SERVICE, create, get, zipped

SERVE = """
from cfconsole.emulator.server import EmulatorOptions, run
from cfconsole.emulator.world.world import Delays
run(EmulatorOptions(port=0, http_port=0, delays=Delays.none()))
"""
WHERE_I_AM = """
import os, sys
def hello(request):
    return f"{os.getppid()} {os.getpid()} {os.getcwd()}"
"""


def is_running(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        # The process can also end between opening and reading.
        return False


async def until_gone(pids: list[int]) -> None:
    """Waits until none of the processes runs; fails after 15 s."""
    await asyncio.to_thread(_await_end, pids, time.monotonic() + 15)


def _await_end(pids: list[int], deadline: float) -> None:
    while any(map(is_running, pids)):
        assert time.monotonic() < deadline, f"still running: {pids}"
        time.sleep(0.02)


async def until_removed(folder: Path) -> None:
    """Waits until the supervisor has removed the folder after the end of the processes."""
    async with asyncio.timeout(15):
        while await asyncio.to_thread(folder.exists):
            await asyncio.to_thread(time.sleep, 0.02)


async def whereabouts(url: str) -> tuple[list[int], Path]:
    """The processes of a function, and its folder."""
    parent, worker, folder = (await get(url)).text.split()
    return [int(parent), int(worker)], Path(folder)


async def test_the_end_of_the_emulator_is_the_end_of_its_processes() -> None:
    async with (
        running_emulator(load=False, delays=Delays.none(), http_port=0) as emulator,
        connected(emulator) as cloud,
    ):
        made = await create(cloud, zipped({"main.py": WHERE_I_AM}))
        pids, folder = await whereabouts(made.url)
        assert all(map(is_running, pids))
        assert folder.exists()
    await until_gone(pids)
    assert not folder.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_processes_end_with_an_emulator_that_is_killed(number: signal.Signals) -> None:
    emulator = await asyncio.create_subprocess_exec(sys.executable, "-c", SERVE, stdout=asyncio.subprocess.PIPE)
    assert emulator.stdout is not None
    address = (await emulator.stdout.readline()).decode().split()[1].removeprefix("grpc=")
    async with clients_of(address) as cloud:
        made = await create(cloud, zipped({"main.py": WHERE_I_AM}))
        pids, folder = await whereabouts(made.url)
        emulator.send_signal(number)
        assert await emulator.wait() == (0 if number == signal.SIGTERM else -number)
    await until_gone(pids)
    await until_removed(folder)


async def test_processes_end_with_their_supervisor() -> None:
    async with (
        running_emulator(load=False, delays=Delays.none(), http_port=0) as emulator,
        connected(emulator) as cloud,
    ):
        made = await create(cloud, zipped({"main.py": WHERE_I_AM}))
        pids, folder = await whereabouts(made.url)
        [container] = emulator.world.record(parse_service(SERVICE)).containers.values()
        assert isinstance(container, ProcessContainer)
        assert container.pid is not None
        os.kill(container.pid, signal.SIGKILL)
        await until_gone(pids)
        shutil.rmtree(folder)


async def test_a_process_sees_nothing_of_the_emulators_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/secret.json")
    source = "import os\ndef hello(request):\n    return dict(os.environ)\n"
    async with (
        running_emulator(load=False, delays=Delays.none(), http_port=0) as emulator,
        connected(emulator) as cloud,
    ):
        made = await create(cloud, zipped({"main.py": source}), environment_variables={"COLOUR": "red"})
        seen = (await get(made.url)).json()
    assert "GOOGLE_APPLICATION_CREDENTIALS" not in seen
    assert (seen["COLOUR"], seen["K_SERVICE"], seen["FUNCTION_TARGET"]) == ("red", "hello", "hello")
    assert seen["K_REVISION"] == made.service_config.revision
