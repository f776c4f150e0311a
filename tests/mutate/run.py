"""Owns what becomes of mutants: each is put into a private copy, where its nearest tests run until one fails."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from enum import Enum
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple, TypeVar

from tests.mutate.copies import Copy
from tests.mutate.line_map import TimedTest
from tests.mutate.mutants import Mutant
from tests.mutate.plugins import Failed

_FIRST_S = 2.0
"""Tests of about so many seconds run in a first go: most mutants die of one of the first few."""
_FIRST_FILES = 3
_NO_TESTS_COLLECTED = 5


Task = TypeVar("Task")
Result = TypeVar("Result")


class Fate(Enum):
    """What became of a mutant."""

    KILLED = "killed"
    ENDLESS = "ended at the limit of time, which counts as killed"
    SURVIVED = "survived"
    UNREACHED = "survived, for no test executes it"

    @property
    def is_death(self) -> bool:
        return self in (Fate.KILLED, Fate.ENDLESS)


class Verdict(NamedTuple):
    """What became of one mutant, by which test or in spite of how many."""

    mutant: Mutant
    fate: Fate
    killer: str = ""
    tests: int = 0
    seconds: float = 0.0
    log: str = ""

    def __str__(self) -> str:
        by = f" by {self.killer}" if self.killer else f" of {self.tests} tests" if self.tests else ""
        return f"{self.mutant}\n    {self.fate.value}{by}, {self.seconds:.1f} s"


class Copies:
    """Private copies of the repository, one for each worker, that take work as they come free."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._stack = ExitStack()
        self._free: SimpleQueue[Copy] = SimpleQueue()

    def __enter__(self) -> Copies:
        for _ in range(self._workers):
            folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="mutants-"))
            self._free.put(self._stack.enter_context(Copy(Path(folder))))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def each(self, work: Callable[[Copy, Task], Result], of: Iterable[Task]) -> Iterator[Result]:
        """What the work gives for each, in order, as soon as it and all before it are there."""
        pool = ThreadPoolExecutor(self._workers)
        try:
            yield from pool.map(lambda task: self._with_copy(work, task), of)
        finally:
            pool.shutdown(cancel_futures=True)

    def _with_copy(self, work: Callable[[Copy, Task], Result], task: Task) -> Result:
        copy = self._free.get()
        try:
            return work(copy, task)
        finally:
            self._free.put(copy)


def judged(copy: Copy, mutant: Mutant, tests: Sequence[TimedTest]) -> Verdict:
    """Runs the tests of a mutant until one fails."""
    if not tests:
        return Verdict(mutant, Fate.UNREACHED)
    seconds = 0.0
    with copy.mutated(mutant):
        for batch in batches(tests):
            files = files_of(batch)
            answer, left = copy.run(files, [test.name for test in batch], _limit_s(batch))
            seconds += answer.seconds
            if answer.code is None:
                return Verdict(mutant, Fate.ENDLESS, files[0], len(batch), seconds, copy.log)
            if answer.code not in (0, _NO_TESTS_COLLECTED):
                failed = Failed(*left).tests if left else []
                return Verdict(mutant, Fate.KILLED, failed[0] if failed else files[0], len(batch), seconds, copy.log)
    return Verdict(mutant, Fate.SURVIVED, tests=len(tests), seconds=seconds, log=copy.log)


def batches(tests: Sequence[TimedTest]) -> list[list[TimedTest]]:
    """The first few, then the others; in both, the tests of a file stand together, for what they share is made once."""
    first: list[TimedTest] = []
    for test in tests:
        seconds = sum(each.seconds for each in first)
        if not first or (seconds + test.seconds <= _FIRST_S and len(files_of([*first, test])) <= _FIRST_FILES):
            first.append(test)
    chosen = set(first)
    return [_by_file(batch) for batch in (first, [test for test in tests if test not in chosen]) if batch]


def _by_file(tests: Sequence[TimedTest]) -> list[TimedTest]:
    files = files_of(tests)
    return sorted(tests, key=lambda test: files.index(test.file))


def files_of(tests: Iterable[TimedTest]) -> list[str]:
    return list(dict.fromkeys(test.file for test in tests))


def _limit_s(tests: Iterable[TimedTest]) -> float:
    """Far more than they take: what is cut off by mistake would count as killed."""
    return 15.0 + 8.0 * sum(test.seconds for test in tests)
