"""The Cloud Logging query language: compiles filters to predicates over raw log entries."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never
from urllib.parse import quote

from cfconsole.emulator.logs.comparison import Predicate, compile_comparison, contains, time_nanoseconds
from cfconsole.emulator.logs.fields import Reader, ValueKind, resolve
from cfconsole.emulator.logs.raw import RawEntry
from cfconsole.emulator.logs.syntax import And, Call, Comparison, FilterError, Node, Not, Or, Search, Text, parse

MAX_FILTER_LENGTH = 20_000
"""In characters (`ListLogEntriesRequest.filter`)."""
_FOREVER = 2**63


@dataclass(frozen=True, slots=True)
class Query:
    """A compiled filter. No entry outside its time bounds matches, so listings skip them."""

    matches: Predicate
    earliest: int = 0
    """Nanoseconds since the epoch."""
    latest: int = _FOREVER


def compile_filter(text: str) -> Query:
    """The query of a filter; the empty filter matches everything. Raises `FilterError` for a bad filter."""
    if len(text) > MAX_FILTER_LENGTH:
        raise FilterError(f"The filter has {len(text)} characters; {MAX_FILTER_LENGTH} are allowed.")
    tree = parse(text)
    if tree is None:
        return Query(lambda entry: True)
    earliest, latest = _time_bounds(tree)
    return Query(_compile(tree), earliest, latest)


def _compile(node: Node) -> Predicate:
    match node:
        case Comparison():
            return compile_comparison(node, resolve(node.path))
        case Search(text):
            return contains(text.value)
        case Call():
            return _compile_call(node)
        case Not(term):
            inner = _compile(term)
            return lambda entry: not inner(entry)
        case And(terms):
            return _every([_compile(term) for term in terms])
        case Or(terms):
            return _one_of(terms) or _some([_compile(term) for term in terms])
        case _:
            assert_never(node)


def _every(predicates: Sequence[Predicate]) -> Predicate:
    """True if all predicates hold. Halves are combined recursively, which keeps the nesting of calls logarithmic."""
    if len(predicates) == 1:
        return predicates[0]
    middle = len(predicates) // 2
    first, second = _every(predicates[:middle]), _every(predicates[middle:])
    return lambda entry: first(entry) and second(entry)


def _some(predicates: Sequence[Predicate]) -> Predicate:
    """True if at least one predicate holds."""
    if len(predicates) == 1:
        return predicates[0]
    middle = len(predicates) // 2
    first, second = _some(predicates[:middle]), _some(predicates[middle:])
    return lambda entry: first(entry) or second(entry)


def _one_of(terms: Sequence[Node]) -> Predicate | None:
    """`f=a OR f=b OR …` over one text field as a single look-up; tails over many services use such filters."""
    values: set[str] = set()
    paths: set[tuple[str, ...]] = set()
    for term in terms:
        if not (isinstance(term, Comparison) and term.operator == "=" and isinstance(term.value, Text)):
            return None
        values.add(term.value.value.lower())
        paths.add(term.path)
    if len(paths) != 1:
        return None
    field = resolve(paths.pop())
    return _member_of(field.read, frozenset(values)) if field.kind is ValueKind.TEXT else None


def _member_of(read: Reader, values: frozenset[str]) -> Predicate:
    def matches(entry: RawEntry) -> bool:
        found = read(entry)
        return found is not None and found.lower() in values

    return matches


def _compile_call(call: Call) -> Predicate:
    match call.name.lower(), call.arguments:
        case "log_id", (log_id,):
            ending = "/logs/" + quote(log_id.value, safe="")
            return lambda entry: entry.log_name.endswith(ending)
        case "sample", (field, fraction):
            return _sample(field, fraction)
        case "search", (text,):
            return contains(text.value)
        case "search", (field, text):
            return compile_comparison(Comparison(field.path, ":", text), resolve(field.path))
        case ("log_id" | "sample" | "search") as name, _:
            raise FilterError(f"Unparseable filter: {name}() does not take {len(call.arguments)} arguments.")
        case _:
            raise FilterError(
                f"Unparseable filter: the function {call.name}() is not known; log_id(), sample() and SEARCH() are."
            )


def _sample(field: Text, fraction: Text) -> Predicate:
    try:
        threshold = round(float(fraction.value) * 2**32)
    except ValueError:
        raise FilterError(f"Unparseable filter: sample() takes a fraction, not {fraction.value!r}.") from None
    read = resolve(field.path).read
    return lambda entry: (found := read(entry)) is not None and zlib.crc32(str(found).encode()) < threshold


def _time_bounds(node: Node) -> tuple[int, int]:
    earliest, latest = 0, _FOREVER
    for term in node.terms if isinstance(node, And) else (node,):
        match term:
            case And():
                low, high = _time_bounds(term)
            case Comparison(("timestamp",), ">" | ">=", Text(value)):
                low, high = time_nanoseconds(value), _FOREVER
            case Comparison(("timestamp",), "<" | "<=", Text(value)):
                low, high = 0, time_nanoseconds(value)
            case _:
                continue
        earliest, latest = max(earliest, low), min(latest, high)
    return earliest, latest
