"""Owns which tests execute which lines: recorded for each file of tests, and kept while what it says is true."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.modules import PACKAGE
from tests.mutate import plugins
from tests.mutate.copies import REPOSITORY, Copy
from tests.mutate.plugins import Recorded

_TESTS = REPOSITORY / "tests"
_FOLDERS = ("domain", "session", "gcp", "store", "net", "ui", "cli")
"""Those of the terminal run the package in other processes; those of the emulator are about another program."""
_LIMIT_S = 900.0


class TimedTest(NamedTuple):
    """A test, and what running it costs."""

    file: str
    name: str
    seconds: float


class Kept(NamedTuple):
    """What was recorded of a file of tests, and the digests of the sources it executed."""

    recorded: Recorded
    sources: dict[str, str]

    def holds(self, sources: Mapping[str, str]) -> bool:
        """Whether the sources that were executed are still the same."""
        return all(sources.get(path) == digest for path, digest in self.sources.items())


class LineMap(NamedTuple):
    """The tests by the lines they execute."""

    tests: dict[str, TimedTest]
    lines: dict[str, dict[int, list[str]]]

    def executing(self, path: str, first: int, last: int) -> set[str]:
        """The names of the tests that execute any line from the first to the last."""
        return {test for line, tests in self.lines.get(path, {}).items() if first <= line <= last for test in tests}


def files_of_tests() -> list[str]:
    """The files whose tests may be near to a mutant."""
    paths = [path for folder in _FOLDERS for path in sorted((_TESTS / folder).rglob("test_*.py"))]
    return [path.relative_to(REPOSITORY).as_posix() for path in [*paths, _TESTS / "test_config.py"]]


def unrecorded() -> list[str]:
    """Those of which nothing is kept that still holds."""
    sources = _sources()
    return [file for file in files_of_tests() if not (kept_at(file).exists() and _kept(file).holds(sources))]


def record(copy: Copy, file: str) -> str:
    """Runs the tests of a file in an unchanged copy and keeps what they execute; answers with what went wrong."""
    answer, result = copy.run([file], None, _LIMIT_S)
    recorded = Recorded({}, {}) if result is None else Recorded(*result)
    kept_at(file).parent.mkdir(parents=True, exist_ok=True)
    part = kept_at(file).with_suffix(f".{os.getpid()}")
    part.write_text(json.dumps(Kept(recorded, {path: _sources()[path] for path in recorded.lines})))
    part.rename(kept_at(file))
    failed = [line for line in copy.log.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return "" if answer.code == 0 else "\n".join([f"{file}: not all of its tests pass unchanged", *failed])


def read_map() -> LineMap:
    """All that is kept of the present package and tests."""
    tests: dict[str, TimedTest] = {}
    lines: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for file in files_of_tests():
        seconds, executed = _kept(file).recorded
        names = list(seconds)
        tests.update({name: TimedTest(file, name, cost) for name, cost in seconds.items()})
        for path, by_line in executed.items():
            for line, numbers in by_line.items():
                lines[path][int(line)] += [names[number] for number in numbers]
    return LineMap(tests, {path: dict(by_line) for path, by_line in lines.items()})


@cache
def kept_at(file: str) -> Path:
    """Where the record of a file of tests is kept: another place as soon as it or its helpers change."""
    key = hashlib.sha256(f"{_helpers_digest()} {_digest([REPOSITORY / file])} {file}".encode())
    return Path(tempfile.gettempdir()) / f"cfconsole-mutants-{os.getuid()}" / f"{key.hexdigest()[:24]}.json"


def _kept(file: str) -> Kept:
    recorded, sources = json.loads(kept_at(file).read_text())
    return Kept(Recorded(*recorded), sources)


@cache
def _sources() -> Mapping[str, str]:
    """The digest of each source by its path within the package, as all were at first."""
    return {path.relative_to(PACKAGE).as_posix(): _digest([path]) for path in PACKAGE.rglob("*.py")}


@cache
def _helpers_digest() -> str:
    """What tests stand on beside the package, and what a record looks like."""
    others = ("bench", "mutate", "structure", "terminal", "emulator")
    helpers = (path for path in _TESTS.rglob("*.py") if not path.name.startswith("test_"))
    return _digest(
        [
            *(path for path in helpers if path.relative_to(_TESTS).parts[0] not in others),
            *(Path(plugins.__file__), Path(__file__)),
        ]
    )


def _digest(paths: Iterable[Path]) -> str:
    found = hashlib.sha256()
    for path in sorted(paths):
        found.update(f"{path.relative_to(REPOSITORY)}\n".encode() + path.read_bytes())
    return found.hexdigest()
