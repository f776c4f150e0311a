"""Domain values as JSON by field name and back, so that records outlive fields that are added later.

A field that is unknown here is ignored; one that is missing takes its default.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeVar, cast, get_args, get_type_hints

import msgspec

T = TypeVar("T")

_RELEASES = "cfconsole.domain.releases"


class UnreadableRecordError(ValueError):
    """A record does not hold what it should."""


class _Shape(NamedTuple):
    """The fields of a `NamedTuple` class with their types and plain defaults."""

    types: Mapping[str, Any]
    defaults: Mapping[str, Any]


def encode(value: object) -> bytes:
    """The value as JSON. Raises `UnreadableRecordError` where a text in it is no Unicode."""
    try:
        return msgspec.json.encode(_named(value))
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise UnreadableRecordError(str(error)) from error


def decode(content: bytes, kind: type[T]) -> T:
    """The value that was encoded, types checked. Raises `UnreadableRecordError`."""
    _complete(kind)
    try:
        return msgspec.convert(_placed(msgspec.json.decode(content), kind), type=kind)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise UnreadableRecordError(str(error)) from error


def fields_of(kind: Any) -> str:
    """Names every field in a type, deeply: two versions that spell it alike can read each other's bare values."""
    if _is_named_tuple(kind):
        fields = ",".join(f"{name}:{fields_of(inner)}" for name, inner in _shape(kind).types.items())
        return f"{kind.__name__}({fields})"
    inner = ",".join(map(fields_of, get_args(kind)))
    return f"{getattr(kind, '__name__', kind)}[{inner}]" if inner else str(getattr(kind, "__name__", kind))


def _named(value: object) -> object:
    """Named tuples as mappings, all the way down; msgspec alone would write them as bare lists."""
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: _named(inner) for name, inner in zip(value._fields, value, strict=True)}
    if isinstance(value, tuple | list):
        return [_named(inner) for inner in value]
    return value


def _placed(value: Any, kind: Any) -> Any:
    """Mappings as the lists that msgspec takes for named tuples. What does not fit is left for it to refuse."""
    if value is None:
        return None
    if _is_named_tuple(kind):
        return _fields_in_order(value, kind) if isinstance(value, dict) else value
    inner = _arguments(kind)
    if isinstance(value, list):
        return [_placed(each, of) for each, of in zip(value, _types_of_items(value, inner), strict=True)]
    return _placed(value, inner[0]) if len(inner) == 1 else value


@cache
def _arguments(kind: Any) -> Sequence[Any]:
    """What a type is made of, without `None`."""
    return tuple(argument for argument in get_args(kind) if argument is not type(None))


def _types_of_items(items: Sequence[Any], arguments: Sequence[Any]) -> Sequence[Any]:
    """What each item of a tuple is: of `tuple[X, ...]` all are X, of `tuple[X, Y]` one is X and one Y."""
    if len(arguments) == len(items) and Ellipsis not in arguments:
        return arguments
    return [arguments[0] if arguments else object] * len(items)


def _fields_in_order(value: Mapping[str, Any], kind: Any) -> list[Any]:
    shape = _shape(kind)
    placed = []
    for name, inner in shape.types.items():
        if name in value:
            placed.append(_placed(value[name], inner))
        elif name in shape.defaults:
            placed.append(shape.defaults[name])
        else:
            raise UnreadableRecordError(f"{kind.__name__} has no {name}")
    return placed


def _complete(kind: Any) -> None:
    """Releases name types that they do not load until one is read; the last known state is read without them."""
    if getattr(kind, "__module__", "") == _RELEASES:
        from cfconsole.domain.releases import load_step_types

        load_step_types()


@cache
def _shape(kind: Any) -> _Shape:
    _complete(kind)
    hints = get_type_hints(kind)
    defaults = {name: msgspec.to_builtins(value) for name, value in kind._field_defaults.items()}
    return _Shape({name: hints[name] for name in kind._fields}, cast("Mapping[str, Any]", defaults))


@cache
def _is_named_tuple(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields")
