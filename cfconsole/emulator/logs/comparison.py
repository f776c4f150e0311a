"""Compiles one comparison of a filter to a predicate over raw log entries."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias, assert_never

from cfconsole.emulator.logs.fields import EntryField, Reader, ValueKind, texts
from cfconsole.emulator.logs.raw import GIGA, RawEntry
from cfconsole.emulator.logs.syntax import Comparison, FilterError, Text

Predicate: TypeAlias = Callable[[RawEntry], bool]
Test: TypeAlias = Callable[[Any], bool]

SEVERITIES = {
    "DEFAULT": 0,
    "DEBUG": 100,
    "INFO": 200,
    "NOTICE": 300,
    "WARNING": 400,
    "ERROR": 500,
    "CRITICAL": 600,
    "ALERT": 700,
    "EMERGENCY": 800,
}
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_FRACTION = re.compile(r"\.(\d+)")
_SPAN = re.compile(r"(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)?")
_UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}


def compile_comparison(comparison: Comparison, field: EntryField) -> Predicate:
    """The predicate for one comparison. Text ignores case, regular expressions don't.

    A missing field fails every comparison, even `!=` (Cloud Logging query language, Missing fields).
    Raises `FilterError` for a value that does not fit the field.
    """
    if isinstance(comparison.value, Text):
        value = comparison.value
    else:
        raise FilterError(f"Unparseable filter: {comparison.value.name}() cannot be compared with a field.")
    if comparison.operator == ":" and value.value == "*" and not value.quoted:
        return _presence(field.read)
    return _predicate(field.read, _test(comparison, field.kind, value.value))


def _presence(read: Reader) -> Predicate:
    return lambda entry: (found := read(entry)) is not None and found not in ("", 0)


def _predicate(read: Reader, test: Test) -> Predicate:
    def matches(entry: RawEntry) -> bool:
        found = read(entry)
        return found is not None and test(found)

    return matches


def _test(comparison: Comparison, kind: ValueKind, value: str) -> Test:
    sign = comparison.operator
    if sign in ("=~", "!~"):
        return _regular_expression(value, negated=sign == "!~")
    match kind:
        case ValueKind.TEXT:
            return _text_test(sign, value)
        case ValueKind.MESSAGE:
            return _message_test(comparison, value)
        case ValueKind.LOOSE:
            return _loose_test(sign, value)
        case ValueKind.SEVERITY:
            return _ordered(sign, severity_number(value))
        case ValueKind.TIME:
            return _ordered(sign, time_nanoseconds(value))
        case ValueKind.DURATION:
            return _ordered(sign, _span_nanoseconds(value))
        case ValueKind.NUMBER:
            return _ordered(sign, _number(comparison, value))
        case ValueKind.FLAG:
            return _ordered(sign, _flag(comparison, value))
        case _:
            assert_never(kind)


def _ordered(sign: str, expected: Any) -> Test:
    compare = _ORDER["=" if sign == ":" else sign]
    return lambda found: compare(found, expected)


def _text_test(sign: str, value: str) -> Test:
    expected = value.lower()
    if sign == ":":
        return lambda found: expected in found.lower()
    compare = _ORDER[sign]
    return lambda found: compare(found.lower(), expected)


def _regular_expression(pattern: str, *, negated: bool) -> Test:
    try:
        search = re.compile(pattern).search
    except re.error as error:
        raise FilterError(f"Unparseable filter: {pattern!r} is not a regular expression: {error}.") from None

    def finds(found: Any) -> bool:
        if isinstance(found, str):
            return search(found) is not None
        return any(search(text) is not None for text in texts(found))

    return (lambda found: not finds(found)) if negated else finds


def _message_test(comparison: Comparison, value: str) -> Test:
    if comparison.operator != ":":
        name = ".".join(comparison.path)
        raise FilterError(
            f"Unparseable filter: '{name}' has fields inside and cannot be compared with "
            f"'{comparison.operator}'; use ':' or name an inner field."
        )
    return contains(value)


def contains(value: str) -> Test:
    """A test whether any text inside a value contains `value`, ignoring case."""
    needle = value.lower()
    return lambda found: any(needle in text.lower() for text in texts(found))


def _loose_test(sign: str, value: str) -> Test:
    """A test of a payload's value: numbers compare as numbers, texts as texts, and a list matches if one item does."""
    as_text = _text_test(sign, value)
    number = _as_number(value)
    within = contains(value)

    def holds(found: Any) -> bool:
        match found:
            case None:
                return False
            case str():
                return as_text(found)
            case bool():
                return as_text("true" if found else "false")
            case int() | float():
                return number is not None and _ORDER["=" if sign == ":" else sign](found, number)
            case list():
                return any(holds(item) for item in found)
            case _:
                return sign == ":" and within(found)

    return holds


def _as_number(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def _number(comparison: Comparison, value: str) -> float:
    number = _as_number(value)
    if number is None:
        raise FilterError(f"Unparseable filter: {'.'.join(comparison.path)} is a number and {value!r} is not.")
    return number


def _flag(comparison: Comparison, value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise FilterError(f"Unparseable filter: {'.'.join(comparison.path)} is true or false, not {value!r}.")
    return value.lower() == "true"


def severity_number(value: str) -> int:
    """The number of a severity given by name or number. Raises `FilterError`."""
    if value.isdigit():
        return int(value)
    try:
        return SEVERITIES[value.upper()]
    except KeyError:
        known = ", ".join(SEVERITIES)
        raise FilterError(f"Unparseable filter: {value!r} is not a severity; use one of {known}.") from None


def time_nanoseconds(value: str) -> int:
    """An RFC 3339 time, or a date, as nanoseconds since the epoch. Raises `FilterError`."""
    fraction = _FRACTION.search(value)
    try:
        moment = datetime.fromisoformat(_FRACTION.sub("", value).upper())
    except ValueError:
        message = f'Unparseable filter: {value!r} is not a time; write it like "2026-01-31T12:00:00Z".'
        raise FilterError(message) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    nanos = int(fraction.group(1)[:9].ljust(9, "0")) if fraction else 0
    return int(moment.timestamp()) * GIGA + nanos


def _span_nanoseconds(value: str) -> int:
    match = _SPAN.fullmatch(value)
    if match is None:
        raise FilterError(f'Unparseable filter: {value!r} is not a duration; write it like "1.5s" or "200ms".')
    return round(float(match.group(1)) * _UNITS[match.group(2)] * GIGA)
