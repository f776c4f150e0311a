"""Calls stay below the quotas, and a lane pauses after a used-up quota."""

from __future__ import annotations

import asyncio

import pytest

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.gcp.connection.options import RateLimit
from cfconsole.gcp.connection.throttle import FIRST_PAUSE_S, MAX_PAUSE_S, Lanes, Throttle

QUOTA = CloudError(ErrorKind.QUOTA, "The quota is used up.", quota="ReadsPerMinute")


class Seconds:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def acquires(throttle: Throttle) -> bool:
    """Whether a call may be made at once, without any time passing."""
    call = asyncio.ensure_future(throttle.acquire())
    for _ in range(10):
        await asyncio.sleep(0)
    if not call.done():
        call.cancel()
        await asyncio.wait([call])
        return False
    await call
    return True


async def test_a_burst_is_free_and_the_next_call_waits() -> None:
    throttle = Throttle([RateLimit(3, 60.0)])
    assert [await acquires(throttle) for _ in range(4)] == [True, True, True, False]


async def test_the_tightest_limit_counts() -> None:
    throttle = Throttle([RateLimit(10, 60.0), RateLimit(1, 60.0)])
    assert [await acquires(throttle) for _ in range(2)] == [True, False]


async def test_a_full_lane_frees_itself() -> None:
    throttle = Throttle([RateLimit(1, 0.05)])
    await throttle.acquire()
    async with asyncio.timeout(5):
        await throttle.acquire()


async def test_lanes_do_not_share_their_limits() -> None:
    lanes = Lanes([RateLimit(1, 60.0)])
    assert await acquires(lanes.lane("shop", "us-central1"))
    assert await acquires(lanes.lane("shop", "europe-west1"))
    assert not await acquires(lanes.lane("shop", "us-central1"))


async def test_a_used_up_quota_pauses_the_lane_and_the_error_says_how_long() -> None:
    clock = Seconds()
    throttle = Throttle([], clock)
    throttle.note_failure(QUOTA)
    with pytest.raises(CloudError) as raised:
        await throttle.acquire()
    assert raised.value.kind is ErrorKind.QUOTA
    assert raised.value.quota == "ReadsPerMinute"
    assert "Next try in" in raised.value.sentence
    clock.now += FIRST_PAUSE_S * 1.2
    await throttle.acquire()


async def test_pauses_grow_to_a_minute_and_start_again_after_a_success() -> None:
    clock = Seconds()
    throttle = Throttle([], clock)
    for _ in range(6):
        throttle.note_failure(QUOTA)
    clock.now += MAX_PAUSE_S * 0.75
    with pytest.raises(CloudError):
        await throttle.acquire()
    clock.now += MAX_PAUSE_S * 0.5
    await throttle.acquire()
    throttle.note_success()
    throttle.note_failure(QUOTA)
    clock.now += FIRST_PAUSE_S * 1.2
    await throttle.acquire()


async def test_other_failures_pause_nothing() -> None:
    throttle = Throttle([])
    throttle.note_failure(CloudError(ErrorKind.UNAVAILABLE, "down"))
    assert await acquires(throttle)
