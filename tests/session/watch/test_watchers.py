"""What is read in the background, how often, and what happens if a read fails."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.fleet.reads import ServicesRead
from cfconsole.domain.fleet.services import Service, ServiceKey
from cfconsole.domain.releases.model import Plan
from cfconsole.domain.releases.planning.request import RollbackRequest
from cfconsole.session.state.console_state import Feed
from tests.builders import alert, entry
from tests.session.manual_clock import START, ManualClock
from tests.session.open_session import SETTINGS, open_session
from tests.session.scripted import FakeCloud, MemoryCache, ScriptedCloud, ScriptedServices, error
from tests.session.shop import BILLING, CATALOG, ORDERS, RESIZE

WATCHED = {Feed.SERVICES, Feed.REVISIONS, Feed.METRICS, Feed.ALERTS}


async def test_first_reads_fill_the_screen() -> None:
    async with open_session() as it:
        state = it.session.state
        assert set(state.services) == {ORDERS, BILLING, CATALOG, RESIZE}
        assert state.metrics[ORDERS].now.error_rate is not None
        assert state.feeds[Feed.SERVICES].read_at == START
        assert state.feeds[Feed.SERVICES].error is None


async def test_regions_without_services_are_not_polled() -> None:
    async with open_session() as it:
        await it.clock.advance(30)
        assert set(it.fake.listed_regions[0]) == set(it.fake.all_regions)
        assert set(it.fake.listed_regions[1:]) == {("europe-west1", "us-central1")}


async def test_regions_are_swept_again_after_ten_minutes() -> None:
    async with open_session() as it:
        await it.clock.advance(700)
        assert it.fake.listed_regions.count(it.fake.all_regions) == 2


async def test_a_failing_feed_keeps_its_data_and_the_others_continue() -> None:
    async with open_session() as it:
        it.fake.fail["list_services"] = error(ErrorKind.UNAVAILABLE)
        await it.clock.advance(20)
        state = it.session.state
        assert ORDERS in state.services
        assert state.feeds[Feed.SERVICES].error is not None
        assert state.feeds[Feed.SERVICES].read_at == START
        assert state.feeds[Feed.ALERTS].error is None
        assert state.feeds[Feed.ALERTS].read_at != START


async def test_failures_are_asked_less_and_less_often() -> None:
    async with open_session() as it:
        it.fake.fail["list_services"] = error(ErrorKind.UNAVAILABLE)
        before = it.fake.calls["list_services"]
        await it.clock.advance(120)
        assert 3 <= it.fake.calls["list_services"] - before <= 9


async def test_alerts_of_regions_that_are_not_watched_are_not_shown() -> None:
    fake = FakeCloud(ManualClock())
    fake.alerts = tuple(alert(id=str(number), service=key) for number, key in enumerate((ORDERS, RESIZE, None)))
    async with open_session(replace(SETTINGS, regions=(RESIZE.region,)), fake=fake) as it:
        assert [one.service for one in it.session.state.alerts] == [RESIZE, None]


async def test_after_an_outage_all_feeds_are_back_together() -> None:
    async with open_session() as it:
        it.session.select([ORDERS])
        await it.clock.advance(1)
        for method in ("list_services", "list_revisions", "metrics", "alerts"):
            it.fake.fail[method] = error(ErrorKind.UNAVAILABLE)
        await it.clock.advance(100)
        feeds = it.session.state.feeds
        assert {feed for feed, status in feeds.items() if status.error} >= WATCHED
        it.fake.fail.clear()
        while it.session.state.feeds[Feed.SERVICES].error:
            await it.clock.advance(1)
        assert not {feed for feed in WATCHED if it.session.state.feeds[feed].error}


async def test_one_service_without_revisions_does_not_slow_the_others() -> None:
    async with open_session() as it:
        it.fake.fail_next["list_revisions"] = [error(ErrorKind.DENIED)]
        it.session.select([ORDERS, CATALOG])
        await it.clock.advance(0)
        assert it.session.state.feeds[Feed.REVISIONS].read_at == START
        await it.clock.advance(11)
        assert ORDERS in it.session.state.revisions


async def test_without_a_login_every_feed_says_why_it_is_empty() -> None:
    fake = FakeCloud()
    fake.fail["connect"] = error(ErrorKind.CREDENTIALS, "log in")
    async with open_session(fake=fake) as it:
        for feed in WATCHED:
            failed = it.session.state.feeds[feed].error
            assert failed is not None
            assert failed.sentence == "log in"
        del fake.fail["connect"]
        it.session.refresh()
        await it.clock.advance(11)
        assert not any(status.error for status in it.session.state.feeds.values())


async def test_other_feeds_report_the_expired_login_that_the_first_read_found() -> None:
    fake = FakeCloud()
    for method in ("list_services", "regions"):
        fake.fail[method] = error(ErrorKind.CREDENTIALS, "log in")
    async with open_session(fake=fake) as it:
        fake.fail["metrics"] = fake.fail["alerts"] = error(ErrorKind.INTERNAL, "never asked")
        await it.clock.advance(30)
        sentences = {feed: status.error.sentence for feed, status in it.session.state.feeds.items() if status.error}
        assert {sentences.get(feed) for feed in WATCHED} == {"log in"}
        assert it.fake.calls["load"] == 1, "what is loaded needs no login"


async def test_a_refresh_that_comes_too_early_is_followed_up_soon() -> None:
    async with open_session() as it:
        it.fake.fail["list_services"] = error(ErrorKind.UNAVAILABLE)
        await it.clock.advance(100)
        it.session.refresh()
        await it.clock.advance(0)
        del it.fake.fail["list_services"]
        await it.clock.advance(2)
        assert it.session.state.feeds[Feed.SERVICES].error is None


async def test_a_moving_service_is_read_every_second() -> None:
    async with open_session() as it:
        it.fake.change(replace(it.fake.services[ORDERS], reconciling=True))
        await it.clock.advance(6)
        before = it.fake.calls["get_service"]
        await it.clock.advance(4)
        assert it.fake.calls["get_service"] - before == 4
        assert it.session.state.services[ORDERS].reconciling


async def test_the_last_state_is_painted_before_anything_is_read() -> None:
    cache = MemoryCache()
    async with open_session(cache=cache) as it:
        await it.clock.advance(1)
    async with open_session(cache=cache, started=False) as again:
        state = again.session.state
        assert ORDERS in state.services
        assert state.feeds[Feed.SERVICES].cached
        again.session.start()
        await again.clock.advance(0)
        assert not again.session.state.feeds[Feed.SERVICES].cached
        assert set(again.fake.listed_regions[0]) == {"europe-west1", "us-central1"}
        assert set(again.fake.listed_regions[1]) == set(again.fake.all_regions)


async def test_selected_services_have_their_revisions_watched() -> None:
    async with open_session() as it:
        it.session.select([ORDERS])
        await it.clock.advance(1)
        assert [revision.short for revision in it.session.state.revisions[ORDERS]] == ["00042", "00041", "00040"]
        assert CATALOG not in it.session.state.revisions


class SlowServices(ScriptedServices):
    """Regions that take five seconds to answer."""

    def __init__(self, fake: FakeCloud) -> None:
        super().__init__(fake)
        self._clock = fake.clock

    async def list_services(self, project: str, regions: Sequence[str]) -> ServicesRead:
        await self._clock.sleep(5)
        return await super().list_services(project, regions)


class SlowCloud(FakeCloud):
    @property
    def cloud(self) -> ScriptedCloud:
        return super().cloud._replace(services=SlowServices(self))


async def test_the_services_have_a_head_start_but_delay_the_rest_only_briefly() -> None:
    async with open_session(fake=SlowCloud()) as it:
        await it.clock.advance(0.9)
        assert (it.fake.calls["load"], it.fake.calls["metrics"], it.fake.tails) == (0, 0, [])
        await it.clock.advance(0.2)
        assert it.fake.calls["metrics"] == 1
        assert len(it.fake.tails) == 1
        assert not it.session.state.services


class LosingServices(ScriptedServices):
    """A port in which one service can't be read by itself."""

    def __init__(self, fake: FakeCloud, lost: ServiceKey) -> None:
        super().__init__(fake)
        self._lost = lost

    async def get_service(self, key: ServiceKey) -> Service:
        if key == self._lost:
            self._fake.calls["lost"] += 1
            raise error(ErrorKind.UNAVAILABLE, "no connection")
        return await super().get_service(key)


