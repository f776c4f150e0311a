"""The figures, each computed by a function of the modules and their imports."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath
from typing import NamedTuple

from tests.structure.sources import Import, Kind, Module

SMALL = 40
"""A module with fewer lines should have more than one importer."""


class Place(NamedTuple):
    """Something counted, and where it is."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}  {self.what}"


def client(modules: Mapping[str, Module]) -> dict[str, Module]:
    """The modules without those of the emulator, which is a separate program."""
    return {name: module for name, module in modules.items() if not name.startswith("cfconsole.emulator")}


def plain_modules(modules: Mapping[str, Module]) -> list[Module]:
    """The modules that are not the `__init__.py` of a package."""
    return [module for module in modules.values() if not module.is_package]


def small_with_one_importer(modules: Mapping[str, Module], imports: Iterable[Import]) -> list[Place]:
    """Small modules that could be merged into their only importer; `__main__` modules are not imported."""
    importers = defaultdict(set)
    for found in imports:
        importers[found.imported].add(found.importer)
    return [
        Place(module.path, f"{module.lines} lines, imported by {next(iter(importers[module.name]))}")
        for module in plain_modules(modules)
        if module.lines < SMALL and len(importers[module.name]) == 1 and not module.name.endswith(".__main__")
    ]


def statements_of_kind(modules: Mapping[str, Module], imports: Iterable[Import], kind: Kind) -> list[Place]:
    """The import statements of one kind. A statement that imports from two of our modules counts once."""
    found: dict[str, list[str]] = defaultdict(list)
    for each in imports:
        if each.kind is kind and each.importer in modules:
            found[f"{modules[each.importer].path}:{each.line}"].append(each.imported)
    return [Place(where, ", ".join(names)) for where, names in found.items()]


def cycles(imports: Iterable[Import]) -> list[tuple[str, ...]]:
    """Groups of modules that import one another, directly or not, by imports of any kind; the largest first."""
    targets: dict[str, set[str]] = defaultdict(set)
    for found in imports:
        targets[found.importer].add(found.imported)
    reached = {name: _reached(name, targets) for name in _tangled(targets)}
    groups = {tuple(sorted(other for other in reached[name] if name in reached.get(other, ()))) for name in reached}
    return sorted((group for group in groups if group), key=lambda group: (-len(group), group))


def _reached(start: str, targets: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        fresh = targets.get(waiting.pop(), set()) - found
        found |= fresh
        waiting += fresh
    return found


def _tangled(targets: Mapping[str, set[str]]) -> set[str]:
    """The modules left after repeatedly removing those that import no other; all cycles are among them."""
    left = set(targets)
    while leaves := {name for name in left if not targets[name] & left}:
        left -= leaves
    return left


def files_per_folder(modules: Mapping[str, Module]) -> list[tuple[str, int]]:
    """The number of source files per folder, the largest first."""
    return Counter(str(PurePath(module.path).parent) for module in modules.values()).most_common()


def classes_of_one_name(modules: Mapping[str, Module]) -> list[Place]:
    """Class names defined in more than one module."""
    places: dict[str, set[str]] = defaultdict(set)
    for module in modules.values():
        for node in module.nodes:
            if isinstance(node, ast.ClassDef):
                places[node.name].add(module.path)
    return [Place(name, ", ".join(sorted(paths))) for name, paths in sorted(places.items()) if len(paths) > 1]


def longest_files(modules: Mapping[str, Module]) -> list[tuple[int, str]]:
    return sorted(((module.lines, module.path) for module in modules.values()), reverse=True)


def longest_functions(modules: Mapping[str, Module]) -> list[tuple[int, str]]:
    found = (
        ((node.end_lineno or node.lineno) - node.lineno + 1, f"{module.path}:{node.lineno} {node.name}")
        for module in modules.values()
        for node in functions_in(module)
    )
    return sorted(found, reverse=True)


def functions_in(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in module.nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
