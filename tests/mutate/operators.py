"""Owns the small changes that a mutant is made by: each operator turns one node of a module into edits of its text.

Left alone is what no test could notice or only a reader can judge: docstrings and other strings, annotations,
decorators, what stands under TYPE_CHECKING, protocols and asserts.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple


class Edit(NamedTuple):
    """A part of a source, in bytes, and what stands there instead."""

    start: int
    end: int
    text: str
    operator: str


class Source:
    """A module's text, addressed as the syntax tree does it: by line and by byte within the line."""

    def __init__(self, text: str) -> None:
        self.data = text.encode()
        self.tree = ast.parse(text)
        self._starts = [0]
        for line in self.data.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def start(self, node: ast.expr | ast.stmt) -> int:
        return self._starts[node.lineno - 1] + node.col_offset

    def end(self, node: ast.expr | ast.stmt) -> int:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._starts[node.end_lineno - 1] + node.end_col_offset

    def line_at(self, offset: int) -> int:
        return self.data.count(b"\n", 0, offset) + 1

    def replaced(self, node: ast.expr | ast.stmt, text: str, operator: str) -> Edit:
        return Edit(self.start(node), self.end(node), text, operator)

    def token(self, after: ast.expr, before: ast.expr, old: str, new: str, operator: str) -> Iterator[Edit]:
        """The edit of an operator between two expressions."""
        start, end = self.end(after), self.start(before)
        pattern = rb"\s+".join(re.escape(word).encode() for word in old.split())
        if found := re.search(pattern, self.data[start:end]):
            yield Edit(start + found.start(), start + found.end(), new, operator)


_COMPARISONS: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
}
_ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "/"),
    ast.Mod: ("%", "*"),
}
_FUNCTIONS = {"any": "all", "all": "any", "min": "max", "max": "min"}
_OF_TYPES = frozenset({"TypeVar", "NewType", "ParamSpec", "cast", "assert_never"})


def edits(source: Source) -> Iterator[Edit]:
    """All edits that the operators make of a module."""
    for node, parent in _drawable(source.tree, source.tree):
        yield from _expression_edits(source, node, parent)
        yield from _condition_edits(source, node)
        yield from _statement_edits(source, node)


def _drawable(node: ast.AST, parent: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """The nodes that may be changed, each with the one around it."""
    yield node, parent
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "bases", "keywords") and not isinstance(node, ast.Call):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_set_aside(child):
                yield from _drawable(child, node)


def _is_set_aside(node: ast.AST) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Assert() | ast.JoinedStr() | ast.Expr(ast.Constant()):
            return True
        case ast.If(test):
            return ast.unparse(test).endswith("TYPE_CHECKING")
        case ast.ClassDef(bases=bases):
            return any(ast.unparse(base).startswith(("Protocol", "typing.Protocol")) for base in bases)
        case ast.Call(ast.Name(name)):
            return name in _OF_TYPES
        case ast.Expr(ast.Call(ast.Name(name))):
            return name in _OF_TYPES
        case ast.Subscript(ast.Name("Literal")):
            return True
        case _:
            return False


def _expression_edits(source: Source, node: ast.AST, parent: ast.AST) -> Iterator[Edit]:
    match node:
        case ast.Compare():
            sides = [node.left, *node.comparators]
            for left, right, op in zip(sides, sides[1:], node.ops, strict=False):
                yield from source.token(left, right, *_COMPARISONS[type(op)], "comparison")
        case ast.BoolOp():
            old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
            for left, right in zip(node.values, node.values[1:], strict=False):
                yield from source.token(left, right, old, new, "and-or")
        case ast.UnaryOp(ast.Not() | ast.USub(), operand) if not isinstance(operand, ast.Constant):
            sign = re.match(rb"not\s*|-", source.data[source.start(node) :])
            yield Edit(source.start(node), source.start(node) + (sign.end() if sign else 0), "", "sign")
        case ast.BinOp() if type(node.op) in _ARITHMETIC and not _is_text(node.left) and not _is_text(node.right):
            yield from source.token(node.left, node.right, *_ARITHMETIC[type(node.op)], "arithmetic")
        case ast.Constant():
            is_bound = isinstance(parent, ast.Compare | ast.Subscript | ast.Slice)
            yield from (source.replaced(node, text, "constant") for text in _other_numbers(node.value, is_bound))
        case ast.Call(func=ast.Name(name) as function) if name in _FUNCTIONS:
            yield source.replaced(function, _FUNCTIONS[name], "function")


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _other_numbers(value: object, is_bound: bool) -> Iterator[str]:
    if isinstance(value, bool):
        yield str(not value)
    elif isinstance(value, int | float):
        yield repr(value + 1)
        if is_bound and isinstance(value, int) and value > 0:
            yield repr(value - 1)


def _condition_edits(source: Source, node: ast.AST) -> Iterator[Edit]:
    if isinstance(node, ast.While) and not isinstance(node.test, ast.Constant):
        yield source.replaced(node.test, "False", "condition")
    for test in _branch_tests(node):
        yield source.replaced(test, "True", "condition")
        yield source.replaced(test, "False", "condition")


def _branch_tests(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.If(test) | ast.IfExp(test) | ast.match_case(guard=ast.expr() as test):
            return [test]
        case ast.comprehension(ifs=tests):
            return tests
        case _:
            return []


def _statement_edits(source: Source, node: ast.AST) -> Iterator[Edit]:
    match node:
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield source.replaced(value, "None", "return")
        case ast.Expr(ast.Call() | ast.Await()) | ast.AugAssign() | ast.Delete() | ast.Raise():
            yield source.replaced(node, "pass", "statement")
        case ast.Break() | ast.Continue():
            yield source.replaced(node, "pass", "statement")
        case ast.Assign(targets=targets) if all(isinstance(each, ast.Attribute | ast.Subscript) for each in targets):
            yield source.replaced(node, "pass", "statement")
    if isinstance(node, ast.AugAssign) and type(node.op) in _ARITHMETIC and not _is_text(node.value):
        old, new = _ARITHMETIC[type(node.op)]
        yield from source.token(node.target, node.value, f"{old}=", f"{new}=", "arithmetic")
