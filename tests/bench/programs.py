"""The measured programs and those they need: console, emulator, lnav. Each ends with its block."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.link import Link

FIRST_SCREEN = (120, 40)
LARGE_SCREEN = (200, 50)
_INHERITED = ("PATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "PYTHONPATH", "LANG")


class Workshop(NamedTuple):
    """The thoroughness of a measurement, and a folder for it."""

    folder: Path
    quick: bool = False
    full: bool = False

    def environment(self, **more: str) -> dict[str, str]:
        """An environment without the operator's files; compiled modules are cached."""
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        places = {f"XDG_{name}_HOME": str(self.folder / name.lower()) for name in ("CONFIG", "STATE", "CACHE", "DATA")}
        return inherited | places | {"HOME": str(self.folder), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"} | more

    def seconds(self, usual: float, quick: float) -> float:
        return quick if self.quick else usual


class EmulatorAddress(NamedTuple):
    """A running emulator."""

    grpc: str
    http: str

    @property
    def environment(self) -> dict[str, str]:
        return {"CFCONSOLE_EMULATOR_HOST": self.grpc, "CFCONSOLE_EMULATOR_HTTP": self.http}

    def world(self) -> dict[str, Any]:
        """Gets JSON from the admin endpoint."""
        with urllib.request.urlopen(f"http://{self.http}/admin/world", timeout=10) as answer:
            world: dict[str, Any] = json.load(answer)
        return world

    def switch(self, kind: str, **more: object) -> None:
        """Injects a fault of this kind."""
        self.post("faults", {"kind": kind, **more})

    def post(self, what: str, body: dict[str, object]) -> None:
        """Posts JSON to the admin endpoint."""
        request = urllib.request.Request(f"http://{self.http}/admin/{what}", json.dumps(body).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=10):
            return

    def service(self, name: str) -> dict[str, Any]:
        """The row of a service in the emulator's world."""
        return next(row for row in self.world()["services"] if row["name"] == name)


@contextmanager
def emulator(workshop: Workshop, *options: str) -> Iterator[EmulatorAddress]:
    """`cfconsole emulator` with these options."""
    with _serving(workshop, "cfconsole", "emulator", "--port", "0", "--http-port", "0", *options) as at:
        yield at


@contextmanager
def idle_emulator(workshop: Workshop) -> Iterator[EmulatorAddress]:
    """An emulator without load and story, and without a quota for tails."""
    with _serving(workshop, "tests.bench.idle_emulator") as at:
        yield at


@contextmanager
def _serving(workshop: Workshop, module: str, *options: str) -> Iterator[EmulatorAddress]:
    command = [sys.executable, "-m", module, *options]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=workshop.environment(), start_new_session=True
    )
    try:
        words = process.stdout.readline().split() if process.stdout else []
        if len(words) != 3:
            raise RuntimeError(f"{' '.join(command)} did not get ready.")
        yield EmulatorAddress(words[1].removeprefix("grpc="), words[2].removeprefix("http="))
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def console(
    workshop: Workshop,
    at: EmulatorAddress,
    *options: str,
    project: str = "shop-prod",
    size: tuple[int, int] = LARGE_SCREEN,
    rate: float | None = None,
    watched: bool = False,
) -> Link:
    """The console on an emulator."""
    command = [sys.executable, "-m", "cfconsole", "--project", project, *options]
    return Link(command, workshop.environment(**at.environment), size, rate=rate, watched=watched)


def floor(workshop: Workshop, *words: str, size: tuple[int, int]) -> Link:
    """A program of `tests.bench.floor`."""
    return Link([sys.executable, "-m", "tests.bench.floor", *words], workshop.environment(), size)


def lnav(workshop: Workshop, file: Path) -> Link | None:
    """lnav following a file; None if it is not installed."""
    program = shutil.which("lnav")
    return Link([program, "-N", str(file)], workshop.environment(), LARGE_SCREEN, watched=True) if program else None
