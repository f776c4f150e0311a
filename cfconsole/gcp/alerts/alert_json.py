"""Alerts as Cloud Monitoring's REST API writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.health.alerts import Alert, AlertSource
from cfconsole.domain.text import Scrubber
from cfconsole.gcp.protos.messages import last_part

_EPOCH = datetime.fromtimestamp(0, UTC)


def alert_from(project: str, data: Mapping[str, Any], scrub: Scrubber) -> Alert:
    """One `Alert` (Monitoring v3 REST). Its summary is the metric; the policy's condition says it better."""
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
    """Alerts over several services have no such labels."""
    region, name = labels.get("location", ""), labels.get("service_name", "")
    return ServiceKey(project, scrub.line(region), scrub.line(name)) if region and name else None


def _severity(text: str, scrub: Scrubber) -> str:
    return "" if text == "SEVERITY_UNSPECIFIED" else scrub.line(text)


def _moment(text: object) -> datetime | None:
    """An RFC 3339 time; fractions finer than microseconds are cut."""
    if not isinstance(text, str) or not text:
        return None
    whole, dot, rest = text.removesuffix("Z").partition(".")
    fraction = f".{rest[:6]:0<6}" if dot and rest.isdigit() else ""
    parsed = datetime.fromisoformat(whole + fraction if fraction or not dot else text)
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed
