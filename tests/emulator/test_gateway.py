"""The gateway: routing of real requests to revisions, with their logs and metric points."""

from __future__ import annotations

import asyncio
import re
from collections import Counter

import httpx
import pytest
from google.cloud import run_v2

from tests.emulator.conftest import ORDERS, PARENT, Cloud, to_revision

CART = f"{PARENT}/services/cart"


async def answers(uri: str, count: int = 1) -> Counter[tuple[int, str]]:
    """The statuses and revisions of `count` answers."""
    async with httpx.AsyncClient(trust_env=False) as client:
        replies = await asyncio.gather(*(client.get(uri) for _ in range(count)))
    return Counter((reply.status_code, reply.headers.get("x-revision", "")) for reply in replies)


async def test_the_address_of_a_service_reaches_its_serving_revision(served_cloud: Cloud) -> None:
    service = await served_cloud.service()
    newest = (await served_cloud.revision_names())[0]
    assert await answers(service.uri, 3) == {(200, newest): 3}


async def test_a_rollback_moves_real_requests(served_cloud: Cloud) -> None:
    older = (await served_cloud.revision_names())[1]
    settled = await served_cloud.update(run_v2.Service(name=ORDERS, traffic=[to_revision(older)]), "traffic")
    assert await answers(settled.uri) == {(200, older): 1}


async def test_a_split_reaches_both_revisions(served_cloud: Cloud) -> None:
    newest, older, *_ = await served_cloud.revision_names()
    split = [to_revision(newest, 50), to_revision(older, 50)]
    settled = await served_cloud.update(run_v2.Service(name=ORDERS, traffic=split), "traffic")
    reached = await answers(settled.uri, 20)
    assert {revision for _, revision in reached} == {newest, older}


async def test_a_tag_reaches_its_revision_whatever_the_split(served_cloud: Cloud) -> None:
    service = await served_cloud.service(CART)
    [tagged] = [status for status in service.traffic_statuses if status.tag]
    assert await answers(tagged.uri) == {(200, tagged.revision): 1}


async def test_an_unknown_tag_and_an_unknown_service_are_not_found(served_cloud: Cloud) -> None:
    service = await served_cloud.service(CART)
    assert await answers(f"{service.uri}@nothing") == {(404, ""): 1}
    assert await answers(service.uri.replace("cart", "no-such")) == {(404, ""): 1}


async def test_a_broken_revision_fails_some_requests_and_logs_why(served_cloud: Cloud) -> None:
    settled = await served_cloud.deploy("flaky-1")
    reached = await answers(f"{settled.uri}/health", 30)
    assert {status for status, _ in reached} >= {200, 503}
    logs = served_cloud.emulator.observability.logs
    texts = [entry.decoded().text_payload for entry in logs.slice(0, len(logs))]
    assert any("Traceback (most recent call last)" in text for text in texts)


@pytest.mark.parametrize("path", ["", "/", "/orders/12?full=1"])
async def test_every_request_is_logged_and_measured(served_cloud: Cloud, path: str) -> None:
    service = await served_cloud.service()
    await answers(service.uri + path)
    logs = served_cloud.emulator.observability.logs
    entries = [entry.decoded() for entry in logs.slice(0, len(logs))]
    [request] = [entry for entry in entries if entry.log_name.endswith("logs/run.googleapis.com%2Frequests")]
    assert request.http_request.status == 200
    assert re.fullmatch(
        r"https://orders-api-\w+-uc\.a\.run\.app" + re.escape(path or "/"), request.http_request.request_url
    )
    assert request.resource.labels["service_name"] == "orders-api"
    assert [entry.trace for entry in entries] == [request.trace] * 2
    assert served_cloud.emulator.observability.metrics.stored_points() == 1
