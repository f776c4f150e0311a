"""Starts the process that carries out a release, detached from this terminal, and marks releases as watched.

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
"""How long systemd may take to answer whether it starts scopes for this user."""


class RunnerFiles(NamedTuple):
    """What a runner needs besides its job."""

    journal: Path
    address: Callable[[], Emulator | None]
    """Where the emulator is; `None`: the real cloud. May block."""
    config: Path | None = None

    @property
    def folder(self) -> Path:
        """Where the logs of runners and the marks of watchers are."""
        return self.journal.parent / "runners"


class RunnerLauncher:
    """The runners port. A runner outlives this process; the marks of its watchers do not."""

    def __init__(self, files: RunnerFiles) -> None:
        self._files = files
        self._watches: Watches | None = None

    def watch(self, release_id: str) -> None:

        self._watches = self._watches or Watches(self._files.folder)
        # Without a mark the release continues as unwatched, by its policy.
        with contextlib.suppress(OSError):
            self._watches.watch(release_id)

    def unwatch(self, release_id: str) -> None:
        if self._watches:
            self._watches.unwatch(release_id)

    def close(self) -> None:
        if self._watches:
            self._watches.close()

    async def launch(self, job: RunnerJob) -> None:
        """Returns once the runner has stored the release in the journal. Raises `CloudError` if it does not."""
        reply = await asyncio.to_thread(self._launch, job)
        if "begun" not in reply:
            kind = ErrorKind.CREDENTIALS if reply.get("code") == Exit.CREDENTIALS else ErrorKind.INTERNAL
            raise CloudError(kind, str(reply.get("sentence") or self._no_reply_message(job.release.id)))

    def _launch(self, job: RunnerJob) -> Mapping[str, object]:

        log = self._files.folder / f"{job.release.id}.log"
        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        arguments = [*_scope_words(job.release.id), *self._arguments(job.release.id, log)]
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            process = subprocess.Popen(
                arguments,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=descriptor,
                cwd="/",
                env=self._environment(),
                start_new_session=True,
            )
        finally:
            os.close(descriptor)
        # The process forks and exits at once. Its child closes the pipe once the release has begun, or by dying.
        reply, _ = process.communicate(encode(job))
        return _parse_reply(reply)

    def _arguments(self, release_id: str, log: Path) -> Sequence[str]:
        config = ["--config", str(self._files.config.absolute())] if self._files.config else []
        paths = ["--journal", str(self._files.journal), "--log", str(log)]
        return [sys.executable, "-m", "cfconsole", "runner", release_id, *paths, *config]

    def _environment(self) -> Mapping[str, str]:
        environment = {name: value for name, value in os.environ.items() if name not in (EMULATOR_HOST, EMULATOR_HTTP)}
        emulator = self._files.address()
        if emulator is None:
            return environment
        return environment | {EMULATOR_HOST: emulator.grpc, EMULATOR_HTTP: emulator.http}

    def _no_reply_message(self, release_id: str) -> str:
        log = self._files.folder / f"{release_id}.log"
        return f"The runner process ended before the release began; nothing was changed. See {log}"


def _scope_words(release_id: str) -> Sequence[str]:
    """With systemd the runner gets its own unit: logind may kill the processes of a closed session."""
    systemd_run = shutil.which("systemd-run")
    if systemd_run is None or not os.environ.get("XDG_RUNTIME_DIR"):
        return ()
    arguments = [systemd_run, "--user", "--scope", "--quiet", "--collect"]
    try:
        tried = subprocess.run(
            [*arguments, "true"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=PROBE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return () if tried.returncode else [*arguments, f"--unit=cfconsole-{release_id}-{os.getpid()}", "--"]


def _parse_reply(content: bytes) -> Mapping[str, object]:
    """The runner's reply to its start; empty if it died before."""
    try:
        reply = msgspec.json.decode(content or b"{}")
    except (msgspec.MsgspecError, UnicodeError):
        return {}
    return reply if isinstance(reply, dict) else {}
