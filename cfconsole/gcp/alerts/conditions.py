"""Conditions of alert policies that speak of what the console measures itself: the share of 5xx answers, the p95."""

from __future__ import annotations

from google.cloud import monitoring_v3

from cfconsole.domain.health.alerts import Limit, Measure
from cfconsole.gcp.metrics.series import REQUEST_COUNT, REQUEST_LATENCIES
from cfconsole.gcp.protos.messages import Proto

_ABOVE = monitoring_v3.ComparisonType.COMPARISON_GT
_P95 = (monitoring_v3.Aggregation.Aligner.ALIGN_PERCENTILE_95, monitoring_v3.Aggregation.Reducer.REDUCE_PERCENTILE_95)


def limit_of(condition: Proto) -> Limit | None:
    """The limit of a raw `AlertPolicy.Condition` (Monitoring v3); `None` for conditions on anything else.

    An error rate is a ratio of requests of class 5xx to all requests; a count of errors a second is none.
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
    asked = [(each.per_series_aligner, each.cross_series_reducer) for each in threshold.aggregations]
    return any(aligner == _P95[0] or reducer == _P95[1] for aligner, reducer in asked)
