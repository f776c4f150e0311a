"""Distributions of latencies in exponential buckets, as in Cloud Monitoring."""

from __future__ import annotations

import math
from collections.abc import Iterable

from google.api import distribution_pb2

GROWTH = 1.2
SCALE = 1.0
FINITE_BUCKETS = 80
"""The last bound is about 2.2 million milliseconds."""
_LOG_GROWTH = math.log(GROWTH)


class Distribution:
    """Counts of values by bucket. Bucket 0 counts values below `SCALE`, the last one values above all bounds."""

    __slots__ = ("buckets", "count", "sum_of_squares", "total")

    def __init__(self) -> None:
        self.count = 0
        self.total = 0.0
        self.sum_of_squares = 0.0
        self.buckets: dict[int, int] = {}

    def add(self, value: float, times: int = 1) -> None:
        bucket = bucket_of(value)
        self.buckets[bucket] = self.buckets.get(bucket, 0) + times
        self.count += times
        self.total += value * times
        self.sum_of_squares += value * value * times

    def merge(self, other: Distribution) -> None:
        """Adds the counts of another distribution."""
        buckets = self.buckets
        for bucket, count in other.buckets.items():
            buckets[bucket] = buckets.get(bucket, 0) + count
        self.count += other.count
        self.total += other.total
        self.sum_of_squares += other.sum_of_squares

    @property
    def mean(self) -> float:
        return self.total / self.count if self.count else 0.0

    def percentile(self, percent: float) -> float:
        """The percentile, interpolated linearly within its bucket; 0 for an empty distribution."""
        rank = self.count * percent / 100
        below = 0
        for bucket, count in sorted(self.buckets.items()):
            if below + count >= rank:
                low, high = bounds_of(bucket)
                return low + (high - low) * (rank - below) / count
            below += count
        return 0.0

    def message(self) -> distribution_pb2.Distribution:
        """The protobuf message, without trailing empty buckets (`google.api.Distribution`)."""
        size = max(self.buckets, default=-1) + 1
        options = distribution_pb2.Distribution.BucketOptions(
            exponential_buckets=distribution_pb2.Distribution.BucketOptions.Exponential(
                num_finite_buckets=FINITE_BUCKETS, growth_factor=GROWTH, scale=SCALE
            )
        )
        return distribution_pb2.Distribution(
            count=self.count,
            mean=self.mean,
            sum_of_squared_deviation=max(0.0, self.sum_of_squares - self.total * self.mean),
            bucket_options=options,
            bucket_counts=[self.buckets.get(bucket, 0) for bucket in range(size)],
        )


def merged(distributions: Iterable[Distribution]) -> Distribution:
    """The sum of the distributions."""
    whole = Distribution()
    for distribution in distributions:
        whole.merge(distribution)
    return whole


def bucket_of(value: float) -> int:
    """The bucket of a value; each bucket includes its lower bound."""
    if value < SCALE:
        return 0
    return min(FINITE_BUCKETS + 1, int(math.log(value / SCALE) / _LOG_GROWTH + 1e-9) + 1)


def bounds_of(bucket: int) -> tuple[float, float]:
    """Lower and upper bound. The last bucket has no upper bound, so its lower bound stands for both."""
    if bucket == 0:
        return 0.0, SCALE
    low = SCALE * GROWTH ** (bucket - 1)
    return low, low if bucket > FINITE_BUCKETS else low * GROWTH
