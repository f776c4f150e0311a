"""Owns which tests are near to a mutant: they execute what it changes.

Those of its layer come first, then those whose file has words in common with the source's, then the quick.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from tests.mutate.line_map import LineMap, TimedTest
from tests.mutate.mutants import Mutant

_STEPS = 3
"""From a constant through others that are made of it to the functions that use it."""


class Span(NamedTuple):
    """Lines of a source, both ends included."""

    path: str
    first: int
    last: int


class Nearest:
    """Finds the tests of a mutant, by the sources of the whole package and the map of what tests execute."""

    def __init__(self, texts: Mapping[str, str], line_map: LineMap) -> None:
        self._trees = {path: ast.parse(text) for path, text in texts.items()}
        self._map = line_map
        self._uses = Uses(self._trees)

    def tests_of(self, mutant: Mutant, budget_s: float) -> list[TimedTest]:
        """The nearest tests, as many as the budget allows, and one at least if there is any."""
        found = [self._map.tests[name] for name in self._executing(mutant)]
        found.sort(key=lambda test: (*_distance(test.file, mutant), test.seconds, test.name))
        chosen: list[TimedTest] = []
        for test in found:
            if chosen and sum(each.seconds for each in chosen) + test.seconds > budget_s:
                break
            chosen.append(test)
        return chosen

    def _executing(self, mutant: Mutant) -> set[str]:
        for spans in spans_of(self._trees[mutant.path], mutant, self._uses):
            if found := {test for path, *ends in spans for test in self._map.executing(path, *ends)}:
                return found
        return set()


def _distance(file: str, mutant: Mutant) -> tuple[bool, int]:
    """Whether tests are of another layer, and how many words their file shares with the mutant's, the most first."""
    return file.split("/")[1] != mutant.layer, -len(_words(file) & _words(mutant.path))


def _words(path: str) -> set[str]:
    """The words of a path without its layer, in the singular."""
    inside = path.removeprefix("tests/").partition("/")[2].removesuffix(".py")
    return {word.removesuffix("s") for word in re.split(r"[/_]", inside)} - {"test"}


def spans_of(tree: ast.Module, mutant: Mutant, uses: Uses) -> Iterator[Iterable[Span]]:
    """Where to look for who executes a mutant, the narrowest first."""
    path, line = mutant.path, mutant.line
    around = [node for node in ast.walk(tree) if isinstance(node, ast.stmt) and _has_line(node, line)]
    around.sort(key=lambda node: _last(node) - node.lineno)
    function = next((node for node in around if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)), None)
    if function is None:
        yield uses.of(bound for statement in around for bound in _bound(statement))
        yield [Span(path, 1, _last(tree.body[-1]))]
    elif line < function.body[0].lineno:
        yield [_body(path, function)]
    else:
        yield [Span(path, line, line)]
        yield [Span(path, around[0].lineno, _head_end(around[0]))]


def _has_line(node: ast.stmt, line: int) -> bool:
    return node.lineno <= line <= _last(node)


def _last(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def _head_end(node: ast.stmt) -> int:
    """The last line of a statement, or of what stands before its body."""
    body = getattr(node, "body", None) or [case.body[0] for case in getattr(node, "cases", ())]
    return max(node.lineno, body[0].lineno - 1) if body else _last(node)


def _body(path: str, function: ast.FunctionDef | ast.AsyncFunctionDef) -> Span:
    return Span(path, function.body[0].lineno, _last(function))


def _bound(statement: ast.stmt) -> list[str]:
    """The names that a statement of a module or a class binds."""
    match statement:
        case ast.ClassDef(name):
            return [name]
        case ast.Assign(targets=targets):
            return [node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]
        case ast.AnnAssign(target=ast.Name(name)):
            return [name]
        case _:
            return []


class Uses:
    """Where the functions of the package use which names, directly or through what is made of them."""

    def __init__(self, trees: Mapping[str, ast.Module]) -> None:
        self._spans: dict[str, set[Span]] = defaultdict(set)
        self._made_of: dict[str, set[str]] = defaultdict(set)
        for path, tree in trees.items():
            self._read(path, tree, ())

    def of(self, names: Iterable[str]) -> set[Span]:
        known = set(names)
        for _ in range(_STEPS):
            known |= {made for name in known for made in self._made_of.get(name, ())}
        return {span for name in known for span in self._spans.get(name, ())}

    def _read(self, path: str, node: ast.AST, bound: tuple[str, ...]) -> None:
        """Reads what is outside of functions: what names are bound to is made of what names are used."""
        for child in _children(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                self._read_function(path, child)
                continue
            if name := _used(child):
                self._made_of[name].update(bound)
            self._read(path, child, (*bound, *(_bound(child) if isinstance(child, ast.stmt) else ())))

    def _read_function(self, path: str, function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        waiting = [function.args, *function.body]
        in_body = _body(path, function)
        while waiting:
            node: ast.AST = waiting.pop()
            if name := _used(node):
                assert isinstance(node, ast.expr)
                here = Span(path, node.lineno, node.lineno)
                self._spans[name].add(in_body if node.lineno < in_body.first else here)
            waiting += _children(node)


def _used(node: ast.AST) -> str:
    match node:
        case ast.Name(name, ast.Load()) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _children(node: ast.AST) -> list[ast.AST]:
    """The nodes within one, without annotations, which are not executed."""
    found: list[ast.AST] = []
    for field, value in ast.iter_fields(node):
        if field not in ("annotation", "returns"):
            found += [child for child in (value if isinstance(value, list) else [value]) if isinstance(child, ast.AST)]
    return found
