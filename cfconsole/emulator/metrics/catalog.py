"""The metric types of Cloud Run that the emulator records."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

RESOURCE_TYPE = "cloud_run_revision"
RESOURCE_LABELS = ("project_id", "location", "service_name", "revision_name", "configuration_name")


class MetricKind(Enum):
    """How a point relates to its interval (`google.api.MetricDescriptor.MetricKind`)."""

    GAUGE = 1
    DELTA = 2


class ValueType(Enum):
    """The type of a point's value (`google.api.MetricDescriptor.ValueType`)."""

    INT64 = 2
    DOUBLE = 3
    DISTRIBUTION = 5


class MetricType(Struct, frozen=True):
    """A metric type with the fields of its descriptor."""

    type: str
    kind: MetricKind
    value_type: ValueType
    unit: str
    labels: tuple[str, ...]
    display_name: str
    description: str


REQUEST_COUNT = MetricType(
    "run.googleapis.com/request_count",
    MetricKind.DELTA,
    ValueType.INT64,
    "1",
    ("response_code", "response_code_class"),
    "Request Count",
    "Number of requests reaching the revision.",
)
REQUEST_LATENCIES = MetricType(
    "run.googleapis.com/request_latencies",
    MetricKind.DELTA,
    ValueType.DISTRIBUTION,
    "ms",
    ("response_code", "response_code_class"),
    "Request Latency",
    "Distribution of request latency in milliseconds reaching the revision; does not include startup.",
)
INSTANCE_COUNT = MetricType(
    "run.googleapis.com/container/instance_count",
    MetricKind.GAUGE,
    ValueType.INT64,
    "1",
    ("state",),
    "Instance Count",
    "Number of container instances that exist, by state.",
)
CATALOG = {metric.type: metric for metric in (REQUEST_COUNT, REQUEST_LATENCIES, INSTANCE_COUNT)}
