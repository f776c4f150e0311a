"""Owns what is watched in a run of pytest: which test executes which lines, or whether any of some tests fails."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import NamedTuple

import coverage
import pytest

from tests.modules import PACKAGE


class Recorded(NamedTuple):
    """The passed tests of one file with their seconds, and the tests that execute each line of each source."""

    seconds: dict[str, float]
    lines: dict[str, dict[int, list[int]]]
    """By path and line; each test is its number among `seconds`."""


class LineRecorder:
    """A plugin of pytest; started before any module of the package is imported."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._failed: set[str] = set()
        self._coverage = coverage.Coverage(data_file=None, config_file=False, branch=False, include=[f"{PACKAGE}/*"])
        self._coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self._coverage.switch_context(item.nodeid)
        started = time.perf_counter()
        done = yield
        self._seconds[item.nodeid] = round(time.perf_counter() - started, 3)
        self._coverage.switch_context("")
        return done

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.passed:
            self._failed.add(report.nodeid)

    def recorded(self) -> Recorded:
        self._coverage.stop()
        data = self._coverage.get_data()
        seconds = {test: seconds for test, seconds in self._seconds.items() if test not in self._failed}
        numbers = {test: number for number, test in enumerate(seconds)}
        lines: dict[str, dict[int, list[int]]] = defaultdict(dict)
        for file in data.measured_files():
            path = Path(file).relative_to(PACKAGE).as_posix()
            for line, tests in data.contexts_by_lineno(file).items():
                if passed := [numbers[test] for test in tests if test in numbers]:
                    lines[path][line] = passed
        return Recorded(seconds, dict(lines))


class Failed(NamedTuple):
    """The tests that failed, and how many were run."""

    tests: list[str]
    run: int


class ChosenTests:
    """A plugin of pytest that runs some tests of the files it is given, in its own order."""

    def __init__(self, tests: Sequence[str]) -> None:
        self._order = {test: number for number, test in enumerate(tests)}
        self._failed: list[str] = []
        self._run = 0

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted(
            (item for item in items if item.nodeid in self._order), key=lambda item: self._order[item.nodeid]
        )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._run += report.when == "call"
        if report.failed:
            self._failed.append(report.nodeid)

    def recorded(self) -> Failed:
        return Failed(self._failed, self._run)
