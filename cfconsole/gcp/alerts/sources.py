"""Alerts from two sources: Cloud Monitoring's REST API, and the log entries it writes for each violation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.health.alerts import Alert, AlertSource
from cfconsole.domain.logs.entries import LogEntry
from cfconsole.domain.text import Scrubber
from cfconsole.gcp.protos.messages import last_part

_EPOCH = datetime.fromtimestamp(0, UTC)
_OPENED = "ViolationOpenEvent"


def alert_from(project: str, data: Mapping[str, Any], scrub: Scrubber) -> Alert:
    """An alert from `Alert` of Monitoring v3 REST. Its summary is the metric, until the policy's condition is known."""
    policy: Mapping[str, Any] = data.get("policy", {})
    metric = str(data.get("metric", {}).get("type", ""))
    return Alert(
        id=scrub.line(last_part(str(data.get("name", "")))),
        policy=scrub.line(str(policy.get("displayName") or last_part(str(policy.get("name", ""))))),
        service=_service(project, data.get("resource", {}).get("labels", {}), scrub),
        severity=_severity(str(policy.get("severity", "")), scrub),
        opened_at=_moment(data.get("openTime")) or _EPOCH,
        closed_at=_moment(data.get("closeTime")),
        summary=scrub.line(last_part(metric)),
        source=AlertSource.GOOGLE,
        policy_name=scrub.line(str(policy.get("name", ""))),
    )


def _service(project: str, labels: Mapping[str, str], scrub: Scrubber) -> ServiceKey | None:
    """The service in the labels; alerts on several services have no such labels."""
    region, name = labels.get("location", ""), labels.get("service_name", "")
    return ServiceKey(project, scrub.line(region), scrub.line(name)) if region and name else None


def _severity(text: str, scrub: Scrubber) -> str:
    return "" if text == "SEVERITY_UNSPECIFIED" else scrub.line(text)


def _moment(text: object) -> datetime | None:
    """An RFC 3339 time, cut to microseconds."""
    if not isinstance(text, str) or not text:
        return None
    whole, dot, rest = text.removesuffix("Z").partition(".")
    fraction = f".{rest[:6]:0<6}" if dot and rest.isdigit() else ""
    parsed = datetime.fromisoformat(whole + fraction if fraction or not dot else text)
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed


def open_alerts_from_events(entries: Iterable[LogEntry]) -> list[Alert]:
    """The violations that opened and were not resolved, matched by `violation_id`, from entries in any order."""
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
