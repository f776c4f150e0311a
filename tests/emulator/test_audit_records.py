"""The audit records of writes."""

from __future__ import annotations

from google.cloud import run_v2
from google.cloud.audit.audit_log_pb2 import AuditLog

from tests.emulator.conftest import ORDERS, Cloud


async def test_a_write_is_audited(cloud: Cloud) -> None:
    await cloud.update(run_v2.Service(name=ORDERS, description="new"), "description")
    logs = cloud.emulator.observability.logs
    [entry] = [entry.decoded() for entry in logs.slice(0, len(logs))]
    assert entry.log_name == "projects/shop-prod/logs/cloudaudit.googleapis.com%2Factivity"
    assert b"ops@shop" in entry.proto_payload.value
    assert b"google.cloud.run.v2.Services.UpdateService" in entry.proto_payload.value
    record = AuditLog.FromString(entry.proto_payload.value)
    assert record.request["updateMask"] == "description"
    assert record.request["service"]["description"] == "new"
