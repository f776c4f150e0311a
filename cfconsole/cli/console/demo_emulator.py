"""The emulator of `cfconsole demo`, as a child process."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from cfconsole.cli.setup.scope import Emulator
from cfconsole.store.lease import Lease

STOP_WITHIN_S = 5.0
_READY = re.compile(r"^READY grpc=(?P<grpc>\S+) http=(?P<http>\S+)$")


class DemoFailed(Exception):
    """The emulator did not start. The text is the reason from its stderr."""


class DemoStory(NamedTuple):
    """The scenario that the emulator plays."""

    scenario: str
    services: int | None
    seed: int

    def __str__(self) -> str:
        return " ".join(self.arguments())

    def arguments(self) -> list[str]:
        words = ["--scenario", self.scenario, "--seed", str(self.seed)]
        return words if self.services is None else [*words, "--services", str(self.services)]


class DemoEmulator:
    """A child emulator under a lease: a clean exit stops it, and after a crash it lives on for a while."""

    def __init__(self, lease: Lease, process: subprocess.Popen[bytes] | None, pid: int, errors: Path) -> None:
        self._lease = lease
        self._process = process
        self._pid = pid
        self._errors = errors
        self._address: Emulator | None = None

    @classmethod
    def start(cls, story: DemoStory, folder: Path) -> DemoEmulator:
        """Reuses an emulator whose console died, or starts one. Returns at once; `address` waits for it."""
        name = f"demo-{story.scenario}-{story.services or 'all'}-{story.seed}"
        lease = Lease.take(folder / f"{name}.lease") or Lease.take(folder / f"{name}-{os.getpid()}.lease")
        if lease is None:
            raise DemoFailed(f"The demo's files in {folder} are in use; try again.")
        errors = lease.file.with_suffix(".log")
        running = cls._abandoned(lease, errors)
        return running or cls._spawn(story, lease, errors)

    @classmethod
    def _abandoned(cls, lease: Lease, errors: Path) -> DemoEmulator | None:
        note = lease.read()
        if not note.get("pid", "").isdigit() or not _is_emulator(int(note["pid"]), lease.file):
            return None
        found = cls(lease, None, int(note["pid"]), errors)
        found._address = Emulator(note.get("grpc", ""), note.get("http", ""))
        return found

    @classmethod
    def _spawn(cls, story: DemoStory, lease: Lease, errors: Path) -> DemoEmulator:
        command = [sys.executable, "-m", "cfconsole", "emulator", "--port", "0", "--http-port", "0"]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CFCONSOLE_EMULATOR")}
        with open(os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as log:
            process = subprocess.Popen(
                [*command, *story.arguments(), "--lease", str(lease.file)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                env=environment,
            )
        return cls(lease, process, process.pid, errors)

    @property
    def journal(self) -> Path:
        """The journal of this emulator, which is deleted with it."""
        return self._lease.file.with_suffix(".sqlite")

    def address(self) -> Emulator:
        """Waits until the emulator serves; blocks, so it is called in a worker thread. Raises `DemoFailed`."""
        if self._address is None:
            self._address = self._await_ready()
            self._lease.write({"pid": str(self._pid), "grpc": self._address.grpc, "http": self._address.http})
        return self._address

    def _await_ready(self) -> Emulator:
        if self._process is None or self._process.stdout is None:
            raise DemoFailed("The emulator produced no output.")
        line = self._process.stdout.readline().decode(errors="replace").strip()
        match = _READY.match(line)
        if match is None:
            raise DemoFailed(f"The emulator did not start: {self._last_line()}")
        return Emulator(match["grpc"], match["http"])

    def _last_line(self) -> str:
        lines = self._errors.read_text(errors="replace").strip().splitlines()
        messages = [line.removeprefix("cfconsole: ") for line in lines]
        return messages[-1] if messages else "no output; try `cfconsole emulator`."

    def stop(self) -> None:
        """Ends the emulator, waits for its end, and deletes its files."""
        if self._process is None:
            _end_stranger(self._pid)
        else:
            _end_child(self._process)
        for file in self._lease.file.parent.glob(f"{self._lease.file.stem}.*"):
            file.unlink(missing_ok=True)
        self._lease.release()


def _end_child(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _end_stranger(pid: int) -> None:
    """Ends an emulator that an earlier console started. It is no child of this process, so its end is polled."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        if _gone_within(pid, STOP_WITHIN_S):
            return


def _gone_within(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def _is_emulator(pid: int, lease: Path) -> bool:
    """Whether this process is the emulator of this lease. A process number may be in use again."""
    found = subprocess.run(["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return "emulator" in found.stdout and str(lease) in found.stdout
