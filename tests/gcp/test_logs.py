"""Pages and tails of Cloud Logging through Google's client."""

from __future__ import annotations

import asyncio

import pytest
from google.cloud.logging_v2.types import LogEntry as WireEntry

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.emulator.scenarios.shop import PROJECT
from cfconsole.gcp.options import UNLIMITED, Limit
from tests.gcp.emulated import Shop

STDOUT = f"projects/{PROJECT}/logs/run.googleapis.com%2Fstdout"


def say(shop: Shop, *texts: str) -> None:
    for text in texts:
        shop.logs.write(WireEntry.pb(WireEntry(log_name=STDOUT, text_payload=text)))


async def settled_tail(shop: Shop, seconds: float = 3.0) -> None:
    """Lets the session open and the server's buffer window pass."""
    for _ in range(20):
        await asyncio.sleep(0.005)
    await shop.clock.advance(seconds)


async def test_pages_follow_each_other(shop: Shop) -> None:
    say(shop, *(str(n) for n in range(5)))
    logs = shop.log_reads()
    first = await logs.page(PROJECT, "", size=3, newest_first=True)
    assert [entry.message for entry in first.entries] == ["4", "3", "2"]
    second = await logs.page(PROJECT, "", size=3, newest_first=True, page=first.next_page)
    assert [entry.message for entry in second.entries] == ["1", "0"]
    assert second.next_page == ""
    assert shop.calls("ListLogEntries") == 2
    assert logs.reads_last_minute == 2


async def test_a_wrong_filter_is_named(shop: Shop) -> None:
    with pytest.raises(CloudError) as raised:
        await shop.log_reads().page(PROJECT, "severity >>> 3", size=3, newest_first=True)
    assert raised.value.kind is ErrorKind.INVALID


async def test_reads_wait_for_their_turn(shop: Shop) -> None:
    logs = shop.log_reads(UNLIMITED._replace(logging_read=(Limit(1, 60.0),)))
    await logs.page(PROJECT, "", size=1, newest_first=True)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await logs.page(PROJECT, "", size=1, newest_first=True)
    assert shop.calls("ListLogEntries") == 1


async def test_a_tail_delivers_what_arrives_and_gives_its_session_back(shop: Shop) -> None:
    logs = shop.log_reads()
    async with logs.tail(PROJECT, "") as batches:
        reading = asyncio.ensure_future(anext(batches))
        await settled_tail(shop, 0)
        say(shop, "one", "two")
        await settled_tail(shop)
        batch = await reading
    assert [entry.message for entry in batch.entries] == ["one", "two"]


async def test_a_tail_ends_after_an_hour_and_says_so(shop: Shop) -> None:
    async with shop.log_reads().tail(PROJECT, "") as batches:
        reading = asyncio.ensure_future(anext(batches))
        await settled_tail(shop, 3601)
        with pytest.raises(CloudError) as raised:
            await reading
    assert raised.value.kind is ErrorKind.ENDED


async def test_too_many_sessions_are_a_quota(shop: Shop) -> None:
    logs = shop.log_reads()
    open_tails = [logs.tail(PROJECT, "") for _ in range(11)]
    readers = []
    for tail in open_tails:
        batches = await tail.__aenter__()
        readers.append(asyncio.ensure_future(anext(batches)))
        await settled_tail(shop, 0)
    done, _ = await asyncio.wait(readers, return_when=asyncio.FIRST_COMPLETED, timeout=5)
    (refused,) = done
    error = refused.exception()
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    for tail in open_tails:
        await tail.__aexit__(None, None, None)
    assert isinstance(error, CloudError)
    assert error.kind is ErrorKind.QUOTA


async def test_a_wrong_tail_filter_is_named(shop: Shop) -> None:
    with pytest.raises(CloudError) as raised:
        async with shop.log_reads().tail(PROJECT, "severity >>> 3") as batches:
            await anext(batches)
    assert raised.value.kind is ErrorKind.INVALID
