"""The run of a source's tests, by pytest in a process of its own."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from cfconsole.domain.durations import format_span
from cfconsole.store.source.errors import SourceError
from cfconsole.store.source.process import ProcessResult, python_of, run_process

TESTS_FOLDER = "tests"
TEST_TIMEOUT_S = 300.0
MAX_LINES = 20
_NONE_COLLECTED = 5
_OPTIONS = ("-q", "--tb=short", "--color=no", "--maxfail=3", "-p", "no:cacheprovider")
_SECTION = re.compile(r"=+ (FAILURES|ERRORS) =+")


def has_tests(root: Path) -> bool:
    """Whether there is a file that pytest collects."""
    folder = root / TESTS_FOLDER
    return folder.is_dir() and any(any(folder.rglob(pattern)) for pattern in ("test_*.py", "*_test.py"))


async def run_tests(root: Path, show: Callable[[str], str], within_s: float = TEST_TIMEOUT_S) -> str:
    """The summary of tests that pass. Raises `SourceError` with the first lines of the failures.

    `show` makes their output safe to show.
    """
    python = python_of(root)
    ran = await run_process((python, "-m", "pytest", *_OPTIONS, TESTS_FOLDER), root, _environment(), within_s=within_s)
    lines = tuple(line.rstrip() for line in show(ran.output).splitlines() if line.strip())
    if ran.code in (0, _NONE_COLLECTED):
        return f"tests: {lines[-1]}" if lines else "tests pass"
    raise SourceError(_sentence(ran, lines, python, within_s), tuple(_first_failing(lines))[:MAX_LINES])


def _sentence(ran: ProcessResult, lines: tuple[str, ...], python: str, within_s: float) -> str:
    otherwise = "fix them, or deploy without them (--no-tests)"
    if ran.code is None:
        return f"the tests did not finish within {format_span(within_s)}; {otherwise}"
    if any(line.endswith("No module named pytest") for line in lines):
        return f"the tests can't be run: {python} has no pytest; install it there, or deploy without them (--no-tests)"
    return f"the tests fail ({lines[-1] if lines else f'pytest ended with {ran.code}'}); {otherwise}"


def _first_failing(lines: tuple[str, ...]) -> Iterator[str]:
    """The lines below the headline of the failures, or all lines where there is none."""
    begins = next((number + 1 for number, line in enumerate(lines) if _SECTION.fullmatch(line)), 0)
    yield from lines[begins:]


def _environment() -> dict[str, str]:
    """The operator's environment without the variables of pytest, in which this process may run itself.

    Python writes no bytecode into the source.
    """
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_CORE_"))}
    return {**variables, "PYTHONDONTWRITEBYTECODE": "1"}
