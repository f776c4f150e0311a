"""Owns the private copies of the repository that mutants are made in; the work tree is only read."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.modules import PACKAGE
from tests.mutate.mutants import Mutant
from tests.mutate.worker import Answer, Request

REPOSITORY = PACKAGE.parent
_LEFT_OUT = shutil.ignore_patterns(
    *(".git", ".venv", "venv", "build", "dist", "*.egg-info", "__pycache__", ".*_cache", ".hypothesis", ".coverage*")
)


class Copy:
    """A copy of the repository with a process that runs its tests."""

    def __init__(self, folder: Path) -> None:
        self._root = folder / "repository"
        self._scratch = folder
        self._written = int(time.time())
        shutil.copytree(REPOSITORY, self._root, ignore=_LEFT_OUT)
        environment = {**os.environ, "PYTHONPATH": str(self._root)}
        # Coverage of whoever asks is not coverage of what runs here.
        for name in [name for name in environment if name.startswith(("COV_CORE", "COVERAGE", "PYTEST"))]:
            del environment[name]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.mutate.worker"],
            cwd=self._root,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # An interrupt at the terminal is for whoever asks, who then ends this process.
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.terminate()
        self._process.communicate()

    @property
    def log(self) -> str:
        """What pytest wrote the last time."""
        return (self._scratch / "log").read_text(errors="replace")

    def run(self, files: Sequence[str], tests: Sequence[str] | None, limit_s: float) -> tuple[Answer, Any]:
        """Runs tests, or records those of whole files; the second value is what the run left, if it came to that."""
        result = self._scratch / "result"
        result.unlink(missing_ok=True)
        request = Request(files, tests, limit_s, str(self._scratch / "log"), str(result))
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = Answer(*json.loads(self._process.stdout.readline()))
        return answer, json.loads(result.read_text()) if result.exists() else None

    @contextlib.contextmanager
    def mutated(self, mutant: Mutant) -> Iterator[None]:
        """While this lasts, the copy has the mutant in it."""
        path = self._root / PACKAGE.name / mutant.path
        text = path.read_text()
        self._write(path, mutant.applied_to(text))
        try:
            yield
        finally:
            self._write(path, text)

    def _write(self, path: Path, text: str) -> None:
        """Compiled code is told to be stale by the second of the change: each change here has one of its own."""
        path.write_text(text)
        self._written += 1
        os.utime(path, (self._written, self._written))
