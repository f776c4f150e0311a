"""Alerts from the log entries that Cloud Monitoring writes when a violation opens or is resolved."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.health.alerts import Alert, AlertSource
from cfconsole.domain.logs.entries import LogEntry

_OPENED = "ViolationOpenEvent"


def open_alerts_from_events(entries: Iterable[LogEntry]) -> list[Alert]:
    """The violations that opened and were not resolved, paired by `violation_id`. The order of entries is no matter."""
    newest: dict[str, LogEntry] = {}
    for entry in sorted(entries, key=lambda e: e.order):
        violation = dict(entry.labels).get("violation_id", "")
        if violation:
            newest[violation] = entry
    return [_alert(violation, entry) for violation, entry in newest.items() if _OPENED in entry.log]


def _alert(violation: str, entry: LogEntry) -> Alert:
    labels = dict(entry.labels)
    named = ServiceKey(entry.project, entry.region, entry.service)
    return Alert(
        id=violation,
        policy=labels.get("policy_display_name", ""),
        service=named if named.region and named.name else None,
        severity="",
        opened_at=datetime.fromtimestamp(entry.timestamp_ns / 1e9, UTC),
        summary=labels.get("terse_message") or labels.get("verbose_message", "") or entry.message,
        source=AlertSource.LOG_EVENT,
        policy_name=_policy_name(entry.project, labels.get("policy_id", "")),
    )


def _policy_name(project: str, policy_id: str) -> str:
    if not policy_id or "/" in policy_id:
        return policy_id
    return f"projects/{project}/alertPolicies/{policy_id}"
