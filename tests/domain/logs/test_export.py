"""Log rows as JSON lines with stable names, and as text."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.entries import Gap, GapReason, LogEntry, Request, Severity
from cfconsole.domain.logs.export import log_line, log_row, log_text, payload_value, severity_word
from cfconsole.domain.text import Scrubber
from tests.domain.logs.log_rows import entry

NOON_NS = 1_777_896_000_000_000_000
ENTRY_FIELDS = "timestamp severity project region service revision message trace insert_id log labels payload request"


def test_an_entry_has_every_field_of_the_contract() -> None:
    said = entry(NOON_NS + 221_000_001, message="boom", severity=Severity.ERROR, payload='{"message":"boom","n":1}')
    row = log_row(replace(said, trace="t1", labels=(("instanceId", "x"),)))
    assert list(row) == ENTRY_FIELDS.split()
    assert row == {
        "timestamp": "2026-05-04T12:00:00.221000001Z",
        "severity": "ERROR",
        "project": "shop",
        "region": "us-central1",
        "service": "orders",
        "revision": "orders-00001",
        "message": "boom",
        "trace": "t1",
        "insert_id": "a",
        "log": "run.googleapis.com/stderr",
        "labels": {"instanceId": "x"},
        "payload": {"message": "boom", "n": 1},
        "request": None,
    }


def test_what_is_absent_is_null() -> None:
    row = log_row(LogEntry(0, "", Severity.DEFAULT, "", "", "", "", "", ""))
    assert {name for name, value in row.items() if value is None} == set(ENTRY_FIELDS.split()) - {
        "severity",
        "message",
        "labels",
    }
    assert (row["severity"], row["message"], row["labels"]) == ("DEFAULT", "", {})


def test_a_request_is_told_in_numbers_too() -> None:
    row = log_row(replace(entry(NOON_NS), request=Request("GET", "/cart", 200, 23.5)))
    assert row["request"] == {"method": "GET", "path": "/cart", "status": 200, "latency_ms": 23.5}


def test_a_gap_has_its_own_fields() -> None:
    assert log_row(Gap(GapReason.RATE_LIMIT, 7, NOON_NS, NOON_NS + 10**9)) == {
        "gap": "rate-limit",
        "at_least": 7,
        "from": "2026-05-04T12:00:00Z",
        "to": "2026-05-04T12:00:01Z",
        "services": [],
    }
    nowhere = log_row(Gap(GapReason.NOT_READ, 1, 0, 0))
    assert nowhere["from"] is nowhere["to"] is None


def test_a_line_is_one_line_whatever_the_message_holds() -> None:
    line = log_line(entry(NOON_NS, message='Traceback:\n  "ü"', payload='{"a":[1]}'))
    assert "\n" not in line
    assert "ü" in line
    assert json.loads(line)["message"] == 'Traceback:\n  "ü"'


@pytest.mark.parametrize(
    ("number", "word"),
    [(0, "DEFAULT"), (200, "INFO"), (450, "WARNING"), (800, "EMERGENCY"), (999, "EMERGENCY"), (-1, "DEFAULT")],
)
def test_severities_are_words(number: int, word: str) -> None:
    assert severity_word(number) == word


@pytest.mark.parametrize(
    ("payload", "value"),
    [
        ("", None),
        ('{"n":1,"list":[true,null]}', {"n": 1, "list": [True, None]}),
        ('{"n":NaN}', {"n": "NaN"}),
        ('{"m":"a\\u001b[31mb"}', {"m": "a␛b"}),
        ('{"a\\u0007":1}', {"a␇": 1}),
        ('{"n": … 12 characters cut', '{"n": … 12 characters cut'),
        ("[" * 100_000, "[" * 100_000),
    ],
)
def test_payloads_are_the_value_they_hold(payload: str, value: object) -> None:
    assert payload_value(payload) == value


def test_a_masked_secret_leaves_the_rest_of_the_payload_readable() -> None:
    masked = Scrubber()('{"user":"u","password":"hunter2","note":"say ••• \\" aloud"}')
    assert payload_value(masked) == {"user": "u", "password": "•••", "note": 'say ••• " aloud'}


def test_text_says_when_how_bad_and_where() -> None:
    said = entry(NOON_NS + 221_999_999, message="boom\nat x\n", severity=Severity.ERROR)
    assert log_text(said) == "2026-05-04T12:00:00.221Z ERROR     00001 boom\n    at x"
    assert log_text(said, services=True).startswith("2026-05-04T12:00:00.221Z ERROR     orders 00001 boom")
    assert log_text(replace(said, revision="")).startswith("2026-05-04T12:00:00.221Z ERROR     - boom")


def test_a_gap_reads_as_a_sentence_between_two_moments() -> None:
    shown = log_text(Gap(GapReason.NOT_READ, 5, NOON_NS, NOON_NS + 10**9))
    assert shown == "2026-05-04T12:00:00.000Z to 2026-05-04T12:00:01.000Z  -- ≥ 5 entries not read"
    whose = Gap(GapReason.NOT_READ, 5, NOON_NS, NOON_NS, (ServiceKey("shop", "us-central1", "orders"),))
    assert log_row(whose)["services"] == ["shop/us-central1/orders"]
    assert log_text(whose, services=True).endswith("not read (orders)")
    assert log_text(whose).endswith("not read")
