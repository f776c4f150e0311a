"""Starts the process that carries a release out, away from this terminal, and marks who watches it.

Values of variables go through a pipe, once: never into arguments, the environment or a file.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from cfconsole.cli.exits import Exit
from cfconsole.cli.setup.scope import EMULATOR_HOST, EMULATOR_HTTP, Emulator
from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.store.encoding import encode
from cfconsole.store.releases.leases import Watches

if TYPE_CHECKING:
    from cfconsole.domain.releases.rollout.runner_job import RunnerJob

PROBE_S = 2.0
"""How long systemd may take to say whether it starts scopes for this user."""


class RunnerFiles(NamedTuple):
    """What a runner has to know beside its job."""

    journal: Path
    address: Callable[[], Emulator | None]
    """Where the emulator is; `None`: the real cloud. May block."""
    config: Path | None = None

    @property
    def folder(self) -> Path:
        """Where the last words of runners and the marks of their watchers are."""
        return self.journal.parent / "runners"


class RunnerLauncher:
    """The runners port. A started runner outlives this process, however that ends; what it watches it does not."""

    def __init__(self, place: RunnerFiles) -> None:
        self._place = place
        self._watches: Watches | None = None

    def watch(self, release_id: str) -> None:

        self._watches = self._watches or Watches(self._place.folder)
        # Where no mark can be left the release goes on as if nobody watched it, as its policy says.
        with contextlib.suppress(OSError):
            self._watches.watch(release_id)

    def unwatch(self, release_id: str) -> None:
        if self._watches:
            self._watches.unwatch(release_id)

    def close(self) -> None:
        if self._watches:
            self._watches.close()

    async def launch(self, job: RunnerJob) -> None:
        """Returns once the runner has the release in the journal. Raises `CloudError` where it did not come so far."""
        answer = await asyncio.to_thread(self._launch, job)
        if "begun" not in answer:
            kind = ErrorKind.CREDENTIALS if answer.get("code") == Exit.CREDENTIALS else ErrorKind.INTERNAL
            raise CloudError(kind, str(answer.get("sentence") or self._silent(job.release.id)))

    def _launch(self, job: RunnerJob) -> Mapping[str, object]:

        log = self._place.folder / f"{job.release.id}.log"
        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        words = [*_scope_words(job.release.id), *self._words(job.release.id, log)]
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            process = subprocess.Popen(
                words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=descriptor,
                cwd="/",
                env=self._environment(),
                start_new_session=True,
            )
        finally:
            os.close(descriptor)
        # The process forks and ends at once; what is left of it has the pipe, and closes it when it has begun or died.
        said, _ = process.communicate(encode(job))
        return _answer(said)

    def _words(self, release_id: str, log: Path) -> Sequence[str]:
        config = ["--config", str(self._place.config.absolute())] if self._place.config else []
        places = ["--journal", str(self._place.journal), "--log", str(log)]
        return [sys.executable, "-m", "cfconsole", "runner", release_id, *places, *config]

    def _environment(self) -> Mapping[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in (EMULATOR_HOST, EMULATOR_HTTP)}
        emulator = self._place.address()
        if emulator is None:
            return kept
        return kept | {EMULATOR_HOST: emulator.grpc, EMULATOR_HTTP: emulator.http}

    def _silent(self, release_id: str) -> str:
        log = self._place.folder / f"{release_id}.log"
        return f"The runner process ended before the release began; nothing was changed. See {log}"


def _scope_words(release_id: str) -> Sequence[str]:
    """With systemd the runner gets a unit of its own, for logind may kill what a closed session leaves."""
    systemd_run = shutil.which("systemd-run")
    if systemd_run is None or not os.environ.get("XDG_RUNTIME_DIR"):
        return ()
    words = [systemd_run, "--user", "--scope", "--quiet", "--collect"]
    try:
        tried = subprocess.run(
            [*words, "true"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=PROBE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return () if tried.returncode else [*words, f"--unit=cfconsole-{release_id}-{os.getpid()}", "--"]


def _answer(said: bytes) -> Mapping[str, object]:
    """What the runner said of its start; empty where it did not live to say anything."""
    try:
        answer = msgspec.json.decode(said or b"{}")
    except (msgspec.MsgspecError, UnicodeError):
        return {}
    return answer if isinstance(answer, dict) else {}
