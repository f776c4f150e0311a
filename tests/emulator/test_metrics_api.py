"""Cloud Monitoring's MetricService over real gRPC: filters, alignment, reduction, ingest delay, errors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from google.api_core.exceptions import InvalidArgument, NotFound
from google.cloud.monitoring_v3.types import TimeInterval, TimeSeries

from tests.emulator.monitoring_server import COUNT, INSTANCES, LATENCY, START, Shop, monitoring

BY_SERVICE = ["resource.labels.service_name", "resource.label.location"]


def _int_points(series: TimeSeries) -> list[int]:
    return [point.value.int64_value for point in series.points]


async def test_raw_series_have_a_point_per_sample_period_newest_first() -> None:
    shop = Shop()
    async with monitoring(shop) as google:
        shop.serve(3, ago=45)
        shop.serve(5, ago=35)
        (series,) = await google.series(COUNT)
        assert _int_points(series) == [5, 3]
        assert series.metric.labels == {"response_code": "200", "response_code_class": "2xx"}
        assert series.resource.labels["revision_name"] == "orders-api-00041"
        newest = series.points[0].interval
        assert newest == TimeInterval(end_time=START - timedelta(seconds=30), start_time=START - timedelta(seconds=40))


async def test_points_appear_only_after_the_ingest_delay() -> None:
    shop = Shop()
    async with monitoring(shop) as google:
        shop.serve(3, ago=5)
        assert await google.series(COUNT) == []
        await shop.clock.advance(10)
        assert [_int_points(series) for series in await google.series(COUNT)] == [[3]]


async def test_rates_are_summed_over_revisions_and_codes() -> None:
    shop = Shop()
    async with monitoring(shop) as google:
        shop.serve(60, ago=25)
        shop.serve(30, revision="orders-api-00042", code=500, ago=25)
        shop.serve(12, service="catalog", ago=25)
        found = await google.series(
            COUNT,
            alignment_period="60s",
            per_series_aligner="ALIGN_RATE",
            cross_series_reducer="REDUCE_SUM",
            group_by_fields=BY_SERVICE,
        )
        rates = {series.resource.labels["service_name"]: series.points[0].value.double_value for series in found}
        assert rates == {"orders-api": pytest.approx(1.5), "catalog": pytest.approx(0.2)}
        assert {series.resource.labels["location"] for series in found} == {"us-central1"}
        assert "revision_name" not in found[0].resource.labels


async def test_the_percentile_of_a_service_is_that_of_all_its_requests() -> None:
    shop = Shop()
    async with monitoring(shop) as google:
        shop.serve(90, latency_ms=100, ago=25)
        shop.serve(10, latency_ms=3_000, revision="orders-api-00042", code=500, ago=25)
        (series,) = await google.series(
            LATENCY,
            alignment_period="60s",
            per_series_aligner="ALIGN_DELTA",
            cross_series_reducer="REDUCE_PERCENTILE_95",
            group_by_fields=BY_SERVICE,
        )
        assert series.points[0].value.double_value == pytest.approx(3_000, rel=0.2)


async def test_latencies_come_as_distributions() -> None:
    shop = Shop()
    async with monitoring(shop) as google:
        shop.serve(10, latency_ms=100, ago=25)
        (series,) = await google.series(LATENCY)
        distribution = series.points[0].value.distribution_value
        assert distribution.count == 10
        assert distribution.mean == pytest.approx(100)
        assert sum(distribution.bucket_counts) == 10


@pytest.mark.parametrize(("aligner", "expected"), [("ALIGN_MEAN", 3.0), ("ALIGN_MAX", 4)])
async def test_instances_are_a_gauge_by_state(aligner: str, expected: float) -> None:
    shop = Shop()
    async with monitoring(shop) as google:
        for active in (2, 4):
            shop.metrics.record_instances(
                project="shop",
                region="us-central1",
                service="orders-api",
                revision="orders-api-00041",
                active=active,
                idle=1,
                at=shop.clock.now(),
            )
            await shop.clock.advance(10)
        await shop.clock.advance(10)
        (series,) = await google.series(
            f'{INSTANCES} AND metric.labels.state="active"', alignment_period="60s", per_series_aligner=aligner
        )
        value = series.points[0].value
        assert (value.double_value or value.int64_value) == expected


@pytest.mark.parametrize(
    ("condition", "services"),
    [
        ('resource.labels.service_name="catalog"', {"catalog"}),
        ('resource.label.service_name!="catalog"', {"orders-api"}),
        ('resource.labels.service_name=one_of("catalog", "orders-api")', {"catalog", "orders-api"}),
        ('resource.labels.service_name=starts_with("ord")', {"orders-api"}),
        ('resource.labels.service_name=monitoring.regex.full_match("cat.*")', {"catalog"}),
        ('metric.labels.response_code_class="5xx"', {"catalog"}),
        ('NOT (metric.label.response_code="500" OR resource.labels.location="mars")', {"orders-api"}),
    ],
)
async def test_a_filter_chooses_series(condition: str, services: set[str]) -> None:
    shop = Shop()
    async with monitoring(shop) as google:
        shop.serve(1, ago=25)
        shop.serve(1, service="catalog", code=500, ago=25)
        found = await google.series(f"{COUNT} AND {condition}")
        assert {series.resource.labels["service_name"] for series in found} == services


async def test_pages_count_points() -> None:
    shop = Shop()
    async with monitoring(shop) as google:
        for ago in (25, 35, 45):
            shop.serve(1, ago=ago)
            shop.serve(1, service="catalog", ago=ago)
        pages = await google.series(COUNT, page_size=2)
        # A series cut by the end of a page continues on the next one.
        assert [len(series.points) for series in pages] == [2, 1, 1, 2]


@pytest.mark.parametrize(
    ("filter_", "aggregation", "sentence"),
    [
        (LATENCY, {"per_series_aligner": "ALIGN_MAX"}, "kind DELTA and value type DISTRIBUTION"),
        (COUNT, {"per_series_aligner": "ALIGN_PERCENTILE_95"}, "kind DELTA and value type INT64"),
        (COUNT, {"per_series_aligner": "ALIGN_RATE", "alignment_period": "5s"}, "at least 10 seconds"),
        (COUNT, {"cross_series_reducer": "REDUCE_SUM"}, "perSeriesAligner must be set"),
        ('resource.type="cloud_run_revision"', {}, "must name one metric type"),
        ('metric.type="made.up/metric"', {}, "Cannot find metric"),
        (f'{COUNT} AND resource.labels.zone="a"', {}, "Field not found: 'resource.labels.zone'"),
    ],
)
async def test_what_google_refuses_is_refused(filter_: str, aggregation: dict[str, Any], sentence: str) -> None:
    async with monitoring(Shop()) as google:
        with pytest.raises(InvalidArgument, match=sentence):
            await google.series(filter_, **{"alignment_period": "60s", **aggregation})


async def test_descriptors_contain_the_ingest_delay() -> None:
    async with monitoring(Shop()) as google:
        name = "projects/shop/metricDescriptors/run.googleapis.com/request_count"
        descriptor = await google.metrics.get_metric_descriptor(name=name)
        assert descriptor.metadata.sample_period.ToSeconds() == 10
        assert descriptor.metadata.ingest_delay.ToSeconds() == 10
        listed = await google.metrics.list_metric_descriptors(name="projects/shop")
        assert len([found async for found in listed]) == 3
        with pytest.raises(NotFound):
            await google.metrics.get_metric_descriptor(name="projects/shop/metricDescriptors/nothing")


async def test_memory_holds_the_retention_and_no_more() -> None:
    shop = Shop()
    for minute in range(24 * 60):
        shop.serve(1, revision=f"orders-api-{minute // 60:05}")
        await shop.clock.advance(60)
    # Three hours with one point per minute, and at most 5 % more.
    assert shop.metrics.stored_points() <= 190
    assert (shop.clock.now() - START).days == 1
