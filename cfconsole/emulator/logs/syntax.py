"""The grammar of Google's filter languages: parses text to a tree of terms, without knowledge of fields."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

WORD = r"[^\s()\"'=<>!:~.,]+"
MAX_DEPTH = 50
"""Nested parentheses."""
QUOTED = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
TIME = r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)"
_TOKEN = re.compile(
    rf"""(?P<space>\s+|--[^\n]*)
    |(?P<operator>>=|<=|!=|=~|!~|[=<>:])
    |(?P<mark>[(),])
    |(?P<time>{TIME})
    |(?P<text>(?:{WORD}|{QUOTED})(?:\.(?:{WORD}|{QUOTED}))*\.?)""",
    re.VERBOSE,
)
_SEGMENT = re.compile(rf"{WORD}|{QUOTED}")


class FilterError(ValueError):
    """The filter is not valid; the message says where and what is expected."""


@dataclass(frozen=True, slots=True)
class Text:
    """A word, a number or a quoted string."""

    value: str
    path: tuple[str, ...]
    """The dotted segments, unquoted, for a text used as a field path."""
    quoted: bool


@dataclass(frozen=True, slots=True)
class Call:
    """A function such as `log_id("stdout")`, alone or as the value of a comparison."""

    name: str
    arguments: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`path operator value`."""

    path: tuple[str, ...]
    operator: str
    value: Text | Call


@dataclass(frozen=True, slots=True)
class Search:
    """A value without a field, searched in all fields."""

    text: Text


@dataclass(frozen=True, slots=True)
class Not:
    term: Node


@dataclass(frozen=True, slots=True)
class And:
    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    terms: tuple[Node, ...]


Node: TypeAlias = Comparison | Search | Call | Not | And | Or


class _Token(Struct, frozen=True):
    kind: str
    text: str
    at: int
    end: int


def parse(text: str) -> Node | None:
    """The tree of a filter, or None for an empty one. Raises `FilterError`.

    NOT binds tightest, then OR, then AND. Adjacent terms are joined by AND (Cloud Logging query language, Boolean
    operators).
    """
    parser = _Parser(text, _tokens(text))
    return parser.parse()


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise FilterError(_unreadable(text, at))
        if match.lastgroup != "space":
            tokens.append(_Token(match.lastgroup or "", match.group(), at, match.end()))
        at = match.end()
    return tokens


def _unreadable(text: str, at: int) -> str:
    if text[at] in "\"'":
        return f"Unparseable filter: the quotation that begins at position {at + 1} is never closed."
    return f"Unparseable filter: unexpected {text[at]!r} at position {at + 1}."


def unquoted(segment: str) -> str:
    """The text inside quotation marks with escapes resolved; other text unchanged."""
    if segment[:1] not in ("'", '"'):
        return segment
    return re.sub(r"\\(.)", _escape, segment[1:-1])


def _escape(match: re.Match[str]) -> str:
    character = match.group(1)
    if character in "\"'\\":
        return character
    # A backslash before anything else belongs to a regular expression.
    return {"n": "\n", "t": "\t", "r": "\r"}.get(character, match.group())


