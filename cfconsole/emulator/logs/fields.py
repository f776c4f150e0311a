"""Resolves field paths of filters to readers, which return the value in a log entry or None if it is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeAlias

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.json_format import MessageToDict

from cfconsole.emulator.logs.raw import RawEntry, nanoseconds, new_entry
from cfconsole.emulator.logs.syntax import FilterError

Reader: TypeAlias = Callable[[RawEntry], Any]


class ValueKind(Enum):
    """How the values of a field are compared."""

    TEXT = auto()
    NUMBER = auto()
    FLAG = auto()
    SEVERITY = auto()
    TIME = auto()
    DURATION = auto()
    LOOSE = auto()
    """A value inside a payload, compared by its own type."""
    MESSAGE = auto()
    """A message or a map, which can only be searched and tested for presence."""


@dataclass(frozen=True, slots=True)
class EntryField:
    """A field of a log entry that a filter can name."""

    kind: ValueKind
    read: Reader


_DURATION = "google.protobuf.Duration"
_TIMESTAMP = "google.protobuf.Timestamp"
_STRUCT = "google.protobuf.Struct"
_ANY = "google.protobuf.Any"


def resolve(path: tuple[str, ...]) -> EntryField:
    """The field of a path in camelCase or snake_case. Raises `FilterError` if it does not exist."""
    head = _descriptor_of(new_entry.DESCRIPTOR, path[0])
    if head is None:
        raise FilterError(
            f"Field not found: '{'.'.join(path)}'. A log entry has fields such as severity, timestamp, logName, "
            "resource.type, resource.labels.NAME, labels.NAME, textPayload, jsonPayload.NAME and httpRequest.status."
        )
    return _quick(path, head) or _walk(path, head)


def _quick(path: tuple[str, ...], head: FieldDescriptor) -> EntryField | None:
    """Fast readers for the most common fields."""
    match (head.name, *path[1:]):
        case ("severity",):
            return EntryField(ValueKind.SEVERITY, lambda entry: entry.severity)
        case ("log_name",):
            return EntryField(ValueKind.TEXT, lambda entry: entry.log_name)
        case ("text_payload",):
            return EntryField(ValueKind.TEXT, lambda entry: entry.text_payload or None)
        case ("resource", "type"):
            return EntryField(ValueKind.TEXT, lambda entry: entry.resource.type)
        case ("resource", "labels", label):
            return EntryField(ValueKind.TEXT, lambda entry: entry.resource.labels.get(label))
        case ("labels", label):
            return EntryField(ValueKind.TEXT, lambda entry: entry.labels.get(label))
        case ("timestamp",):
            return EntryField(ValueKind.TIME, lambda entry: nanoseconds(entry.timestamp))
        case _:
            return None


def _walk(path: tuple[str, ...], head: FieldDescriptor) -> EntryField:
    read = _member(head)
    current: FieldDescriptor = head
    for at, name in enumerate(path[1:], start=1):
        inner = current.message_type
        if inner is None:
            raise FilterError(f"Field not found: '{'.'.join(path)}'. {path[at - 1]} has no fields inside.")
        if inner.full_name == _STRUCT:
            return EntryField(ValueKind.LOOSE, _then(read, path[at:], _inside_struct))
        if inner.full_name == _ANY:
            return EntryField(ValueKind.LOOSE, _then(read, path[at:], _inside_any))
        if inner.GetOptions().map_entry:
            return EntryField(ValueKind.TEXT, _map_value(read, path[at]))
        following = _descriptor_of(inner, name)
        if following is None:
            known = ", ".join(field.camelcase_name for field in inner.fields)
            raise FilterError(f"Field not found: '{'.'.join(path)}'. {path[at - 1]} has {known}.")
        read = _chain(read, _member(following))
        current = following
    return EntryField(_kind(current), _as_number(current, read))


def _descriptor_of(message: Descriptor, name: str) -> FieldDescriptor | None:
    found = message.fields_by_name.get(name) or message.fields_by_camelcase_name.get(name)
    return found if isinstance(found, FieldDescriptor) else None


def _kind(field: FieldDescriptor) -> ValueKind:
    if field.message_type is not None:
        return {_DURATION: ValueKind.DURATION, _TIMESTAMP: ValueKind.TIME}.get(
            field.message_type.full_name, ValueKind.MESSAGE
        )
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return ValueKind.TEXT
    return ValueKind.FLAG if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL else ValueKind.NUMBER


def _member(field: FieldDescriptor) -> Reader:
    name = field.name
    if field.message_type is None or field.is_repeated:
        return lambda message: getattr(message, name)
    return lambda message: getattr(message, name) if message.HasField(name) else None


def _as_number(field: FieldDescriptor, read: Reader) -> Reader:
    if _kind(field) not in (ValueKind.TIME, ValueKind.DURATION):
        return read
    return lambda entry: None if (stamp := read(entry)) is None else nanoseconds(stamp)


def _chain(outer: Reader, inner: Reader) -> Reader:
    return lambda entry: None if (message := outer(entry)) is None else inner(message)


def _map_value(read: Reader, key: str) -> Reader:
    return lambda entry: None if (mapping := read(entry)) is None else mapping.get(key)


def _then(read: Reader, rest: tuple[str, ...], inside: Callable[[Any, tuple[str, ...]], Any]) -> Reader:
    return lambda entry: None if (message := read(entry)) is None else inside(message, rest)


def _inside_struct(struct: Any, path: tuple[str, ...]) -> Any:
    """The JSON value at `path`, or None."""
    for name in path[:-1]:
        value = struct.fields.get(name)
        if value is None or value.WhichOneof("kind") != "struct_value":
            return None
        struct = value.struct_value
    value = struct.fields.get(path[-1])
    return None if value is None else plain(value)


def plain(value: Any) -> Any:
    """A protobuf JSON value as a Python value."""
    match value.WhichOneof("kind"):
        case "string_value":
            return value.string_value
        case "number_value":
            return value.number_value
        case "bool_value":
            return value.bool_value
        case "list_value":
            return [plain(item) for item in value.list_value.values]
        case "struct_value":
            return {key: plain(item) for key, item in value.struct_value.fields.items()}
        case _:
            return None


def _inside_any(packed: Any, path: tuple[str, ...]) -> Any:
    found: Any = unpacked(packed)
    for name in path:
        if not isinstance(found, dict):
            return None
        found = found.get(name, found.get(_camel(name)))
    return found


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


def unpacked(packed: Any) -> dict[str, Any]:
    """A packed message as JSON with `@type`; the type alone if this process does not know the message."""
    try:
        return MessageToDict(packed)
    except TypeError:
        return {"@type": packed.type_url}


def texts(value: Any) -> Iterator[str]:
    """Every text inside a message, map, list or JSON value; a search without a field looks at these."""
    match value:
        case str():
            yield value
        case bool():
            yield "true" if value else "false"
        case int() | float():
            yield f"{value:g}" if isinstance(value, float) else str(value)
        case None | bytes():
            return
        case dict():
            for key, item in value.items():
                yield str(key)
                yield from texts(item)
        case list():
            for item in value:
                yield from texts(item)
        case _:
            yield from _texts_of_message(value)


def _texts_of_message(message: Any) -> Iterator[str]:
    if not hasattr(message, "ListFields"):
        yield from texts(dict(message) if hasattr(message, "items") else list(message))
    elif message.DESCRIPTOR.full_name == _STRUCT:
        yield from texts({key: plain(item) for key, item in message.fields.items()})
    elif message.DESCRIPTOR.full_name == _ANY:
        yield from texts(unpacked(message))
    elif message.DESCRIPTOR.full_name not in (_DURATION, _TIMESTAMP):
        for _, value in message.ListFields():
            yield from texts(value)
