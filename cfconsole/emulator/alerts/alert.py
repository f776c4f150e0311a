"""An alert, as the REST API returns it and as the log records it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from google.cloud.monitoring_v3.types import AlertPolicy

from cfconsole.emulator.alerts.conditions import Reading, ThresholdCondition
from cfconsole.emulator.logs.raw import RawEntry, new_entry
from cfconsole.emulator.metrics.catalog import CATALOG, RESOURCE_TYPE

OPENED = "ViolationOpenEventv1"
RESOLVED = "ViolationAutoResolveEventv1"


@dataclass(slots=True)
class Alert:
    """An alert of a policy for one resource; open until it has a close time."""

    name: str
    policy: AlertPolicy
    condition: ThresholdCondition
    reading: Reading
    opened_at: datetime
    closed_at: datetime | None = None
    last_value_at: datetime = field(init=False)
    """When its condition last had a value."""

    def __post_init__(self) -> None:
        self.last_value_at = self.opened_at

    @property
    def project(self) -> str:
        return self.name.split("/")[1]

    @property
    def violation_id(self) -> str:
        return self.name.rpartition("/")[2]

    @property
    def state(self) -> str:
        return "CLOSED" if self.closed_at else "OPEN"

    def as_json(self) -> dict[str, Any]:
        """The alert as returned by REST `projects.alerts` of Cloud Monitoring v3."""
        body: dict[str, Any] = {
            "name": self.name,
            "state": self.state,
            "openTime": _rfc3339(self.opened_at),
            "resource": {"type": RESOURCE_TYPE, "labels": self.reading.resource_labels},
            "metric": {"type": self.condition.metric_type, "labels": self.reading.metric_labels},
            "policy": {
                "name": self.policy.name,
                "displayName": self.policy.display_name,
                "userLabels": dict(self.policy.user_labels),
            },
        }
        if self.policy.severity:
            body["policy"]["severity"] = self.policy.severity.name
        if self.closed_at:
            body["closeTime"] = _rfc3339(self.closed_at)
        return body

    def event(self, value: float) -> RawEntry:
        """The log entry of the alert's opening, or of its resolution once it is closed."""
        activity = RESOLVED if self.closed_at else OPENED
        moment = self.closed_at or self.opened_at
        entry = new_entry(log_name=f"projects/{self.project}/logs/monitoring.googleapis.com%2F{activity}")
        entry.timestamp.FromDatetime(moment)
        entry.resource.type = RESOURCE_TYPE
        entry.resource.labels.update(self.reading.resource_labels)
        sentence = self._sentence(value)
        entry.labels.update(
            {
                "activity_type_name": activity,
                "policy_id": self.policy.name.rpartition("/")[2],
                "policy_display_name": self.policy.display_name,
                "resource_name": self._resource_name(),
                "resolved_at" if self.closed_at else "started_at": str(int(moment.timestamp())),
                "terse_message": sentence,
                "verbose_message": sentence,
                "violation_id": self.violation_id,
            }
        )
        return entry

    def _sentence(self, value: float) -> str:
        subject = f"{CATALOG[self.condition.metric_type].display_name} for {self._resource_name()}"
        if self.closed_at:
            return f"{subject} returned to normal with a value of {value:.3f}."
        side = "below" if self.condition.is_below else "above"
        return f"{subject} is {side} the threshold of {self.condition.threshold:.3f} with a value of {value:.3f}."

    def _resource_name(self) -> str:
        service, region = self.reading.target
        labels = {"service_name": service, "location": region}
        named = ", ".join(f"{key}={label}" for key, label in labels.items() if label)
        return f"{self.project} Cloud Run Revision labels {{{named}}}"


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
