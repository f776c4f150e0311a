"""Log entries of every kind, from protobuf to values that are safe to show."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.cloud import run_v2
from google.cloud.audit import audit_log_pb2
from google.cloud.logging_v2.types import LogEntry as WireEntry
from google.cloud.logging_v2.types import TailLogEntriesResponse
from google.logging.type import log_severity_pb2
from google.protobuf.field_mask_pb2 import FieldMask

from cfconsole.domain.logs.buffer import LogBuffer
from cfconsole.domain.logs.entries import GapReason, LogEntry, Request, Severity, Suppression
from cfconsole.domain.text import Scrubber
from cfconsole.emulator.world.audit import SERVICES_API, audit_entry, audit_request
from cfconsole.emulator.world.names import ServiceName
from cfconsole.gcp.logs.entries import SLICE, EntryReader, suppressions_from

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
RESOURCE = {
    "type": "cloud_run_revision",
    "labels": {"service_name": "orders-api", "location": "us-central1", "revision_name": "orders-api-00042-abc"},
}


def wire(**fields: Any) -> Any:
    log = "projects/shop-prod/logs/run.googleapis.com%2Fstderr"
    return WireEntry.pb(WireEntry({"log_name": log, "timestamp": AT, "resource": RESOURCE} | fields))


def read(pb: Any, *redact: str) -> LogEntry:
    return EntryReader(Scrubber(redact)).entry(pb)


def test_a_text_line_keeps_its_place_time_and_identity() -> None:
    entry = read(
        wire(text_payload="hello", insert_id="i1", severity=log_severity_pb2.ERROR, labels={"b": "2", "a": "1"})
    )
    assert entry.message == "hello"
    assert entry.payload == ""
    assert entry.identity == ("run.googleapis.com/stderr", int(AT.timestamp()) * 10**9, "i1")
    assert (entry.project, entry.region, entry.service) == ("shop-prod", "us-central1", "orders-api")
    assert entry.revision == "orders-api-00042-abc"
    assert entry.severity == Severity.ERROR
    assert entry.labels == (("a", "1"), ("b", "2"))


def test_the_message_of_a_violation_is_redacted() -> None:
    log = "projects/shop-prod/logs/monitoring.googleapis.com%2FViolationOpenEventv1"
    labels = {"violation_id": "0.1", "policy_display_name": "error rate", "terse_message": "acct-4711 is above 1 %"}
    entry = read(wire(log_name=log, labels=labels), "acct-[0-9]+")
    assert entry.message.startswith("alert error rate opened: ")
    assert entry.message.endswith(" is above 1 %")
    assert "4711" not in entry.message


def test_json_shows_its_message_and_keeps_the_rest() -> None:
    payload = {
        "message": "unknown currency 'XTS'",
        "order": 17,
        "ratio": 0.5,
        "tags": ["a", None, True],
        "deep": {"x": "y"},
    }
    entry = read(wire(json_payload=payload))
    assert entry.message == "unknown currency 'XTS'"
    assert json.loads(entry.payload) == payload


def test_json_with_only_a_message_has_no_payload() -> None:
    assert read(wire(json_payload={"message": "done"})).payload == ""


def test_json_without_a_message_is_shown_whole() -> None:
    assert read(wire(json_payload={"status": "ok"})).message == '{"status":"ok"}'


def test_a_stack_trace_follows_its_message() -> None:
    trace = "Traceback (most recent call last):\n  ...\nValueError: x"
    entry = read(wire(json_payload={"message": "failed", "exception": trace}))
    assert entry.message == f"failed\n{trace}"


def test_a_request_log_is_one_line_of_its_facts() -> None:
    request = {
        "request_method": "GET",
        "request_url": "https://orders-api-x-uc.a.run.app/orders/7?full=1",
        "status": 500,
        "latency": timedelta(microseconds=1_193_986),
    }
    entry = read(wire(http_request=request))
    assert entry.request == Request("GET", "/orders/7?full=1", 500, 1193.986)
    assert entry.message == "500 GET /orders/7?full=1 1.2 s"
    del request["latency"]
    assert read(wire(http_request=request)).request == Request("GET", "/orders/7?full=1", 500, None)


def test_an_audit_record_names_actor_and_method() -> None:
    name = ServiceName("shop-prod", "us-central1", "orders-api")
    entry = read(audit_entry(name, f"{SERVICES_API}.UpdateService", "ci@shop", AT, "a1"))
    assert entry.message == "ci@shop changed orders-api"
    assert (entry.actor, entry.method) == ("ci@shop", "google.cloud.run.v2.Services.UpdateService")
    assert json.loads(entry.payload)["callerIp"] == "203.0.113.7"


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        ("template", "ci@shop deployed 00042-abc"),
        ("traffic", "ci@shop set traffic of orders-api to 00041-def"),
        ("description", "ci@shop changed orders-api"),
    ],
)
def test_an_audit_record_distinguishes_a_deploy_from_a_change_of_traffic(mask: str, message: str) -> None:
    name = ServiceName("shop-prod", "us-central1", "orders-api")
    container = run_v2.Container(image="orders", env=[run_v2.EnvVar(name="TOKEN", value="s3cret")])
    template = run_v2.RevisionTemplate(revision="orders-api-00042-abc", containers=[container])
    traffic = [run_v2.TrafficTarget(revision="orders-api-00041-def", percent=100)]
    service = run_v2.Service(name=str(name), template=template, traffic=traffic)
    request = audit_request(run_v2.UpdateServiceRequest(service=service, update_mask=FieldMask(paths=[mask])))
    pb = audit_entry(name, f"{SERVICES_API}.UpdateService", "ci@shop", AT, "a1", request=request)
    entry = read(pb)
    assert entry.message == message
    assert "s3cret" not in entry.payload
    assert b"s3cret" not in pb.proto_payload.value


def test_an_audit_record_of_a_refused_change_says_why() -> None:
    name = ServiceName("shop-prod", "us-central1", "orders-api")
    pb = audit_entry(name, f"{SERVICES_API}.UpdateService", "ci@shop", AT, "a1")
    assert "status" not in json.loads(read(pb).payload)
    record = audit_log_pb2.AuditLog.FromString(pb.proto_payload.value)
    record.status.code, record.status.message = 7, "not yours"
    pb.proto_payload.Pack(record)
    assert json.loads(read(pb).payload)["status"] == "7 not yours"


def test_an_audit_record_names_its_service_where_the_resource_does_not() -> None:
    pb = audit_entry(ServiceName("shop-prod", "us-central1", "orders-api"), "x.Do", "ci@shop", AT, "a1")
    pb.resource.labels.clear()
    entry = read(pb)
    assert (entry.region, entry.service) == ("us-central1", "orders-api")


def test_other_protobuf_payloads_are_named() -> None:
    pb = wire()
    pb.proto_payload.type_url = "type.googleapis.com/google.some.Thing"
    pb.proto_payload.value = b"12345"
    assert read(pb).message == "google.some.Thing, 5 bytes"


def test_nothing_from_outside_reaches_the_screen_unsafe() -> None:
    pb = wire(json_payload={"message": "\x1b[31mred\x1b[0m acct-4711", "key": "acct-4711"}, labels={"a\x07": "b\nc"})
    pb.resource.labels["service_name"] = "orders\x1b]0;x\x07"
    entry = read(pb, r"acct-\d+")
    for text in (entry.message, entry.payload, entry.service, *entry.labels[0]):
        assert "\x1b" not in text
        assert "\x07" not in text
        assert "4711" not in text
    assert "\n" not in entry.labels[0][1]


def test_an_entry_without_a_time_has_the_time_it_arrived() -> None:
    pb = WireEntry.pb(WireEntry(receive_timestamp=AT))
    assert read(pb).timestamp_ns == int(AT.timestamp()) * 10**9


def test_the_parts_of_an_entry_that_was_split_are_kept_apart_and_in_order() -> None:
    parts = []
    for index in (1, 0, 2):
        pb = wire(text_payload=f"part {index}", split={"uid": "one", "index": index, "total_splits": 3})
        pb.insert_id = "same"
        parts.append(read(pb))
    buffer = LogBuffer(max_entries=10)
    buffer.add(parts)
    assert [row.message for row in buffer.rows(0, len(buffer)) if isinstance(row, LogEntry)] == [
        "[1 of 3] part 0",
        "[2 of 3] part 1",
        "[3 of 3] part 2",
    ]


def test_suppressed_counts_keep_their_reason() -> None:
    response = TailLogEntriesResponse(
        suppression_info=[
            {"reason": "RATE_LIMIT", "suppressed_count": 7},
            {"reason": "NOT_CONSUMED", "suppressed_count": 2},
            {"reason": "NOT_CONSUMED", "suppressed_count": 0},
        ]
    )
    found = suppressions_from(TailLogEntriesResponse.pb(response).suppression_info)
    assert found == (Suppression(GapReason.RATE_LIMIT, 7), Suppression(GapReason.NOT_CONSUMED, 2))


async def test_many_entries_are_converted_in_slices_with_turns_for_others() -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    busy = asyncio.ensure_future(others())
    reader = EntryReader(Scrubber())
    sizes = [len(part) async for part in reader.slices([wire(text_payload=str(n)) for n in range(450)])]
    busy.cancel()
    assert sizes == [SLICE, SLICE, 50]
    assert turns >= 2
