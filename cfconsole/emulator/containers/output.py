"""A container's output as log entries: plain lines, whole tracebacks, and JSON lines by Google's rules.

https://cloud.google.com/run/docs/logging#using-json and https://cloud.google.com/logging/docs/structured-logging
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from google.logging.type import log_severity_pb2
from google.protobuf import json_format

from cfconsole.emulator.sinks import EntrySink
from cfconsole.emulator.world.audit import new_service_entry
from cfconsole.emulator.world.names import RevisionName

MAX_TRACEBACK_LINES = 200
_TRACEBACK = "Traceback (most recent call last):"
_PREFIX = "logging.googleapis.com/"
_ALIASES = {"WARN": "WARNING", "FATAL": "CRITICAL", "ERR": "ERROR", "TRACE": "DEBUG"}
_ERROR: int = log_severity_pb2.ERROR


class ContainerOutput:
    """Turns the output of one container into log entries."""

    def __init__(
        self, revision: RevisionName, logs: EntrySink, now: Callable[[], datetime], next_id: Callable[[], str]
    ) -> None:
        self._revision = revision
        self._logs = logs
        self._now = now
        self._next_id = next_id
        self._traceback: list[str] = []

    def add_line(self, stream: str, line: str) -> None:
        """Processes one line of `stdout` or `stderr`."""
        if self._traceback or line == _TRACEBACK:
            self._add_traceback_line(stream, line)
        elif line.strip():
            self._write(stream, line)

    def _add_traceback_line(self, stream: str, line: str) -> None:
        """Collects a traceback, which ends with the first line that is not indented after its head line."""
        self._traceback.append(line)
        continues = line == _TRACEBACK or line.startswith((" ", "\t"))
        if not continues or len(self._traceback) >= MAX_TRACEBACK_LINES:
            entry = self._entry(stream)
            entry.text_payload = "\n".join(self._traceback)
            entry.severity = _ERROR
            self._traceback = []
            self._logs.write(entry)

    def _write(self, stream: str, line: str) -> None:
        entry = self._entry(stream)
        fields = _json_object(line)
        try:
            if fields is not None:
                fill_from_json(entry, fields)
        except (ValueError, RecursionError):
            # For example half of a surrogate pair, which JSON allows and protobuf doesn't.
            entry, fields = self._entry(stream), None
        if fields is None:
            entry.text_payload = line
        self._logs.write(entry)

    def _entry(self, stream: str) -> Any:
        log = f"run.googleapis.com/{stream}"
        entry = new_service_entry(self._revision.parent, log, self._now(), self._next_id(), self._revision.revision)
        entry.labels["instanceId"] = f"00{self._revision.revision.encode().hex()[-30:]}"
        return entry


def fill_from_json(entry: Any, fields: dict[str, Any]) -> None:
    """Fills `entry` from a JSON line: special fields set fields of the entry, the others become its payload.

    A special field with an unusable value stays in the payload.
    """
    for name, lift in _SPECIAL_FIELDS.items():
        if name in fields and lift(entry, fields[name]):
            del fields[name]
    entry.json_payload.update(fields)


def _json_object(line: str) -> dict[str, Any] | None:
    if not line.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(line, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _set_severity(entry: Any, value: object) -> bool:
    name = str(value).upper()
    known = log_severity_pb2.LogSeverity.DESCRIPTOR.values_by_name.get(_ALIASES.get(name, name))
    if known is None:
        return False
    entry.severity = known.number
    return True


def _set_time(entry: Any, value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        entry.timestamp.FromJsonString(value)
    except ValueError:
        return False
    return True


def _set_timestamp(entry: Any, value: object) -> bool:
    return isinstance(value, dict) and _set_stamp(value, entry.timestamp, {"seconds", "nanos"})


def _set_request(entry: Any, value: object) -> bool:
    if not isinstance(value, dict):
        return False
    try:
        json_format.ParseDict(value, entry.http_request, ignore_unknown_fields=True)
    except json_format.ParseError:
        entry.ClearField("http_request")
        return False
    return True


def _set_labels(entry: Any, value: object) -> bool:
    if not isinstance(value, dict):
        return False
    for key, text in value.items():
        entry.labels[key] = str(text)
    return True


def _set_location(entry: Any, value: object) -> bool:
    if not isinstance(value, dict):
        return False
    entry.source_location.file = str(value.get("file", ""))
    entry.source_location.function = str(value.get("function", ""))
    line = str(value.get("line", "0"))
    entry.source_location.line = int(line) if line.isascii() and line.isdigit() and len(line) < 10 else 0
    return True


def _text_setter(field: str) -> Callable[[Any, object], bool]:
    def lift(entry: Any, value: object) -> bool:
        if not isinstance(value, str):
            return False
        setattr(entry, field, value)
        return True

    return lift


def _set_sampled(entry: Any, value: object) -> bool:
    entry.trace_sampled = value is True
    return isinstance(value, bool)


def _set_stamp(value: dict[str, Any], stamp: Any, names: set[str]) -> bool:
    if not value.keys() <= names or not all(type(number) is int for number in value.values()):
        return False
    try:
        stamp.FromNanoseconds(value.get("seconds", 0) * 1_000_000_000 + value.get("nanos", 0))
    except (ValueError, OverflowError):
        return False
    return True


_SPECIAL_FIELDS: dict[str, Callable[[Any, object], bool]] = {
    "severity": _set_severity,
    "time": _set_time,
    "timestamp": _set_timestamp,
    "httpRequest": _set_request,
    f"{_PREFIX}labels": _set_labels,
    f"{_PREFIX}sourceLocation": _set_location,
    f"{_PREFIX}trace": _text_setter("trace"),
    f"{_PREFIX}spanId": _text_setter("span_id"),
    f"{_PREFIX}insertId": _text_setter("insert_id"),
    f"{_PREFIX}trace_sampled": _set_sampled,
}
