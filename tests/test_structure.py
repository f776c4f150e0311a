"""The figures of the package may fall but never rise; and the functions that compute them are correct."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import pytest

from tests.structure import figures
from tests.structure.sources import Import, Kind, Module, imports_of, parse, read_package
from tests.structure.words import retired_names, words_of

MODULES = 390
"""Modules of the whole package without `__init__.py`."""
SMALL_WITH_ONE_IMPORTER = 0
DEFERRED_IMPORTS = 40
IN_CYCLES = 0
"""Modules in an import cycle of any kind, type-checking imports included."""
FILES_IN_A_FOLDER = 28
CLASSES_OF_ONE_NAME = 0
FUNCTION_LINES = 53
FILE_LINES = 289

RETIRED = (
    "desk",
    "asked",
    "wish",
    "wanted",
    "told",
    "tell",
    "seam",
    "sure",
    "going",
    "said",
    "look",
    "looks",
    "looked",
    "judged",
    "touched",
    "heard",
    "hear",
    "hush",
    "deaf",
    "unkept",
    "trouble",
    "attending",
    "rolling",
    "telling",
    "releasing",
    "steering",
    "carrying",
    "take_up",
    "roll_on",
    "look_on",
    "put_down",
    "go_on",
)
"""Words that no name of a module, class, function or parameter of the client contains; `take_up` is a phrase."""


class Package(NamedTuple):
    """The parsed package with its imports."""

    modules: dict[str, Module]
    imports: list[Import]

    @property
    def client(self) -> dict[str, Module]:
        return figures.client(self.modules)


@cache
def package() -> Package:
    modules = read_package()
    return Package(modules, imports_of(modules))


def sources(**texts: str) -> Package:
    """A package of modules `cfconsole.a` for `a="…"`; two underscores stand for a dot."""
    named = {name.replace("__", "."): text for name, text in texts.items()}
    modules = {f"cfconsole.{name}": parse(f"cfconsole.{name}", text) for name, text in named.items()}
    return Package(modules, imports_of(modules))


def listed(package: Package) -> dict[str, list[object]]:
    """The places counted by each figure."""
    client = package.client
    return {
        "modules": [module.path for module in figures.plain_modules(package.modules)],
        "small": [*figures.small_with_one_importer(client, package.imports)],
        "deferred": [*figures.statements_of_kind(package.modules, package.imports, Kind.DEFERRED)],
        "cycles": [name for group in figures.cycles(package.imports) for name in group],
        "classes": [*figures.classes_of_one_name(client)],
    }


@pytest.mark.parametrize(
    ("figure", "ceiling"),
    [
        ("modules", MODULES),
        ("small", SMALL_WITH_ONE_IMPORTER),
        ("deferred", DEFERRED_IMPORTS),
        ("cycles", IN_CYCLES),
        ("classes", CLASSES_OF_ONE_NAME),
    ],
)
def test_no_figure_rises(figure: str, ceiling: int) -> None:
    found = listed(package())[figure]
    assert len(found) <= ceiling, "\n".join(map(str, found))


def test_no_folder_overflows() -> None:
    assert not [each for each in figures.files_per_folder(package().modules) if each[1] > FILES_IN_A_FOLDER]


@pytest.mark.parametrize(
    ("longest", "ceiling"), [(figures.longest_files, FILE_LINES), (figures.longest_functions, FUNCTION_LINES)]
)
def test_nothing_grows_longer(longest: Callable[[dict[str, Module]], list[tuple[int, str]]], ceiling: int) -> None:
    found = longest(package().modules)
    assert found
    assert not [each for each in found if each[0] > ceiling]


def test_retired_words_name_nothing() -> None:
    assert not retired_names(package().client, RETIRED)


def test_imports_are_distinguished_by_when_they_are_executed() -> None:
    read = sources(
        a="from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from cfconsole.b import B\nimport cfconsole.c.d\n",
        b="def f():\n    if f:\n        from cfconsole import a\n",
        c__d="from importlib import import_module\nimport_module(f'cfconsole.{e}')\nTABLE = ['b', 'nothing']\n",
    )
    assert [(each.importer[10:], each.imported[10:], each.kind, each.line) for each in read.imports] == [
        ("a", "b", Kind.TYPES, 3),
        ("a", "c.d", Kind.TOP, 4),
        ("b", "a", Kind.DEFERRED, 3),
        ("c.d", "b", Kind.BY_NAME, 3),
    ]


def test_relative_imports_are_seen() -> None:
    read = sources(a__b="from . import c\nfrom ..d import D\nfrom .c import C\n", a__c="", d="")
    assert [each.imported for each in read.imports] == ["cfconsole.a.c", "cfconsole.d", "cfconsole.a.c"]


def test_a_cycle_is_closed_by_any_kind_of_import() -> None:
    read = sources(
        a="import cfconsole.b",
        b="def f():\n    import cfconsole.c",
        c="if TYPE_CHECKING:\n    import cfconsole.a",
        d="import cfconsole.a",
        e="import cfconsole.f",
        f="import cfconsole.e",
        g="import cfconsole.d\nimport cfconsole.e",
    )
    assert figures.cycles(read.imports) == [
        ("cfconsole.a", "cfconsole.b", "cfconsole.c"),
        ("cfconsole.e", "cfconsole.f"),
    ]


def test_a_small_module_is_counted_while_it_has_one_importer() -> None:
    long = "\n" * figures.SMALL
    read = sources(a="import cfconsole.b, cfconsole.c, cfconsole.d", b="import cfconsole.c\n", c="", d=long)
    (found,) = figures.small_with_one_importer(read.modules, read.imports)
    assert found == ("cfconsole/b.py", "1 lines, imported by cfconsole.a")


def test_classes_of_one_name_are_found_once_for_each_module() -> None:
    read = sources(a="class A: ...\nclass B:\n    class C: ...", b="class C: ...", c="class A: ...\nclass A: ...")
    assert [place.what for place in figures.classes_of_one_name(read.modules)] == [
        "cfconsole/a.py, cfconsole/c.py",
        "cfconsole/a.py, cfconsole/b.py",
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("RolloutRunner", ["rollout", "runner"]),
        ("_take_up2", ["take", "up", "2"]),
        ("HTTPPort", ["http", "port"]),
        ("on_key_A", ["on", "key", "a"]),
    ],
)
def test_a_name_has_words(name: str, words: list[str]) -> None:
    assert words_of(name) == words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("class LogDesk: ...", ["LogDesk"]),
        ("def at_desk(): ...", ["at_desk"]),
        ("async def f(a, *, desk=1): ...", ["desk"]),
        ("def take_up_all(): ...", ["take_up_all"]),
        ("def take(up): ...", []),
        ("desk = 1\nclass Desktop: ...\ndef desks(): ...", []),
    ],
)
def test_retired_words_are_found_whole(text: str, found: list[str]) -> None:
    read = sources(a=text)
    assert [place.what for place in retired_names(read.modules, ("desk", "take_up"))] == found


def test_retired_words_are_found_in_names_of_modules_and_packages() -> None:
    read = sources(log_desk__rows="")
    assert [place.what for place in retired_names(read.modules, ("desk",))] == ["log_desk"]
