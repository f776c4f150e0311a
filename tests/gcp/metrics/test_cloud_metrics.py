"""Numbers of services from Cloud Monitoring through Google's client."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.fleet.metrics import MetricsRead
from cfconsole.emulator.scenarios.shop import PROJECT
from cfconsole.gcp.metrics.series import grid_for
from tests.gcp.emulated import ORDERS, START, Shop, running_shop

GOOD, BAD = "orders-api-00041-abc", "orders-api-00042-def"


async def read(shop: Shop) -> MetricsRead:
    return await shop.metrics().read(PROJECT, end=shop.clock.now(), window_s=3600, recent_s=300)


def serve_a_bad_deploy(shop: Shop) -> None:
    for minute in range(2, 30):
        shop.serve_requests(GOOD, 200, 60, 60 * minute - 30)
    shop.serve_requests(BAD, 200, 88, 45, latency_ms=120)
    shop.serve_requests(BAD, 500, 12, 45, latency_ms=3000)


async def test_requests_errors_and_latencies_are_read_by_service_and_revision(shop: Shop) -> None:
    serve_a_bad_deploy(shop)
    found = await read(shop)
    orders = found.services[ORDERS]
    assert orders.now.requests == 4 * 60 + 100
    assert orders.now.errors == 12
    assert orders.now.rps == pytest.approx(340 / 300)
    assert orders.revisions[BAD].error_rate == pytest.approx(0.12)
    assert orders.revisions[GOOD].error_rate == 0.0
    good_p95, bad_p95 = orders.revisions[GOOD].p95_ms, orders.revisions[BAD].p95_ms
    assert good_p95 is not None
    assert bad_p95 is not None
    assert good_p95 < 300 < 2000 < bad_p95
    assert orders.now.p95_ms is not None
    assert orders.now.p95_ms < bad_p95


async def test_charts_are_even_and_silent_where_nothing_was_served(shop: Shop) -> None:
    serve_a_bad_deploy(shop)
    orders = (await read(shop)).services[ORDERS]
    assert len(orders.rps.values) == 60
    assert orders.rps.step_s == 60
    assert orders.rps.values[:20] == (None,) * 20
    assert orders.rps.values[-3] == 1.0
    assert orders.error_rate.values[-1] == pytest.approx(0.12)
    requests, errors = orders.revision_counts[BAD]
    assert (requests.values[-1], errors.values[-1]) == (100, 12)
    assert requests.values[-2] is None


async def test_instances_are_summed_over_states_and_revisions(shop: Shop) -> None:
    for revision, active, idle in ((GOOD, 2, 1), (BAD, 3, 0)):
        shop.observability.metrics.record_instances(
            project=PROJECT,
            region=ORDERS.region,
            service=ORDERS.name,
            revision=revision,
            active=active,
            idle=idle,
            at=START - timedelta(seconds=30),
        )
    assert (await read(shop)).services[ORDERS].instances == 6


async def test_the_timing_of_a_metric_is_read_once(shop: Shop) -> None:
    metrics = shop.metrics()
    for _ in range(2):
        found = await metrics.read(PROJECT, end=START, window_s=3600, recent_s=300)
    assert (found.sample_period_s, found.ingest_delay_s) == (10.0, 10.0)
    assert found.services == {}
    assert shop.calls("GetMetricDescriptor") == 2
    assert shop.calls("ListTimeSeries") == 10


async def test_windows_that_may_still_grow_are_marked_and_not_counted() -> None:
    async with running_shop(ingest_delay_s=180) as shop:
        shop.serve_requests(GOOD, 200, 50, 200)
        shop.serve_requests(GOOD, 500, 50, 30)
        orders = (await read(shop)).services[ORDERS]
    assert orders.rps.incomplete == 3
    assert orders.now.requests == 50
    assert orders.now.errors == 0


async def test_metrics_that_can_not_be_read_are_an_error(shop: Shop) -> None:
    shop.faults.deny("ListTimeSeries", "monitoring.timeSeries.list")
    with pytest.raises(CloudError) as raised:
        await read(shop)
    assert raised.value.kind is ErrorKind.DENIED


def test_the_grid_parts_complete_from_incomplete_windows() -> None:
    grid = grid_for(START, 3600, 60, 150)
    assert (grid.length, grid.incomplete, grid.step_s) == (60, 2, 60)
    assert grid.end == START - timedelta(seconds=30)
    assert grid.latest_complete(300) == slice(53, 58)
    assert grid.latest_complete(1) == slice(57, 58)
    assert grid.index_of(grid.end) == 59
    assert grid.index_of(grid.end - timedelta(seconds=3600)) is None


async def test_only_answers_of_the_5xx_class_are_errors(shop: Shop) -> None:
    for code, count in ((200, 60), (302, 10), (404, 20), (499, 5), (503, 5)):
        shop.serve_requests(GOOD, code, count, 45)
    orders = (await read(shop)).services[ORDERS]
    assert (orders.now.requests, orders.now.errors) == (100, 5)
    assert (orders.revisions[GOOD].requests, orders.revisions[GOOD].errors) == (100, 5)
    assert orders.error_rate.values[-1] == pytest.approx(0.05)
