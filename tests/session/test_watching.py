"""What is read in the background, how often, and what happens when a read fails."""

from __future__ import annotations

from cfconsole.domain.errors import ErrorKind
from cfconsole.session.state import Feed
from tests.session.manual_clock import START
from tests.session.opening import opened
from tests.session.scripted import MemoryCache, error
from tests.session.shop import BILLING, CATALOG, ORDERS, RESIZE


async def test_first_reads_fill_the_screen() -> None:
    async with opened() as it:
        state = it.session.state
        assert set(state.services) == {ORDERS, BILLING, CATALOG, RESIZE}
        assert state.metrics[ORDERS].now.error_rate is not None
        assert state.feeds[Feed.SERVICES].read_at == START
        assert state.feeds[Feed.SERVICES].error is None


async def test_regions_without_services_are_not_polled() -> None:
    async with opened() as it:
        await it.clock.advance(30)
        assert set(it.fake.asked_regions[0]) == set(it.fake.all_regions)
        assert set(it.fake.asked_regions[1:]) == {("europe-west1", "us-central1")}


async def test_regions_are_swept_again_after_ten_minutes() -> None:
    async with opened() as it:
        await it.clock.advance(700)
        assert it.fake.asked_regions.count(it.fake.all_regions) == 2


async def test_a_failing_feed_keeps_its_data_and_the_others_go_on() -> None:
    async with opened() as it:
        it.fake.fail["list_services"] = error(ErrorKind.UNAVAILABLE)
        await it.clock.advance(20)
        state = it.session.state
        assert ORDERS in state.services
        assert state.feeds[Feed.SERVICES].error is not None
        assert state.feeds[Feed.SERVICES].read_at == START
        assert state.feeds[Feed.ALERTS].error is None
        assert state.feeds[Feed.ALERTS].read_at != START


async def test_failures_are_asked_less_and_less_often() -> None:
    async with opened() as it:
        it.fake.fail["list_services"] = error(ErrorKind.UNAVAILABLE)
        before = it.fake.calls["list_services"]
        await it.clock.advance(120)
        assert 3 <= it.fake.calls["list_services"] - before <= 9


async def test_a_refresh_that_comes_too_early_is_followed_up_soon() -> None:
    async with opened() as it:
        it.fake.fail["list_services"] = error(ErrorKind.UNAVAILABLE)
        await it.clock.advance(100)
        it.session.refresh()
        await it.clock.advance(0)
        del it.fake.fail["list_services"]
        await it.clock.advance(2)
        assert it.session.state.feeds[Feed.SERVICES].error is None


async def test_a_moving_service_is_read_every_second() -> None:
    async with opened() as it:
        it.fake.change(it.fake.services[ORDERS]._replace(reconciling=True))
        await it.clock.advance(6)
        before = it.fake.calls["get_service"]
        await it.clock.advance(4)
        assert it.fake.calls["get_service"] - before == 4
        assert it.session.state.services[ORDERS].reconciling


async def test_the_last_state_is_painted_before_anything_is_read() -> None:
    cache = MemoryCache()
    async with opened(cache=cache) as it:
        await it.clock.advance(1)
    async with opened(cache=cache, started=False) as again:
        state = again.session.state
        assert ORDERS in state.services
        assert state.feeds[Feed.SERVICES].cached
        again.session.start()
        await again.clock.advance(0)
        assert not again.session.state.feeds[Feed.SERVICES].cached
        assert set(again.fake.asked_regions[0]) == {"europe-west1", "us-central1"}
        assert set(again.fake.asked_regions[1]) == set(again.fake.all_regions)


async def test_selected_services_have_their_revisions_watched() -> None:
    async with opened() as it:
        it.session.select([ORDERS])
        await it.clock.advance(1)
        assert [revision.short for revision in it.session.state.revisions[ORDERS]] == ["00042", "00041", "00040"]
        assert CATALOG not in it.session.state.revisions