class _Parser:
    """A recursive descent parser over the tokens of one filter."""

    def __init__(self, text: str, tokens: list[_Token]) -> None:
        self._text = text
        self._tokens = tokens
        self._next = 0
        self._depth = 0

    def parse(self) -> Node | None:
        if not self._tokens:
            return None
        tree = self._conjunction()
        if self._next < len(self._tokens):
            raise self._error("unexpected")
        return tree

    def _conjunction(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise FilterError(f"Unparseable filter: parentheses nest deeper than {MAX_DEPTH}.")
        terms = [self._disjunction()]
        while self._next < len(self._tokens) and not self._at(")"):
            if self._at("AND"):
                self._next += 1
            terms.append(self._disjunction())
        self._depth -= 1
        return terms[0] if len(terms) == 1 else And(tuple(terms))

    def _disjunction(self) -> Node:
        terms = [self._term()]
        while self._at("OR"):
            self._next += 1
            terms.append(self._term())
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def _term(self) -> Node:
        negations = 0
        while self._at("NOT") or self._at("-"):
            self._next += 1
            negations += 1
        term = self._positive()
        return Not(term) if negations % 2 else term

    def _positive(self) -> Node:
        if self._at("("):
            return self._group()
        token = self._next_token()
        if token.kind not in ("text", "time") or token.text in ("AND", "OR"):
            self._next -= 1
            raise self._error("a field, a value or '(' is expected instead of")
        if token.text.startswith("-") and len(token.text) > 1:
            return Not(self._comparison(replace(token, text=token.text[1:], at=token.at + 1)))
        return self._comparison(token)

    def _group(self) -> Node:
        self._next += 1
        tree = self._conjunction()
        self._expect(")")
        return tree

    def _comparison(self, token: _Token) -> Node:
        if self._at("(") and self._tokens[self._next].at == token.end:
            return self._call(token)
        if self._kind() != "operator":
            return Search(_text(token))
        operator = self._next_token().text
        path = _text(token).path
        if self._at("("):
            return self._values(path, operator)
        return Comparison(path, operator, self._value())

    def _values(self, path: tuple[str, ...], operator: str) -> Node:
        """`field = (a OR b)`: distributes the comparison over the values in the parentheses."""
        self._next += 1
        tree = self._conjunction()
        self._expect(")")
        return _distribute(tree, path, operator)

    def _value(self) -> Text | Call:
        token = self._next_token()
        if token.kind not in ("text", "time"):
            self._next -= 1
            raise self._error("a value is expected instead of")
        if self._at("(") and self._tokens[self._next].at == token.end:
            return self._call(token)
        return _text(token)

    def _call(self, token: _Token) -> Call:
        self._next += 1
        arguments: list[Text] = []
        while not self._at(")"):
            if arguments:
                self._expect(",")
            argument = self._value()
            if isinstance(argument, Call):
                raise FilterError(f"Unparseable filter: {argument.name}() cannot be an argument.")
            arguments.append(argument)
        self._next += 1
        return Call(token.text, tuple(arguments))

    def _kind(self) -> str:
        return self._tokens[self._next].kind if self._next < len(self._tokens) else ""

    def _at(self, text: str) -> bool:
        return self._next < len(self._tokens) and self._tokens[self._next].text == text

    def _next_token(self) -> _Token:
        if self._next >= len(self._tokens):
            raise self._error("")
        self._next += 1
        return self._tokens[self._next - 1]

    def _expect(self, text: str) -> None:
        if not self._at(text):
            raise self._error(f"{text!r} is expected instead of")
        self._next += 1

    def _error(self, expectation: str) -> FilterError:
        if self._next >= len(self._tokens):
            return FilterError("Unparseable filter: it ends where a value or ')' is expected.")
        token = self._tokens[self._next]
        return FilterError(f"Unparseable filter: {expectation} {token.text!r} at position {token.at + 1}.")


def _text(token: _Token) -> Text:
    if token.kind == "time":
        return Text(token.text, (token.text,), quoted=False)
    segments = _SEGMENT.findall(token.text)
    quoted = token.text[0] in "\"'" and len(segments) == 1
    value = unquoted(token.text) if quoted else token.text
    return Text(value, tuple(unquoted(segment) for segment in segments), quoted)


def _distribute(tree: Node, path: tuple[str, ...], operator: str) -> Node:
    match tree:
        case Search(text):
            return Comparison(path, operator, text)
        case Not(term):
            return Not(_distribute(term, path, operator))
        case And(terms):
            return And(tuple(_distribute(term, path, operator) for term in terms))
        case Or(terms):
            return Or(tuple(_distribute(term, path, operator) for term in terms))
        case _:
            name = ".".join(path)
            raise FilterError(f"Unparseable filter: only values may stand in the parentheses after {name}.")
