"""The content of log entries: message and payload of text, JSON, requests and audit records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from google.cloud.audit import audit_log_pb2
from msgspec import Struct

from cfconsole.domain.logs.entries import Request
from cfconsole.domain.logs.messages import audit_message, compact_json, json_message
from cfconsole.gcp.logs.audit_records import audited_change
from cfconsole.gcp.protos.messages import Proto, last_part

_AUDIT_TYPE = audit_log_pb2.AuditLog.DESCRIPTOR.full_name


class EntryContent(Struct, frozen=True):
    """The content of an entry, before it is made safe to show."""

    message: str
    payload: str = ""
    """JSON, where it holds more than the message."""
    actor: str = ""
    method: str = ""
    resource: str = ""
    """The resource an audit record is about."""


def content_of(pb: Proto) -> EntryContent:
    """The content of a raw `LogEntry` (Cloud Logging v2)."""
    match pb.WhichOneof("payload"):
        case "text_payload":
            return EntryContent(pb.text_payload)
        case "json_payload":
            return _from_json(struct_to_dict(pb.json_payload))
        case "proto_payload":
            return _from_proto(pb.proto_payload)
        case _:
            return EntryContent("")


def request_of(pb: Proto) -> Request:
    """A request (`google.logging.type.HttpRequest`), its URL without scheme and host."""
    url = urlsplit(pb.request_url)
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    # To the microsecond: the digits after that come from fractions without an exact binary form.
    latency = round(pb.latency.seconds * 1e3 + pb.latency.nanos / 1e6, 3) if pb.HasField("latency") else None
    return Request(pb.request_method, path, pb.status, latency)


def struct_to_dict(struct: Proto) -> dict[str, Any]:
    """A `google.protobuf.Struct` as Python values; several times faster than the library's JSON mapping."""
    return {key: _value(value) for key, value in struct.fields.items()}


def _value(pb: Proto) -> Any:
    match pb.WhichOneof("kind"):
        case "string_value":
            return pb.string_value
        case "number_value":
            number = pb.number_value
            return int(number) if number.is_integer() else number
        case "bool_value":
            return pb.bool_value
        case "struct_value":
            return struct_to_dict(pb.struct_value)
        case "list_value":
            return [_value(each) for each in pb.list_value.values]
        case _:
            return None


def _from_json(payload: Mapping[str, Any]) -> EntryContent:
    message = json_message(payload)
    return EntryContent(message.text, message.payload)


def _from_proto(packed: Proto) -> EntryContent:
    if not packed.type_url.endswith(_AUDIT_TYPE):
        return EntryContent(f"{last_part(packed.type_url)}, {len(packed.value)} bytes")
    record = audit_log_pb2.AuditLog()
    packed.Unpack(record)
    actor = record.authentication_info.principal_email
    error = record.status.message or str(record.status.code) if record.status.code else ""
    change = audited_change(record.method_name, struct_to_dict(record.request), struct_to_dict(record.response))
    message = audit_message(
        actor, record.method_name, record.resource_name, revision=change.revision, split=change.split, error=error
    )
    return EntryContent(message, compact_json(_audit_facts(record)), actor, record.method_name, record.resource_name)


def _audit_facts(record: Any) -> dict[str, Any]:
    """The record without request and response, which may hold environment values."""
    facts = {
        "methodName": record.method_name,
        "resourceName": record.resource_name,
        "principalEmail": record.authentication_info.principal_email,
        "callerIp": record.request_metadata.caller_ip,
        "userAgent": record.request_metadata.caller_supplied_user_agent,
    }
    if record.status.code:
        facts["status"] = f"{record.status.code} {record.status.message}"
    return {key: value for key, value in facts.items() if value}
