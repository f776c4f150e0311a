"""The Cloud Logging query language: filters against one entry, precedence, errors, and properties."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from google.cloud.audit.audit_log_pb2 import AuditLog
from google.cloud.logging_v2.types import LogEntry
from hypothesis import given
from hypothesis import strategies as st

from cfconsole.emulator.logs.query import MAX_FILTER_LENGTH, compile_filter
from cfconsole.emulator.logs.syntax import FilterError
from tests.emulator.logging_server import PROJECT, START, STDOUT

REQUEST = LogEntry(
    {
        "log_name": STDOUT,
        "insert_id": "abc123",
        "timestamp": START + timedelta(milliseconds=500),
        "severity": "WARNING",
        "trace": f"{PROJECT}/traces/0af7",
        "labels": {"goog-managed-by": "cloudfunctions"},
        "resource": {
            "type": "cloud_run_revision",
            "labels": {"service_name": "orders-api", "location": "us-central1"},
        },
        "http_request": {"status": 503, "request_url": "https://shop/cart", "latency": timedelta(seconds=1.5)},
        "json_payload": {
            "message": "Unknown currency 'XTS'",
            "attempt": 3,
            "ok": False,
            "order": {"id": "o-77", "items": ["pen", "ink"]},
        },
    }
)


def _matches(filter_: str, entry: Any = REQUEST) -> bool:
    return compile_filter(filter_).matches(LogEntry.pb(entry))


@pytest.mark.parametrize(
    "filter_",
    [
        "",
        "-- only a comment",
        'resource.type="cloud_run_revision"',
        'resource.type = "CLOUD_RUN_REVISION"',
        "resource.type!=gce_instance",
        "resource.labels.service_name=orders-api",
        'resource.labels.service_name=("catalog" OR "orders-api")',
        'resource.labels.service_name="catalog" OR resource.labels.service_name="orders-api"',
        "resource.labels.service_name:ORDERS",
        'labels."goog-managed-by"="cloudfunctions"',
        "labels.goog-managed-by:*",
        "severity>=WARNING",
        "severity=400",
        "severity=(ERROR OR WARNING)",
        "severity<error",
        'timestamp>="2026-03-01T12:00:00Z"',
        "timestamp>2026-03-01T12:00:00.499Z",
        'timestamp<="2026-03-01T13:00:00.5+01:00"',
        'timestamp>"2026-03-01"',
        f'logName="{STDOUT}"',
        'logName:"stdout"',
        'log_id("run.googleapis.com/stdout")',
        'NOT log_id("run.googleapis.com/requests")',
        "insertId=abc123",
        "insert_id=abc123",
        'trace=~"/traces/0a[a-z]7$"',
        "httpRequest.status>=500",
        "http_request.status=503",
        "httpRequest.latency>1s",
        "httpRequest.latency<=1500ms",
        "httpRequest.requestUrl:cart",
        "httpRequest:*",
        "jsonPayload.message=\"unknown currency 'xts'\"",
        'jsonPayload.message=~"currency .XTS"',
        'jsonPayload.message!~"^currency"',
        "json_payload.attempt>=3",
        "jsonPayload.attempt<3.5",
        "jsonPayload.ok=false",
        "jsonPayload.order.id=o-77",
        "jsonPayload.order.items=ink",
        "jsonPayload.order:77",
        "jsonPayload:currency",
        "currency",
        '"unknown currency"',
        "cloudfunctions 503",
        'SEARCH("xts")',
        "sample(insertId, 1)",
        "-severity=INFO",
        "- severity=INFO",
        "NOT NOT severity=WARNING",
        "NOT textPayload:anything",
        "severity=WARNING\n  resource.labels.location=us-central1",
        "severity=INFO OR severity=WARNING AND insertId=abc123",
        "(severity=INFO AND insertId=other) OR insertId=abc123",
    ],
)
def test_these_filters_match(filter_: str) -> None:
    assert _matches(filter_)


@pytest.mark.parametrize(
    "filter_",
    [
        "severity>WARNING",
        "NOT severity>=WARNING",
        "-severity=WARNING",
        'resource.labels.service_name="orders"',
        "resource.labels.missing!=anything",
        "jsonPayload.missing!=anything",
        "jsonPayload.message.deeper=x",
        "jsonPayload.message>5 jsonPayload.attempt=three",
        'jsonPayload.message=~"unknown"',
        "textPayload:currency",
        "labels.other:*",
        "protoPayload.methodName:Update",
        'timestamp<"2026-03-01T12:00:00.5Z"',
        'log_id("run.googleapis.com/stderr")',
        "sample(insertId, 0)",
        "currency nowhere",
        # OR binds tighter than AND.
        "severity=WARNING OR severity=INFO AND insertId=other",
    ],
)
def test_these_filters_do_not_match(filter_: str) -> None:
    assert not _matches(filter_)


def test_audit_entries_are_read_inside_their_payload() -> None:
    audit = AuditLog(method_name="google.cloud.run.v2.Services.UpdateService", service_name="run.googleapis.com")
    audit.authentication_info.principal_email = "ci@shop"
    entry = LogEntry(log_name=f"{PROJECT}/logs/cloudaudit.googleapis.com%2Factivity")
    LogEntry.pb(entry).proto_payload.Pack(audit)
    assert _matches('protoPayload.methodName:"UpdateService"', entry)
    assert _matches("protoPayload.authenticationInfo.principalEmail=ci@shop", entry)
    assert _matches('proto_payload.method_name=~"UpdateService$"', entry)
    assert _matches('protoPayload.@type="type.googleapis.com/google.cloud.audit.AuditLog"', entry)
    assert _matches("ci@shop", entry)
    assert not _matches("protoPayload.methodName:Delete", entry)


def test_an_audit_payload_of_an_unknown_kind_has_only_its_type() -> None:
    entry = LogEntry(log_name=STDOUT)
    LogEntry.pb(entry).proto_payload.type_url = "type.googleapis.com/made.Up"
    assert _matches("protoPayload.@type:made.Up", entry)
    assert not _matches("protoPayload.methodName:x", entry)


@pytest.mark.parametrize(
    ("filter_", "sentence"),
    [
        ("severity>=", "ends where a value"),
        ("(severity=INFO", "ends where a value or '\\)'"),
        ("severity=INFO)", "unexpected '\\)' at position 14"),
        ('textPayload="open', "never closed"),
        ("severity=LOUD", "'LOUD' is not a severity"),
        ('timestamp>"yesterday"', "is not a time"),
        ("httpRequest.status=many", "httpRequest.status is a number"),
        ("httpRequest.colour=red", "httpRequest has requestMethod"),
        ("severity.deeper=1", "severity has no fields inside"),
        ("nonsense=1", "Field not found: 'nonsense'"),
        ('textPayload=~"("', "is not a regular expression"),
        ("resource=x", "has fields inside and cannot be compared"),
        ("traceSampled=perhaps", "is true or false"),
        ("httpRequest.latency>soon", "is not a duration"),
        ("OR severity=INFO", "is expected instead of 'OR'"),
        ("severity=(INFO OR insertId=1)", "only values may stand in the parentheses after severity"),
        ('made_up("x")', "the function made_up\\(\\) is not known"),
        ("log_id()", "log_id\\(\\) does not take 0 arguments"),
        ("sample(insertId, some)", "sample\\(\\) takes a fraction"),
        ("insertId=log_id(x)", "cannot be compared with a field"),
        ("(" * 60 + "x" + ")" * 60, "parentheses nest deeper"),
        ("x" * (MAX_FILTER_LENGTH + 1), "20000 are allowed"),
        ("textPayload=!", "unexpected '!' at position 13"),
    ],
)
def test_a_bad_filter_is_explained(filter_: str, sentence: str) -> None:
    with pytest.raises(FilterError, match=sentence):
        compile_filter(filter_)


def test_time_bounds_narrow_the_search() -> None:
    query = compile_filter('severity=INFO (timestamp>="1970-01-01T00:00:01Z" AND timestamp<"1970-01-01T00:00:02Z")')
    assert (query.earliest, query.latest) == (1_000_000_000, 2_000_000_000)
    either = compile_filter('timestamp>"1970-01-01T00:00:01Z" OR severity=INFO')
    assert either.earliest == 0


def test_hundreds_of_alternatives_compile_and_match() -> None:
    terms = " OR ".join(f'textPayload:"{number}"' for number in range(900))
    assert not _matches(terms)
    assert _matches(f"{terms} OR insertId=abc123")


@given(st.text(max_size=60))
def test_any_text_is_a_filter_or_refused_with_a_sentence(text: str) -> None:
    with suppress(FilterError):
        assert isinstance(compile_filter(text).matches(LogEntry.pb(REQUEST)), bool)


@given(st.text(min_size=1).filter(lambda text: "\0" not in text))
def test_a_quoted_text_finds_itself(text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    assert _matches(f'textPayload="{quoted}"', LogEntry(log_name=STDOUT, text_payload=text))
    assert _matches(f'"{quoted}"', LogEntry(log_name=STDOUT, text_payload=f"before {text} after"))
