"""Pages and tails of Cloud Logging through Google's client."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import grpc
import pytest
from google.api.monitored_resource_pb2 import MonitoredResource
from google.cloud.logging_v2.types import LogEntry as WireEntry
from google.cloud.logging_v2.types import TailLogEntriesRequest, TailLogEntriesResponse
from msgspec.structs import replace

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.logs.entries import TailBatch
from cfconsole.domain.logs.query import own_entries_query
from cfconsole.emulator.scenarios.shop import PROJECT
from cfconsole.gcp.connection.clients import Clients, emulator_clients
from cfconsole.gcp.connection.options import UNLIMITED, RateLimit
from cfconsole.gcp.logs.cloud_logs import CloudLogs
from tests.gcp.emulated import ORDERS, SCRUB, Shop

STDOUT = f"projects/{PROJECT}/logs/run.googleapis.com%2Fstdout"


def say(shop: Shop, *texts: str) -> None:
    for text in texts:
        shop.logs.write(WireEntry.pb(WireEntry(log_name=STDOUT, text_payload=text)))


async def passing_time(shop: Shop, reading: asyncio.Future[TailBatch], seconds: float = 1.0) -> TailBatch:
    """Advances emulated time, with a log line per step, until the tail yields a batch."""
    while not reading.done():
        say(shop, "tick")
        await shop.clock.advance(seconds)
    return await reading


async def test_pages_follow_each_other(shop: Shop) -> None:
    say(shop, *(str(n) for n in range(5)))
    logs = shop.log_reads()
    first = await logs.page(PROJECT, "", size=3, newest_first=True)
    assert [entry.message for entry in first.entries] == ["4", "3", "2"]
    second = await logs.page(PROJECT, "", size=3, newest_first=True, page=first.next_page)
    assert [entry.message for entry in second.entries] == ["1", "0"]
    assert second.next_page == ""
    assert shop.calls("ListLogEntries") == 2


async def test_entries_that_revisions_log_themselves_can_be_queried(shop: Shop) -> None:
    resource = MonitoredResource(
        type="cloud_run_revision",
        labels={"location": ORDERS.region, "service_name": ORDERS.name, "revision_name": "orders-api-00041"},
    )
    for log in ("stdout", "requests"):
        name = f"projects/{PROJECT}/logs/run.googleapis.com%2F{log}"
        shop.logs.write(WireEntry.pb(WireEntry(log_name=name, text_payload=log, resource=resource)))
    page = await shop.log_reads().page(PROJECT, own_entries_query(ORDERS, since_ns=0), size=9, newest_first=True)
    assert [entry.message for entry in page.entries] == ["stdout"]


async def test_a_wrong_filter_is_named(shop: Shop) -> None:
    with pytest.raises(CloudError) as raised:
        await shop.log_reads().page(PROJECT, "severity >>> 3", size=3, newest_first=True)
    assert raised.value.kind is ErrorKind.INVALID


async def test_reads_wait_for_their_turn(shop: Shop) -> None:
    logs = shop.log_reads(replace(UNLIMITED, logging_read=(RateLimit(1, 60.0),)))
    await logs.page(PROJECT, "", size=1, newest_first=True)
    waiting = asyncio.ensure_future(logs.page(PROJECT, "", size=1, newest_first=True))
    for _ in range(3):
        # Each is a whole round trip, begun after the one that waits.
        await shop.log_reads().page(PROJECT, "", size=1, newest_first=True)
    assert not waiting.done()
    assert shop.calls("ListLogEntries") == 1 + 3
    waiting.cancel()
    await asyncio.wait([waiting])


async def test_a_tail_delivers_what_arrives(shop: Shop) -> None:
    async with shop.log_reads().tail(PROJECT, "") as batches:
        batch = await passing_time(shop, asyncio.ensure_future(anext(batches)))
    assert {entry.message for entry in batch.entries} == {"tick"}
    assert batch.entries[0].log == "run.googleapis.com/stdout"


async def test_leaving_a_tail_closes_its_session(shop: Shop) -> None:
    logs = shop.log_reads()
    for _ in range(12):
        async with logs.tail(PROJECT, "") as batches:
            await passing_time(shop, asyncio.ensure_future(anext(batches)))
    assert shop.calls("TailLogEntries") == 12


async def test_a_tail_ends_after_an_hour(shop: Shop) -> None:
    async with shop.log_reads().tail(PROJECT, 'severity="ALERT"') as batches:
        with pytest.raises(CloudError) as raised:
            await passing_time(shop, asyncio.ensure_future(anext(batches)), 600)
    assert raised.value.kind is ErrorKind.ENDED


async def test_too_many_sessions_are_a_quota(shop: Shop) -> None:
    logs = shop.log_reads()
    async with AsyncExitStack() as stack:
        for _ in range(10):
            batches = await stack.enter_async_context(logs.tail(PROJECT, ""))
            await passing_time(shop, asyncio.ensure_future(anext(batches)))
        one_more = await stack.enter_async_context(logs.tail(PROJECT, ""))
        with pytest.raises(CloudError) as raised:
            await anext(one_more)
    assert raised.value.kind is ErrorKind.QUOTA


async def test_a_wrong_tail_filter_is_named(shop: Shop) -> None:
    with pytest.raises(CloudError) as raised:
        async with shop.log_reads().tail(PROJECT, "severity >>> 3") as batches:
            await anext(batches)
    assert raised.value.kind is ErrorKind.INVALID


async def test_a_tail_that_was_cut_leaves_no_task_behind(shop: Shop) -> None:
    standing = len(asyncio.all_tasks())
    async with shop.log_reads().tail(PROJECT, "") as batches:
        await passing_time(shop, asyncio.ensure_future(anext(batches)))
        assert len(asyncio.all_tasks()) > standing, "somebody waits for requests to send"
        shop.faults.cut_tails()
        with pytest.raises(CloudError):
            async for _ in batches:
                pass
    await no_more_tasks_than(standing)


async def test_leaving_a_tail_cancels_a_call_that_the_server_does_not_end() -> None:
    started, cancelled = asyncio.Event(), asyncio.Event()

    async def tail(requests: AsyncIterator[Any], context: Any) -> AsyncIterator[TailLogEntriesResponse]:
        yield TailLogEntriesResponse()
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    gc.disable()
    try:
        async with only_tails(tail) as clients:
            async with CloudLogs(clients, UNLIMITED, SCRUB).tail(PROJECT, "") as batches:
                await anext(batches)
                await started.wait()
                assert not cancelled.is_set()
            async with asyncio.timeout(10):
                await cancelled.wait()
    finally:
        gc.enable()


async def test_a_tail_that_is_cancelled_while_it_opens_leaves_no_session_open(shop: Shop) -> None:
    logs = shop.log_reads()
    standing = len(asyncio.all_tasks())
    gc.disable()
    try:
        most = standing
        for turns in range(60):
            opening = asyncio.ensure_future(opened(logs))
            for _ in range(turns):
                await asyncio.sleep(0)
            opening.cancel()
            await asyncio.wait([opening])
            most = max(most, len(asyncio.all_tasks()))
        assert most > standing, "some were given up after they had begun to open"
        await no_more_tasks_than(standing)
        async with asyncio.timeout(10):
            await ten_more(shop)
    finally:
        gc.enable()


async def no_more_tasks_than(standing: int) -> None:
    """Waits until the tasks of tails have ended; the server always has one task that waits for a call."""
    async with asyncio.timeout(10):
        while len(tasks := asyncio.all_tasks()) > standing:
            others = [task for task in tasks if task is not asyncio.current_task()]
            await asyncio.wait(others, return_when=asyncio.FIRST_COMPLETED)


async def ten_more(shop: Shop) -> None:
    """Opens all ten sessions of a project, once the server knows that the earlier ones have ended."""
    while True:
        try:
            async with AsyncExitStack() as stack:
                for _ in range(10):
                    batches = await stack.enter_async_context(shop.log_reads().tail(PROJECT, ""))
                    await passing_time(shop, asyncio.ensure_future(anext(batches)))
                return
        except CloudError as error:
            if error.kind is not ErrorKind.QUOTA:
                raise


@asynccontextmanager
async def only_tails(tail: Callable[[AsyncIterator[Any], Any], AsyncIterator[Any]]) -> AsyncIterator[Clients]:
    """Clients of a server whose only method is `TailLogEntries`, handled by `tail`."""
    server: Any = grpc.aio.server()
    method = grpc.stream_stream_rpc_method_handler(
        tail,
        request_deserializer=TailLogEntriesRequest.deserialize,
        response_serializer=TailLogEntriesResponse.serialize,
    )
    handler = grpc.method_handlers_generic_handler("google.logging.v2.LoggingServiceV2", {"TailLogEntries": method})
    server.add_generic_rpc_handlers((handler,))
    clients = emulator_clients(f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}")
    await server.start()
    try:
        yield clients
    finally:
        await clients.aclose()
        await server.stop(None)


async def opened(logs: CloudLogs) -> None:
    async with logs.tail(PROJECT, ""):
        await asyncio.Event().wait()