class LosingCloud(FakeCloud):
    lost = ORDERS

    @property
    def cloud(self) -> ScriptedCloud:
        return super().cloud._replace(services=LosingServices(self, self.lost))


@pytest.mark.parametrize("lost", [CATALOG, ORDERS], ids=["the first by name", "the last by name"])
async def test_a_changing_service_that_cannot_be_read_is_reported_and_others_are_still_read(
    lost: ServiceKey,
) -> None:
    fake = LosingCloud(ManualClock())
    fake.lost = lost
    async with open_session(fake=fake) as it:
        for key in (CATALOG, ORDERS):
            fake.change(replace(fake.services[key], reconciling=True))
        await it.clock.advance(6)
        failed = it.session.state.feeds[Feed.SERVICES].error
        assert failed is not None
        assert failed.sentence == "no connection"
        before = fake.calls["get_service"]
        await it.clock.advance(3)
        assert fake.calls["get_service"] - before == 3


class SlowlyLoadedCloud(FakeCloud):
    """A cloud in which everything but the services takes two seconds to load."""

    async def load(self) -> None:
        await super().load()
        await self.clock.sleep(2)


async def test_services_are_read_and_released_while_all_else_is_still_loaded() -> None:
    async with open_session(fake=SlowlyLoadedCloud()) as it:
        it.session.select([ORDERS])
        await it.clock.advance(1)
        assert (it.fake.calls["load"], it.fake.calls["metrics"], it.fake.tails) == (1, 0, [])
        assert ORDERS in it.session.state.revisions
        assert await it.session.describe(ORDERS) == f"name: {ORDERS.path}\n"
        plan = it.session.changes.plan(ORDERS, RollbackRequest())
        assert isinstance(plan, Plan)
        assert isinstance(await it.session.changes.replan(ORDERS, RollbackRequest()), Plan)
        assert "not connected yet" in await it.session.logs.set_query("severity=ERROR")
        with pytest.raises(CloudError, match="not connected yet"):
            await it.session.trace(entry("late", trace="t"))
        await it.clock.advance(1)
        assert it.fake.calls["metrics"] == 1
        (tail,) = it.fake.tails
        assert ORDERS.name in tail.query


