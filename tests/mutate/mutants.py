"""Owns the mutants of the package: what each changes and where, its name, and which of them a seed draws."""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.modules import PACKAGE, source_files
from tests.mutate.operators import Edit, Source, edits

LAYERS = ("domain", "session", "gcp", "store")
MODULE = "<module>"
"""The owner of what stands outside of functions and classes."""


class Mutant(NamedTuple):
    """One small change of one source file."""

    name: str
    """The same as long as neither the change nor the function around it is another, wherever the file lies."""
    path: str
    """Relative to the package."""
    line: int
    owner: str
    """The qualified name of the function or class around the change."""
    operator: str
    before: str
    """The changed lines as they are, in one line."""
    after: str
    edit: Edit

    def applied_to(self, text: str) -> str:
        data = text.encode()
        return (data[: self.edit.start] + self.edit.text.encode() + data[self.edit.end :]).decode()

    @property
    def layer(self) -> str:
        return self.path.split("/")[0]

    @property
    def change(self) -> tuple[str, str, str]:
        """What is changed, wherever its file lies."""
        return self.owner, self.before, self.after

    def __str__(self) -> str:
        return f"{self.name}  {self.path}:{self.line}  [{self.operator}]\n    - {self.before}\n    + {self.after}"


def mutants_of(layers: Iterable[str], package: Path = PACKAGE) -> list[Mutant]:
    """Every mutant of the layers, in the order of the files."""
    paths = [path for layer in layers for path in source_files(package / layer)]
    found = [mutant for path in paths for mutant in mutants_in(path.read_text(), _inside(path, package))]
    return _named_apart(found)


def _inside(path: Path, package: Path) -> str:
    return path.relative_to(package).as_posix()


def mutants_in(text: str, path: str) -> Iterator[Mutant]:
    """The mutants of one source."""
    source = Source(text)
    owners = _owners(source.tree)
    lines = text.splitlines()
    for edit in edits(source):
        first, last = source.line_at(edit.start), source.line_at(edit.end)
        mutated = (source.data[: edit.start] + edit.text.encode() + source.data[edit.end :]).decode().splitlines()
        before = _one_line(lines[first - 1 : last])
        after = _one_line(mutated[first - 1 : last + len(mutated) - len(lines)])
        owner = owners.get(first, "")
        yield Mutant(_digest(owner, before, after), path, first, owner or MODULE, edit.operator, before, after, edit)


def _one_line(lines: Sequence[str]) -> str:
    return " ".join(" ".join(lines).split())


def _owners(tree: ast.Module) -> dict[int, str]:
    """The qualified name of the innermost function or class around each line."""
    found: dict[int, str] = {}

    def note(node: ast.AST, outer: str) -> None:
        for child in ast.iter_child_nodes(node):
            name = outer
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                name = f"{outer}.{child.name}".lstrip(".")
                found.update(dict.fromkeys(range(child.lineno, (child.end_lineno or child.lineno) + 1), name))
            if not isinstance(child, ast.expr):
                note(child, name)

    note(tree, "")
    return found


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:10]


def _named_apart(found: Iterable[Mutant]) -> list[Mutant]:
    """The same mutants, of whom those that change alike lines of alike functions are numbered."""
    seen: Counter[str] = Counter()
    named = []
    for mutant in found:
        seen[mutant.name] += 1
        number = seen[mutant.name]
        named.append(mutant if number == 1 else mutant._replace(name=f"{mutant.name}-{number}"))
    return named


def drawn(mutants: Iterable[Mutant], seed: str, count: int) -> list[Mutant]:
    """The first `count` of an order that the seed makes; who moves a file or adds a line elsewhere draws the same."""
    return sorted(mutants, key=lambda mutant: (_digest(seed, mutant.name), mutant.path))[:count]


class Equivalent(NamedTuple):
    """A change that no test can notice."""

    owner: str
    before: str
    after: str
    reason: str

    @property
    def change(self) -> tuple[str, str, str]:
        return self.owner, self.before, self.after


def read_equivalents(text: str) -> list[Equivalent]:
    """The table: paragraphs of the function's name, a `-` line, a `+` line and, after `=`, the reason."""
    paragraphs = [
        [line for line in paragraph.splitlines() if line and not line.startswith("#")]
        for paragraph in text.split("\n\n")
    ]
    return [_equivalent(lines) for lines in paragraphs if lines]


def _equivalent(lines: Sequence[str]) -> Equivalent:
    owner, before, after, *reason = lines
    assert [line[:2] for line in (before, after, *reason[:1])] == ["- ", "+ ", "= "], f"not an entry: {lines}"
    return Equivalent(owner, before[2:], after[2:], " ".join(reason)[2:])
