"""The arithmetic of error rates: when a difference is significant, and how a rate is written."""

from __future__ import annotations

from math import sqrt

SIGNIFICANCE = 3.29
"""A difference of so many standard errors is chance less than once in two thousand cases (one-sided)."""


def rise_significance(errors_before: int, requests_before: int, errors: int, requests: int) -> float:
    """By how many standard errors the second rate exceeds the first: two proportions with a pooled variance.

    Negative if the rate fell; 0 if there is nothing to compare.
    """
    total = requests_before + requests
    pooled = (errors_before + errors) / total if total else 0.0
    if not requests_before or not requests or pooled in (0.0, 1.0):
        return 0.0
    spread = sqrt(pooled * (1 - pooled) * (1 / requests_before + 1 / requests))
    return (errors / requests - errors_before / requests_before) / spread


def lowest_rate(errors: int, requests: int, z: float = SIGNIFICANCE) -> float:
    """The lowest true rate that fits the counts (Wilson's lower bound); 0 without requests."""
    if not requests:
        return 0.0
    rate, square = errors / requests, z * z
    centre = rate + square / (2 * requests)
    margin = z * sqrt(rate * (1 - rate) / requests + square / (4 * requests * requests))
    return max(0.0, (centre - margin) / (1 + square / requests))


def percent_text(rate: float) -> str:
    """A rate for sentences: `12.4 %`."""
    return f"{rate * 100:.1f} %"
