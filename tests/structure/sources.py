"""The package as parsed source: each module with its syntax tree, and the imports between our modules."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from tests.modules import PACKAGE, module_name, source_files


class Kind(Enum):
    """When an import is executed."""

    TOP = "when the module is loaded"
    TYPES = "never: type checkers alone read it"
    DEFERRED = "when a function is called"
    BY_NAME = "by a string that names the module"


class Import(NamedTuple):
    """An import of one of our modules by another."""

    importer: str
    imported: str
    kind: Kind
    line: int


class Module(NamedTuple):
    """A parsed source file."""

    name: str
    path: str
    """Relative to the package."""
    lines: int
    tree: ast.Module
    nodes: tuple[ast.AST, ...]
    """Every node of the tree."""

    @property
    def is_package(self) -> bool:
        return self.path.endswith("__init__.py")


def read_package(folder: Path = PACKAGE) -> dict[str, Module]:
    """All modules of the package by dotted name."""
    return {module.name: module for module in map(_read, source_files(folder))}


def parse(name: str, text: str, path: str = "") -> Module:
    tree = ast.parse(text)
    return Module(name, path or f"{name.replace('.', '/')}.py", text.count("\n"), tree, tuple(ast.walk(tree)))


def _read(path: Path) -> Module:
    return parse(module_name(path), path.read_text(), path.relative_to(PACKAGE).as_posix())


def imports_of(modules: Mapping[str, Module]) -> list[Import]:
    """Every import of one of these modules by another, in the order of the files."""
    return [found for module in modules.values() for found in _imports_in(module, modules) if _crosses(found)]


def _crosses(found: Import) -> bool:
    return found.importer != found.imported


def _imports_in(module: Module, modules: Mapping[str, Module]) -> Iterator[Import]:
    for statement, kind in _statements(module.tree, Kind.TOP):
        targets = {target for name in _names(module, statement) if (target := _module_of(name, modules))}
        for target in sorted(targets):
            yield Import(module.name, target, kind, statement.lineno)
    for target, line in _named_modules(module, modules):
        yield Import(module.name, target, Kind.BY_NAME, line)


def _statements(node: ast.AST, kind: Kind) -> Iterator[tuple[ast.Import | ast.ImportFrom, Kind]]:
    """All import statements below a node, each with its kind."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, kind
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _statements(child, Kind.DEFERRED)
        elif isinstance(child, ast.If) and ast.unparse(child.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            yield from _statements(ast.Module(child.body, []), Kind.TYPES)
            yield from _statements(ast.Module(child.orelse, []), kind)
        elif not isinstance(child, ast.expr):
            yield from _statements(child, kind)


def _names(module: Module, statement: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """The dotted names that a statement imports."""
    if isinstance(statement, ast.Import):
        yield from (alias.name for alias in statement.names)
        return
    parts = module.name.split(".")
    up = statement.level - module.is_package
    package = parts[: len(parts) - up] if statement.level else []
    for alias in statement.names:
        yield ".".join([*package, *([statement.module] if statement.module else []), alias.name])


def _module_of(name: str, modules: Mapping[str, Module]) -> str | None:
    """The module of this name, or else the module that contains the named class or function."""
    if name in modules:
        return name
    owner = name.rpartition(".")[0]
    return owner if owner in modules else None


def _named_modules(module: Module, modules: Mapping[str, Module]) -> Iterator[tuple[str, int]]:
    """The modules named by strings, either in full or without a prefix that the module adds when importing by name."""
    prefixes = ("", *_prefixes(module))
    for node in module.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for prefix in prefixes:
                if "." in (target := prefix + node.value) and target in modules:
                    yield target, node.lineno


def _prefixes(module: Module) -> Iterable[str]:
    """The `cfconsole.cli.` in every `import_module(f"cfconsole.cli.{name}")`."""
    for call in module.nodes:
        if isinstance(call, ast.Call) and _imports_by_name(call.func):
            for argument in call.args:
                if isinstance(argument, ast.JoinedStr) and isinstance(first := argument.values[0], ast.Constant):
                    yield str(first.value)


def _imports_by_name(function: ast.expr) -> bool:
    name = (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )
    return name == "import_module"
