"""Runs tests on request, each time in a fork of a process that has loaded what is not ours.

The process is started in a copy of the repository and imports no module of the package itself, so that every fork reads
the sources as they are then. Requests and answers are lines of JSON on stdin and stdout.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import multiprocessing
import os
import resource
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import hypothesis
import pytest

from tests.mutate.plugins import ChosenTests, LineRecorder

_LOADED_BEFORE = (
    *("_pytest.main", "click", "httpx", "msgspec", "rich.text", "starlette.applications", "textual.app", "uvicorn"),
    *(
        "google.cloud.functions_v2",
        "google.cloud.logging_v2.types",
        "google.cloud.monitoring_v3",
        "google.cloud.run_v2",
    ),
    *("google.auth.transport.requests", "grpc.aio", "sqlite3"),
)

_MEMORY = 4 * 2**30
"""Bytes for a run: a mutant that fills a list without end dies of it, and nobody else does."""


class Request(NamedTuple):
    """Tests to run in the order of their files, or files whose tests to record."""

    files: Sequence[str]
    tests: Sequence[str] | None
    """Those of the files that are run; nothing runs all of them and records the lines they execute."""
    limit_s: float
    log: str
    """Where the output of pytest is written."""
    result: str
    """Where the tests that failed, or what was recorded, is written."""


class Answer(NamedTuple):
    """How pytest ended; without a code it was ended at the limit."""

    code: int | None
    seconds: float


def main() -> None:
    os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"
    os.environ["GRPC_VERBOSITY"] = "NONE"
    for name in _LOADED_BEFORE:
        importlib.import_module(name)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    for line in sys.stdin:
        answer = _carry_out(Request(*json.loads(line)))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _carry_out(request: Request) -> Answer:
    started = time.monotonic()
    process = multiprocessing.get_context("fork").Process(target=_run_pytest, args=(request,))
    process.start()
    try:
        process.join(request.limit_s)
        return Answer(process.exitcode, round(time.monotonic() - started, 2))
    finally:
        # Programs that the tests started, and pytest itself past its limit.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid or 0, signal.SIGKILL)
        process.join()


def _run_pytest(request: Request) -> None:
    os.setsid()
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    log = os.open(request.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for number, stream in ((os.open(os.devnull, os.O_RDONLY), 0), (log, 1), (log, 2)):
        os.dup2(number, stream)
    os._exit(_pytest_code(request))


def _pytest_code(request: Request) -> int:
    # A failure is wanted, not its smallest example.
    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    profile = hypothesis.settings(derandomize=True, database=None, deadline=None, phases=phases)
    hypothesis.settings.register_profile("mutate", profile)
    plugin = LineRecorder() if request.tests is None else ChosenTests(request.tests)
    options = ["-n", "0", "-q", "--tb=short", "-p", "no:cacheprovider", "--hypothesis-profile=mutate"]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning", *([] if request.tests is None else ["-x"])]
    code = pytest.main([*options, *request.files], plugins=[plugin])
    Path(request.result).write_text(json.dumps(plugin.recorded()))
    sys.stdout.flush()
    return int(code)


if __name__ == "__main__":
    main()
