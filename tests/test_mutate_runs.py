"""The tool that puts mistakes into the package: which tests it runs, and that it keeps to its copies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mutate.copies import REPOSITORY, Copy
from tests.mutate.line_map import Kept, LineMap, TimedTest
from tests.mutate.mutants import Mutant, mutants_in
from tests.mutate.nearest import Nearest
from tests.mutate.operators import Edit
from tests.mutate.plugins import Recorded
from tests.mutate.run import Fate, batches, judged

A = """\
LIMIT = 3
BOUND = LIMIT * 2
class Guard(NamedTuple):
    wait: int = 5
def over(
    a, b=7
):
    if (
        a > BOUND
    ):
        return 9
    return 8
"""


@pytest.mark.parametrize(
    ("line", "tests"),
    [
        (1, ["tests/domain/test_a.py::quick", "tests/domain/test_a.py::slow"]),
        (2, ["tests/domain/test_a.py::quick", "tests/domain/test_a.py::slow"]),
        (4, ["tests/store/test_b.py::other"]),
        (6, ["tests/domain/test_a.py::quick", "tests/domain/test_a.py::slow", "tests/store/test_b.py::other"]),
        (9, ["tests/domain/test_a.py::quick", "tests/domain/test_a.py::slow"]),
        (11, ["tests/domain/test_a.py::slow"]),
        (12, ["tests/store/test_b.py::other"]),
    ],
)
def test_the_nearest_tests_execute_what_is_changed(line: int, tests: list[str]) -> None:
    """The first of an expression's lines may be the only one that is recorded; values are used in functions."""
    slow = TimedTest("tests/domain/test_a.py", "tests/domain/test_a.py::slow", 0.3)
    quick = TimedTest("tests/domain/test_a.py", "tests/domain/test_a.py::quick", 0.2)
    other = TimedTest("tests/store/test_b.py", "tests/store/test_b.py::other", 0.1)
    by_line = {9: [slow.name, quick.name], 11: [slow.name], 12: [other.name]}
    line_map = LineMap(
        {test.name: test for test in (slow, quick, other)}, {"domain/a.py": by_line, "store/b.py": {2: [other.name]}}
    )
    nearest = Nearest({"domain/a.py": A, "store/b.py": "def use(given):\n    return given.wait\n"}, line_map)
    mutant = next(each for each in mutants_in(A, "domain/a.py") if each.line == line)
    assert [test.name for test in nearest.tests_of(mutant, 9.0)] == tests
    assert [test.name for test in nearest.tests_of(mutant, 0.01)] == tests[:1]


def test_tests_named_as_the_source_is_come_before_quicker_ones() -> None:
    files = ["tests/ui/test_logs.py", "tests/store/test_traffic.py", "tests/store/logs/test_rows.py"]
    tests = {file: TimedTest(file, file, seconds) for seconds, file in enumerate(files)}
    line_map = LineMap(tests, {"store/logs/row.py": {1: files}})
    (mutant,) = mutants_in("def f(): a < b", "store/logs/row.py")
    nearest = Nearest({mutant.path: "def f(): a < b"}, line_map)
    assert [test.file for test in nearest.tests_of(mutant, 9.0)] == [files[2], files[1], files[0]]


@pytest.mark.parametrize(
    ("sources", "holds"),
    [
        ({"store/a.py": "1", "store/b.py": "3"}, True),
        ({"store/a.py": "2", "store/b.py": "2"}, False),
        ({"store/b.py": "2"}, False),
    ],
    ids=["another source changed", "it changed", "it is gone"],
)
def test_a_record_holds_as_long_as_what_it_executed_is_the_same(sources: dict[str, str], holds: bool) -> None:
    assert Kept(Recorded({}, {}), {"store/a.py": "1"}).holds(sources) is holds


def test_a_few_tests_go_first_and_those_of_a_file_together() -> None:
    tests = [TimedTest(file, f"{file}{number}", 0.1) for number, file in enumerate("abacadea")]
    first, others = batches(tests)
    assert [test.name for test in first] == ["a0", "a2", "a4", "a7", "b1", "c3"]
    assert [test.name for test in others] == ["d5", "e6"]


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Copy]:
    with Copy(tmp_path) as copy:
        yield copy


TEST = """\
from cfconsole.store.invented import double
def test_double(): assert double(2) == 4
"""


def test_mutants_are_tried_in_a_copy(copy: Copy, tmp_path: Path) -> None:
    (tmp_path / "repository/cfconsole/store/invented.py").write_text("def double(a):\n    return a * 2\n")
    (tmp_path / "repository/tests/store/test_invented.py").write_text(TEST)
    file = "tests/store/test_invented.py"
    _, recorded = copy.run([file], None, 60.0)
    seconds, lines = recorded
    assert lines["store/invented.py"] == {"2": [0]}
    tests = [TimedTest(file, name, cost) for name, cost in seconds.items()]

    noticed = mutant_at("return a * 2", "return a / 3")
    unnoticed = mutant_at("return a * 2", "return a + 2")
    fates = [judged(copy, mutant, tests).fate for mutant in (unnoticed, noticed, unnoticed)]
    assert fates == [Fate.SURVIVED, Fate.KILLED, Fate.SURVIVED]
    assert judged(copy, noticed, []).fate is Fate.UNREACHED
    ended, _ = copy.run([file], [test.name for test in tests], 0.01)
    assert ended.code is None
    assert not (REPOSITORY / file).exists()


def mutant_at(before: str, after: str) -> Mutant:
    start = len("def double(a):\n    ")
    return Mutant("", "store/invented.py", 2, "double", "", before, after, Edit(start, start + len(before), after, ""))


def test_what_is_changed_back_is_as_it_was_but_newer(copy: Copy, tmp_path: Path) -> None:
    """Compiled code is told to be stale by the second of the change."""
    changed = tmp_path / "repository/cfconsole/store/invented.py"
    changed.write_text("def double(a):\n    return a * 2\n")
    with copy.mutated(mutant_at("return a * 2", "pass")):
        assert changed.read_text() == "def double(a):\n    pass\n"
        at = int(changed.stat().st_mtime)
    assert changed.read_text() == "def double(a):\n    return a * 2\n"
    assert int(changed.stat().st_mtime) > at
