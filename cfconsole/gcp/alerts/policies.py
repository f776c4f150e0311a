"""Alert policies: the documentation, condition and limit behind an alert."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from google.cloud import monitoring_v3
from msgspec import Struct
from msgspec.structs import replace

from cfconsole.domain.errors import CloudError
from cfconsole.domain.health.alerts import Alert, AlertSource, Limit, Measure
from cfconsole.domain.text import Scrubber
from cfconsole.gcp.connection.caller import READ_RETRY, READ_TIMEOUT_S, ApiCaller
from cfconsole.gcp.connection.clients import Clients
from cfconsole.gcp.connection.options import RateLimits
from cfconsole.gcp.connection.throttle import Lanes
from cfconsole.gcp.metrics.series import REQUEST_COUNT, REQUEST_LATENCIES
from cfconsole.gcp.protos.messages import Proto, last_part

REFRESH_S = 300.0
"""How long policies are cached; they change rarely."""

_ABOVE = monitoring_v3.ComparisonType.COMPARISON_GT
_P95 = (monitoring_v3.Aggregation.Aligner.ALIGN_PERCENTILE_95, monitoring_v3.Aggregation.Reducer.REDUCE_PERCENTILE_95)


class _AlertPolicy(Struct, frozen=True):
    documentation: str
    conditions: str
    severity: str
    limit: Limit | None
    """The limit of its only condition. With several, the alert does not say which one is met."""


class _AlertPoliciesRead(Struct, frozen=True):
    at: float
    policies: dict[str, _AlertPolicy]
    error: str = ""


class Policies:
    """The alert policies of each project, cached (Monitoring v3 `ListAlertPolicies`)."""

    def __init__(
        self, clients: Clients, limits: RateLimits, scrub: Scrubber, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = clients.policies
        self._caller = ApiCaller("Cloud Monitoring", scrub)
        self._lanes = Lanes(limits.monitoring_read)
        self._scrub = scrub
        self._monotonic = monotonic
        self._read: dict[str, _AlertPoliciesRead] = {}

    async def with_documentation(self, project: str, alerts: Iterable[Alert]) -> list[Alert]:
        """The alerts with their policies' documentation, or with the reason why policies can't be read."""
        every = list(alerts)
        if not every:
            return []
        read = await self._policies(project)
        return [_with_documentation(alert, read) for alert in every]

    async def _policies(self, project: str) -> _AlertPoliciesRead:
        known = self._read.get(project)
        if known is not None and self._monotonic() - known.at < REFRESH_S:
            return known
        try:
            policies = await self._caller.call(lambda: self._pages(project), self._lanes.lane(project))
            self._read[project] = _AlertPoliciesRead(self._monotonic(), policies)
        except CloudError as error:
            self._read[project] = _AlertPoliciesRead(self._monotonic(), known.policies if known else {}, error.sentence)
        return self._read[project]

    async def _pages(self, project: str) -> dict[str, _AlertPolicy]:
        request = monitoring_v3.ListAlertPoliciesRequest(name=f"projects/{project}", page_size=500)
        pager = await self._client.list_alert_policies(request, retry=READ_RETRY, timeout=READ_TIMEOUT_S)
        found: dict[str, _AlertPolicy] = {}
        async for page in pager.pages:
            for pb in monitoring_v3.ListAlertPoliciesResponse.pb(page).alert_policies:
                found[last_part(pb.name)] = self._policy(pb)
        return found

    def _policy(self, pb: Proto) -> _AlertPolicy:
        severity = monitoring_v3.AlertPolicy.Severity(pb.severity).name if pb.severity in (1, 2, 3) else ""
        conditions = ", ".join(self._scrub.line(c.display_name) for c in pb.conditions if c.display_name)
        limit = limit_of(pb.conditions[0]) if len(pb.conditions) == 1 else None
        return _AlertPolicy(self._scrub(pb.documentation.content), conditions, severity, limit)


def _with_documentation(alert: Alert, read: _AlertPoliciesRead) -> Alert:
    policy = read.policies.get(last_part(alert.policy_name))
    if policy is None:
        return replace(alert, documentation=f"The policy could not be read. {read.error}") if read.error else alert
    # A log entry contains the measured numbers. The REST API does not, so the name of the condition is better there.
    has_numbers = alert.source is AlertSource.LOG_EVENT
    return replace(
        alert,
        documentation=policy.documentation,
        summary=alert.summary if has_numbers else policy.conditions or alert.summary,
        severity=alert.severity or policy.severity,
        limit=policy.limit,
    )


def limit_of(condition: Proto) -> Limit | None:
    """The limit in a raw `AlertPolicy.Condition` (Monitoring v3); `None` for conditions on other measures.

    Only two are measured by the console too: the error rate, as a ratio of 5xx to all requests, and the p95 latency.
    A count of errors per second is not an error rate.
    """
    threshold = condition.condition_threshold
    if threshold.comparison != _ABOVE:
        return None
    if _is_error_rate(threshold.filter, threshold.denominator_filter):
        return Limit(Measure.ERROR_RATE, threshold.threshold_value)
    if not threshold.denominator_filter and REQUEST_LATENCIES in threshold.filter and _is_p95(threshold):
        return Limit(Measure.P95, threshold.threshold_value)
    return None


def _is_error_rate(numerator: str, denominator: str) -> bool:
    both_count = REQUEST_COUNT in numerator and REQUEST_COUNT in denominator
    return both_count and "5xx" in numerator and "response_code" not in denominator


def _is_p95(threshold: Proto) -> bool:
    aggregations = [(each.per_series_aligner, each.cross_series_reducer) for each in threshold.aggregations]
    return any(aligner == _P95[0] or reducer == _P95[1] for aligner, reducer in aggregations)
