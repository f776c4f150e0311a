"""The log entries written by the cloud itself: audit records of writes, and system messages about revisions."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote

from google.cloud import run_v2
from google.cloud.audit import audit_log_pb2
from google.cloud.logging_v2.types import LogEntry
from google.logging.type import log_severity_pb2
from google.protobuf.json_format import MessageToDict

from cfconsole.emulator.world.names import ServiceName

ACTIVITY_LOG = "cloudaudit.googleapis.com/activity"
SYSTEM_LOG = "run.googleapis.com/varlog/system"
SERVICES_API = "google.cloud.run.v2.Services"
REVISIONS_API = "google.cloud.run.v2.Revisions"


def new_service_entry(name: ServiceName, log: str, at: datetime, insert_id: str, revision: str = "") -> Any:
    """A raw `LogEntry` about a service, with log name, resource and time set."""
    entry: Any = LogEntry.pb()()
    entry.log_name = f"projects/{name.project}/logs/{quote(log, safe='')}"
    entry.insert_id = insert_id
    entry.timestamp.FromDatetime(at)
    entry.resource.type = "cloud_run_revision"
    labels = entry.resource.labels
    labels["project_id"] = name.project
    labels["location"] = name.region
    labels["service_name"] = name.service
    labels["configuration_name"] = name.service
    labels["revision_name"] = revision
    return entry


def audit_request(request: run_v2.UpdateServiceRequest) -> dict[str, Any]:
    """The request of an update as in its audit record: JSON with its type, without the containers."""
    body = MessageToDict(run_v2.UpdateServiceRequest.pb(request))
    body.get("service", {}).get("template", {}).pop("containers", None)
    return {"@type": "type.googleapis.com/google.cloud.run.v2.UpdateServiceRequest", **body}


def audit_entry(
    name: ServiceName,
    method: str,
    principal: str,
    at: datetime,
    insert_id: str,
    resource: str = "",
    request: dict[str, Any] | None = None,
) -> Any:
    """The audit record of one write, with an `AuditLog` payload. `method` is the full method name."""
    entry = new_service_entry(name, ACTIVITY_LOG, at, insert_id)
    entry.severity = log_severity_pb2.NOTICE
    payload = audit_log_pb2.AuditLog(
        service_name="run.googleapis.com",
        method_name=method,
        resource_name=resource or str(name),
    )
    payload.authentication_info.principal_email = principal
    payload.request_metadata.caller_ip = "203.0.113.7"
    payload.request.update(request or {})
    entry.proto_payload.Pack(payload)
    return entry


def system_entry(name: ServiceName, revision: str, message: str, severity: int, at: datetime, insert_id: str) -> Any:
    """A system message about one revision, such as a container that did not start."""
    entry = new_service_entry(name, SYSTEM_LOG, at, insert_id, revision)
    entry.severity = severity
    entry.text_payload = message
    return entry
