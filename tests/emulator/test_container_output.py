"""The output of containers as log entries: plain lines, JSON lines, tracebacks."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from cfconsole.emulator.clock import ManualClock
from cfconsole.emulator.containers.output import ContainerOutput
from cfconsole.emulator.logs.store import LogStore
from cfconsole.emulator.world.names import RevisionName

REVISION = RevisionName("shop-prod", "us-central1", "hello", "hello-00001-abc")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def logged(*lines: str, stream: str = "stdout") -> list[Any]:
    """The log entries made from these lines."""
    logs = LogStore(ManualClock(NOW))
    output = ContainerOutput(REVISION, logs, lambda: NOW, iter("abcdefgh").__next__)
    for line in lines:
        output.add_line(stream, line)
    return [entry.decoded() for entry in logs.slice(0, len(logs))]


def test_a_plain_line_is_text_of_its_revision() -> None:
    [entry] = logged("hello", "", "   ")
    assert (entry.text_payload, entry.severity) == ("hello", 0)
    assert entry.log_name == "projects/shop-prod/logs/run.googleapis.com%2Fstdout"
    assert entry.resource.labels["revision_name"] == "hello-00001-abc"


def test_special_fields_of_a_json_line_set_fields_of_the_entry() -> None:
    line = {
        "severity": "warn",
        "message": "late",
        "order": 7,
        "time": "2026-03-01T11:59:59.5Z",
        "httpRequest": {"requestMethod": "GET", "status": 200},
        "logging.googleapis.com/labels": {"team": "shop"},
        "logging.googleapis.com/trace": "projects/shop-prod/traces/1",
        "logging.googleapis.com/spanId": "2",
        "logging.googleapis.com/trace_sampled": True,
        "logging.googleapis.com/sourceLocation": {"file": "main.py", "line": "12", "function": "hello"},
        "logging.googleapis.com/insertId": "mine",
    }
    [entry] = logged(json.dumps(line))
    assert dict(entry.json_payload) == {"message": "late", "order": 7}
    assert (entry.severity, entry.insert_id, entry.trace, entry.span_id) == (
        400,
        "mine",
        "projects/shop-prod/traces/1",
        "2",
    )
    assert entry.timestamp.ToMilliseconds() == round(NOW.timestamp() * 1000) - 500
    assert (entry.http_request.status, entry.labels["team"], entry.trace_sampled) == (200, "shop", True)
    assert (entry.source_location.file, entry.source_location.line) == ("main.py", 12)


def test_a_timestamp_may_be_seconds_and_nanoseconds() -> None:
    [entry] = logged('{"message": "x", "timestamp": {"seconds": 1772366399, "nanos": 5}}')
    assert (entry.timestamp.seconds, entry.timestamp.nanos) == (1772366399, 5)


@pytest.mark.parametrize(
    "field",
    [
        {"severity": "LOUD"},
        {"time": "yesterday"},
        {"time": 7},
        {"timestamp": {"seconds": "now"}},
        {"timestamp": {"seconds": 10**15}},
        {"httpRequest": "GET /"},
        {"httpRequest": {"status": "fine"}},
        {"logging.googleapis.com/labels": "team"},
        {"logging.googleapis.com/trace": 7},
        {"logging.googleapis.com/sourceLocation": "main.py"},
    ],
)
def test_special_fields_with_bad_values_stay_in_the_payload(field: dict[str, Any]) -> None:
    [entry] = logged(json.dumps({"message": "x", **field}))
    assert entry.json_payload.fields.keys() == {"message", *field}
    assert entry.timestamp.ToDatetime(tzinfo=UTC) == NOW


@pytest.mark.parametrize("line", ["{", '{"a": NaN}', "[1]", '{"a": "\\ud800"}', "{" + '"a":{' * 5_000])
def test_a_line_that_is_not_a_json_object_is_text(line: str) -> None:
    [entry] = logged(line)
    assert entry.text_payload == line
    assert not entry.HasField("json_payload")


def test_a_traceback_is_one_error() -> None:
    first, last = logged(
        "Traceback (most recent call last):",
        '  File "/app/main.py", line 1, in <module>',
        "    raise ValueError('XTS')",
        "ValueError: XTS",
        "next",
        stream="stderr",
    )
    assert first.text_payload.splitlines()[-1] == "ValueError: XTS"
    assert (first.severity, last.text_payload) == (500, "next")