async def test_a_log_that_is_hidden_before_all_is_loaded_counts_as_hidden() -> None:
    async with open_session(fake=SlowlyLoadedCloud()) as it:
        it.session.logs.set_visible(False)
        it.session.select([ORDERS])
        for _ in range(19):
            it.session.note_key()
            await it.clock.advance(100)
        assert it.fake.tails == []
        assert it.session.state.logs.mode == "paused"


async def test_a_refresh_opens_a_tail_that_is_not_live() -> None:
    async with open_session() as it:
        it.fake.fail["tail"] = error(ErrorKind.DENIED)
        it.session.select([ORDERS])
        await it.clock.advance(5)
        assert it.session.state.logs.mode == "broken"
        it.fake.fail.clear()
        it.session.refresh()
        await it.clock.advance(2)
        assert it.session.state.logs.mode == "live"


async def test_a_failed_load_shows_in_the_panes_that_need_it_while_services_stand() -> None:
    fake = FakeCloud()
    fake.fail["load"] = ImportError("no module named grpc_status")
    async with open_session(fake=fake) as it:
        state = it.session.state
        for feed in (Feed.METRICS, Feed.ALERTS):
            failed = state.feeds[feed].error
            assert failed is not None
            assert "Internal error while reading (ImportError)" in failed.sentence
        assert (state.logs.mode, "(ImportError)" in state.logs.sentence) == ("broken", True)
        assert ORDERS in state.services
        assert state.feeds[Feed.SERVICES].error is None
        it.session.select([ORDERS])
        await it.clock.advance(1)
        assert it.session.state.feeds[Feed.REVISIONS].error is None
        fake.fail.clear()
        it.session.refresh()
        await it.clock.advance(2)
        assert not any(status.error for status in it.session.state.feeds.values())
        assert it.session.state.logs.mode == "live"


async def test_the_only_changing_service_that_cannot_be_read_is_asked_less_and_less_often() -> None:
    fake = LosingCloud(ManualClock())
    async with open_session(fake=fake) as it:
        fake.change(replace(fake.services[ORDERS], reconciling=True))
        await it.clock.advance(6)
        before = fake.calls["lost"]
        await it.clock.advance(30)
        assert 2 <= fake.calls["lost"] - before <= 6


async def test_a_changing_service_that_is_gone_has_the_whole_fleet_read() -> None:
    async with open_session() as it:
        it.fake.change(replace(it.fake.services[ORDERS], reconciling=True))
        await it.clock.advance(6)
        del it.fake.services[ORDERS]
        await it.clock.advance(1.5)
        assert ORDERS not in it.session.state.services


async def test_a_feed_over_its_quota_is_left_alone_for_about_a_minute() -> None:
    async with open_session() as it:
        it.fake.fail["list_services"] = error(ErrorKind.QUOTA)
        before = it.fake.calls["list_services"]
        await it.clock.advance(50)
        assert it.fake.calls["list_services"] - before == 1
        await it.clock.advance(30)
        assert it.fake.calls["list_services"] - before == 2
