"""Tail sessions over real gRPC: windows, suppression, limits, and all the ways a session ends."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from google.api_core.exceptions import InvalidArgument, OutOfRange, ResourceExhausted, ServiceUnavailable
from google.cloud.logging_v2.types import TailLogEntriesResponse

from cfconsole.emulator.clock import ManualClock
from cfconsole.emulator.faults import Faults
from cfconsole.emulator.logs.tail import LogLimits
from tests.emulator.logging_server import START, LoggingServer, line, logging_server, raw

Reason = TailLogEntriesResponse.SuppressionInfo.Reason


async def _advance(server: LoggingServer, seconds: float, *, asleep: int = 0) -> None:
    """Advances the clock once `asleep` tasks wait: one per session, and one more for a window with entries."""
    assert isinstance(server.clock, ManualClock)
    await server.clock.wait_for_sleepers(asleep)
    await server.clock.advance(seconds)


async def test_a_tail_delivers_what_matches_from_now_on() -> None:
    async with logging_server() as server:
        server.write_lines("before")
        stream = await server.tail(filter="textPayload:order", buffer_window="0s")
        server.write_lines("order 1", "payment 1", "order 2")
        assert await stream.texts() == ["order 1", "order 2"]


async def test_entries_of_one_window_are_sent_together_ordered_by_time() -> None:
    async with logging_server() as server:
        stream = await server.tail(buffer_window="5s")
        server.write_lines("second")
        await _advance(server, 4, asleep=2)
        server.store.write(raw(line("first", timestamp=START - timedelta(seconds=1))))
        await _advance(server, 1)
        assert await stream.texts() == ["first", "second"]


async def test_entries_over_the_rate_are_counted_as_suppressed() -> None:
    async with logging_server(limits=LogLimits(entries_per_minute=3)) as server:
        stream = await server.tail(buffer_window="0s")
        server.write_lines(*(str(number) for number in range(10)))
        suppressed = await stream.response()
        assert [(info.reason, info.suppressed_count) for info in suppressed.suppression_info] == [
            (Reason.RATE_LIMIT, 7)
        ]
        assert await stream.texts() == ["0", "1", "2"]
        await _advance(server, 60)
        server.write_lines("next minute")
        assert await stream.texts() == ["next minute"]


async def test_a_client_that_does_not_read_gets_the_number_of_missed_entries() -> None:
    async with logging_server(limits=LogLimits(unread_entries=50)) as server:
        stream = await server.tail(buffer_window="0s")
        long = "x" * 20_000
        written = 0
        # Flow control buffers some entries; beyond that and the unread limit they are suppressed.
        for _ in range(30):
            server.write_lines(*[long] * 40)
            written += 40
            await asyncio.sleep(0.01)
        seen = missed = 0
        while seen + missed < written:
            response = await stream.response()
            seen += len(response.entries)
            missed += sum(i.suppressed_count for i in response.suppression_info if i.reason == Reason.NOT_CONSUMED)
        assert missed > 0
        assert seen + missed == written


async def test_a_project_has_ten_sessions_and_a_cancelled_one_is_free_again() -> None:
    async with logging_server(limits=LogLimits(sessions_per_project=2)) as server:
        first, _second = await server.tail(), await server.tail()
        with pytest.raises(ResourceExhausted, match="There are too many tail sessions open"):
            await (await server.tail()).response()
        first.cancel()
        async with asyncio.timeout(10):
            while not await _can_tail(server):
                pass


async def _can_tail(server: LoggingServer) -> bool:
    stream = await server.tail(buffer_window="0s")
    server.write_lines("are you there")
    try:
        return bool(await stream.texts())
    except ResourceExhausted:
        return False


async def test_a_session_ends_after_an_hour_with_googles_words() -> None:
    async with logging_server() as server:
        stream = await server.tail()
        await _advance(server, 3_601, asleep=1)
        with pytest.raises(OutOfRange, match="maximum allowed duration of 1h"):
            await stream.response()


async def test_a_cut_stream_looks_like_a_lost_connection() -> None:
    faults = Faults()
    async with logging_server(faults=faults) as server:
        stream = await server.tail()
        await _settle()
        faults.cut_tails()
        with pytest.raises(ServiceUnavailable):
            await stream.response()


async def test_a_cut_stream_can_end_like_a_session_after_an_hour() -> None:
    faults = Faults()
    async with logging_server(faults=faults) as server:
        stream = await server.tail()
        await _settle()
        faults.cut_tails("OUT_OF_RANGE")
        with pytest.raises(OutOfRange, match="maximum allowed duration of 1h"):
            await stream.response()


async def test_a_muted_stream_never_delivers_again_and_the_next_one_does() -> None:
    faults = Faults()
    async with logging_server(faults=faults) as server:
        muted = await server.tail(buffer_window="1s")
        await _settle()
        faults.mute_tails()
        next_one = await server.tail(buffer_window="1s")
        server.write_lines("who hears this")
        reading = asyncio.ensure_future(next_one.texts())
        while not reading.done():
            await _advance(server, 0.1)
        assert await reading == ["who hears this"]
        ending = asyncio.ensure_future(muted.response())
        while not ending.done():
            await _advance(server, 600)
        with pytest.raises(OutOfRange):
            await ending


async def test_a_silent_stream_stays_open_and_delivers_nothing() -> None:
    faults = Faults()
    async with logging_server(faults=faults) as server:
        stream = await server.tail(buffer_window="1s")
        faults.tail_silent = True
        server.write_lines("lost in the silence")
        await _advance(server, 2, asleep=2)
        faults.tail_silent = False
        server.write_lines("heard again")
        await _advance(server, 2, asleep=2)
        assert await stream.texts() == ["heard again"]


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ({"filter": "severity=LOUD"}, "'LOUD' is not a severity"),
        ({"buffer_window": "61s"}, "buffer_window must be between 0 and 60 seconds"),
        ({"resource_names": []}, "resource_names must name at least one resource"),
    ],
)
async def test_a_bad_tail_request_is_refused(request_: dict[str, object], sentence: str) -> None:
    async with logging_server() as server:
        with pytest.raises(InvalidArgument, match=sentence):
            await (await server.tail(**request_)).response()


async def _settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)
