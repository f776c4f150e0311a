"""The alert policies of the shop: error rate and latency, by service and region."""

from __future__ import annotations

from google.cloud import monitoring_v3
from google.protobuf.duration_pb2 import Duration

ERROR_RATE = 0.01
P95_MS = 2_000.0
WINDOW_S = 60

_GROUP = ("resource.labels.service_name", "resource.labels.location")
_REQUESTS = 'metric.type="run.googleapis.com/request_count" AND resource.type="cloud_run_revision"'
_LATENCIES = 'metric.type="run.googleapis.com/request_latencies" AND resource.type="cloud_run_revision"'
_Threshold = monitoring_v3.AlertPolicy.Condition.MetricThreshold
_Aligner = monitoring_v3.Aggregation.Aligner
_Severity = monitoring_v3.AlertPolicy.Severity
_Reducer = monitoring_v3.Aggregation.Reducer


def shop_policies(project: str) -> list[monitoring_v3.AlertPolicy]:
    """Policies for an error rate above 1 % and a p95 latency above 2 s over a minute."""
    return [
        _policy(project, 1001, "error rate", _Severity.CRITICAL, _error_rate(), "Roll back the newest revision first."),
        _policy(
            project, 1002, "p95 latency", _Severity.WARNING, _slowness(), "Look for a deploy, then for the database."
        ),
    ]


def _policy(
    project: str, number: int, name: str, severity: int, threshold: _Threshold, runbook: str
) -> monitoring_v3.AlertPolicy:
    parent = f"projects/{project}/alertPolicies/{number}"
    return monitoring_v3.AlertPolicy(
        name=parent,
        display_name=name,
        severity=severity,
        enabled=True,
        combiner=monitoring_v3.AlertPolicy.ConditionCombinerType.OR,
        documentation=monitoring_v3.AlertPolicy.Documentation(content=runbook, mime_type="text/markdown"),
        conditions=[
            monitoring_v3.AlertPolicy.Condition(
                name=f"{parent}/conditions/{number}", display_name=name, condition_threshold=threshold
            )
        ],
    )


def _error_rate() -> _Threshold:
    return _Threshold(
        filter=f'{_REQUESTS} AND metric.labels.response_code_class="5xx"',
        denominator_filter=_REQUESTS,
        aggregations=[_aggregation(_Aligner.ALIGN_DELTA, _Reducer.REDUCE_SUM)],
        denominator_aggregations=[_aggregation(_Aligner.ALIGN_DELTA, _Reducer.REDUCE_SUM)],
        comparison=monitoring_v3.ComparisonType.COMPARISON_GT,
        threshold_value=ERROR_RATE,
        duration=Duration(seconds=0),
    )


def _slowness() -> _Threshold:
    return _Threshold(
        filter=_LATENCIES,
        aggregations=[_aggregation(_Aligner.ALIGN_DELTA, _Reducer.REDUCE_PERCENTILE_95)],
        comparison=monitoring_v3.ComparisonType.COMPARISON_GT,
        threshold_value=P95_MS,
        duration=Duration(seconds=0),
    )


def _aggregation(aligner: int, reducer: int) -> monitoring_v3.Aggregation:
    return monitoring_v3.Aggregation(
        alignment_period=Duration(seconds=WINDOW_S),
        per_series_aligner=aligner,
        cross_series_reducer=reducer,
        group_by_fields=_GROUP,
    )
