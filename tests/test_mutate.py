"""The tool that puts mistakes into the package: what it changes, what it draws, and what it tells."""

from __future__ import annotations

import ast

import pytest

from tests.mutate.__main__ import EQUIVALENTS, summary
from tests.mutate.mutants import MODULE, Mutant, drawn, mutants_in, mutants_of, read_equivalents
from tests.mutate.run import Fate, Verdict


def changes(text: str, operator: str | None = None) -> list[str]:
    mutants = list(mutants_in(text, "domain/a.py"))
    for mutant in mutants:
        ast.parse(mutant.applied_to(text))
    return [mutant.after for mutant in mutants if operator in (None, mutant.operator)]


@pytest.mark.parametrize(
    ("operator", "text", "after"),
    [
        ("comparison", "a < b", ["a <= b"]),
        ("comparison", "a is not  b >= c", ["a is b >= c", "a is not b > c"]),
        ("comparison", "(a) not in (b)", ["(a) in (b)"]),
        ("comparison", "'ü' == b", ["'ü' != b"]),
        ("and-or", "a and b and c", ["a or b and c", "a and b or c"]),
        ("and-or", "a or (b and c)", ["a and (b and c)", "a or (b or c)"]),
        ("sign", "not(a)", ["(a)"]),
        ("sign", "-a", ["a"]),
        ("arithmetic", "(a + b) * c", ["(a + b) / c", "(a - b) * c"]),
        ("arithmetic", "a += b", ["a -= b"]),
        ("arithmetic", "'%s' % a + 'b'", []),
        ("constant", "a = 3", ["a = 4"]),
        ("constant", "a[1:] < 2.5", ["a[2:] < 2.5", "a[0:] < 2.5", "a[1:] < 3.5"]),
        ("constant", "a < 0", ["a < 1"]),
        ("constant", "def f(a=True): ...", ["def f(a=False): ..."]),
        ("function", "any(min(a))", ["all(min(a))", "any(max(a))"]),
        ("condition", "if a: ...", ["if True: ...", "if False: ..."]),
        ("condition", "while a: ...", ["while False: ..."]),
        ("condition", "while True: ...", []),
        ("condition", "match a:\n    case b if c: ...", ["case b if True: ...", "case b if False: ..."]),
        ("condition", "[a for a in b if c]", ["[a for a in b if True]", "[a for a in b if False]"]),
        ("condition", "a if b else c", ["a if True else c", "a if False else c"]),
        ("return", "def f(): return a", ["def f(): return None"]),
        ("return", "def f(): return True", []),
        ("statement", "a.b(c)", ["pass"]),
        ("statement", "a.b = c", ["pass"]),
        ("statement", "a = b", []),
        ("statement", "raise A", ["pass"]),
        ("statement", "for a in b: continue", ["for a in b: pass"]),
    ],
)
def test_operators(operator: str, text: str, after: list[str]) -> None:
    assert changes(text, operator) == after


@pytest.mark.parametrize(
    "text",
    [
        '"""A docstring."""',
        "def f(a: Literal['b'], c: A[1]) -> B[2]: '''Word'''",
        "a: Literal['b']",
        "@cached(size=1)\ndef f(): ...",
        "if TYPE_CHECKING:\n    a = 1",
        "class A(Protocol):\n    def f(self, a=1): return a",
        "class A(Generic[1], total=False): ...",
        "a = 'No service is called so.', f'{b + 1}'",
        "T = TypeVar('T')",
        "A = Literal['a']",
        "assert a == 1",
        "assert_never(a)",
        "from a import b",
    ],
)
def test_what_no_test_could_notice_is_not_drawn(text: str) -> None:
    assert changes(text) == []


def test_lines_are_shown_as_they_are_and_as_they_would_be() -> None:
    (mutant,) = (
        each for each in mutants_in("a = 'ü'\nif (\n    a\n    < b\n): ...\n", "a.py") if each.edit.text == "<="
    )
    assert (mutant.line, mutant.before, mutant.after) == (4, "< b", "<= b")


@pytest.fixture(scope="module")
def mutants() -> list[Mutant]:
    return mutants_of(["store"])


def test_a_seed_draws_the_same_and_another_draws_others(mutants: list[Mutant]) -> None:
    sample = drawn(mutants, "alpha", 20)
    assert sample == drawn(reversed(mutants), "alpha", 20)
    assert len({mutant.name for mutant in sample}) == 20
    assert len(set(sample) & set(drawn(mutants, "beta", 20))) < 10
    assert {mutant.name for mutant in drawn(mutants, "alpha", 10)} < {mutant.name for mutant in sample}


def test_who_moves_a_file_or_adds_a_line_elsewhere_draws_the_same() -> None:
    text = "class A:\n    def f(self):\n        return self.a < 1\n"
    before = drawn(mutants_in(text, "domain/a.py"), "alpha", 2)
    after = drawn(mutants_in(f"import b\n\n{text}", "domain/b/c.py"), "alpha", 2)
    assert [mutant.name for mutant in before] == [mutant.name for mutant in after]
    assert [mutant.line + 2 for mutant in before] == [mutant.line for mutant in after]


def test_no_two_mutants_are_called_the_same(mutants: list[Mutant]) -> None:
    assert len({mutant.name for mutant in mutants}) == len(mutants)


def test_the_table_of_equivalents_is_read() -> None:
    (entry,) = read_equivalents("# A note.\n\nA.f\n- a < b\n+ a <= b\n= They are never\nthe same.\n")
    assert entry == ("A.f", "a < b", "a <= b", "They are never the same.")
    with pytest.raises(AssertionError, match="not an entry"):
        read_equivalents("A.f\n- a < b\n+ a <= b\nno reason")


def test_an_equivalent_is_known_by_its_function_wherever_that_lies() -> None:
    (entry,) = read_equivalents("A.f\n- return a < 1\n+ return a <= 1\n= It is never one.\n")
    text = "class A:\n    def f(self): ...\nclass B(A):\n    def f(self): ...\n".replace(
        "...", "\n        return a < 1"
    )
    alike = [each for each in mutants_in(text, "store/b/c.py") if each.change == entry.change]
    assert [mutant.line for mutant in alike] == [3]


def test_what_stands_outside_of_functions_is_of_the_module() -> None:
    assert [mutant.owner for mutant in mutants_in("A = 1\nclass B:\n    a: int = 1\n", "store/a.py")] == [MODULE, "B"]


def test_the_listed_equivalents_can_be_read() -> None:
    entries = read_equivalents(EQUIVALENTS.read_text())
    assert len({entry.change for entry in entries}) == len(entries)


def test_the_share_killed_is_told_for_each_layer() -> None:
    mutant = next(mutants_in("a < b", "store/a.py"))
    fates = [("store/a.py", Fate.KILLED), ("store/b.py", Fate.SURVIVED), ("gcp/a.py", Fate.ENDLESS)]
    said = summary([Verdict(mutant._replace(path=path), fate, seconds=2.0) for path, fate in fates])
    assert said.splitlines() == [
        "gcp     100.0 % of 1 killed",
        "store    50.0 % of 2 killed",
        "all      66.7 % of 3 killed",
        "1 killed, 1 ended at the limit of time, which counts as killed, 1 survived; 6 s of tests",
    ]
