"""The search for retired words in names. The field has better nouns for what they meant."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

from tests.structure.figures import Place, functions_in
from tests.structure.sources import Module

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def words_of(name: str) -> list[str]:
    """The words of a name, however they are joined: `RolloutRunner`, `rollout_runner`, `HTTPPort`."""
    return [word.lower() for word in _WORD.findall(name)]


def retired_names(modules: Mapping[str, Module], retired: Sequence[str]) -> list[Place]:
    """Names of modules, classes, functions and parameters that contain a retired word or phrase such as `take_up`."""
    phrases = [f" {' '.join(words_of(each))} " for each in retired]
    return [
        Place(where, name)
        for module in modules.values()
        for where, name in _names(module)
        if any(phrase in f" {' '.join(words_of(name))} " for phrase in phrases)
    ]


def _names(module: Module) -> Iterator[tuple[str, str]]:
    yield from ((module.path, part) for part in module.name.split(".")[1:])
    for node in module.nodes:
        if isinstance(node, ast.ClassDef):
            yield f"{module.path}:{node.lineno}", node.name
    for function in functions_in(module):
        yield f"{module.path}:{function.lineno}", function.name
        for argument in ast.walk(function.args):
            if isinstance(argument, ast.arg):
                yield f"{module.path}:{argument.lineno}", argument.arg
