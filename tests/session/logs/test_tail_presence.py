"""An absent operator, a laptop that slept, a closed session: the tail session is closed, and nothing is lost."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from cfconsole.domain.errors import ErrorKind
from tests.session.logs.log_server import parse_query
from tests.session.logs.logged_session import LoggedSession, open_logged_session
from tests.session.open_session import SETTINGS
from tests.session.scripted import error
from tests.session.shop import BILLING, CATALOG, ORDERS

UPDATED = "google.cloud.run.v2.Services.UpdateService"


async def test_after_half_an_hour_without_a_key_the_session_is_given_back() -> None:
    async with open_logged_session() as the:
        await the.select(ORDERS)
        await the.clock.advance(1700)
        the.it.session.note_key()
        await the.clock.advance(1700)
        assert len(the.server.tails) == 1
        await the.clock.advance(200)
        assert the.server.tails == []
        assert the.it.session.state.logs.mode == "paused"
        assert "30 min" in the.it.session.state.logs.sentence


async def leave_alone(the: LoggedSession) -> None:
    await the.select(ORDERS)
    the.server.say(the.entry("before"))
    await the.clock.advance(1900)
    assert the.server.tails == []


async def test_the_next_key_opens_it_again_and_reads_what_came_meanwhile() -> None:
    async with open_logged_session() as the:
        await leave_alone(the)
        the.server.say(the.entry("while nobody was there"))
        await the.clock.advance(300)
        the.it.session.note_key()
        await the.clock.advance(15)
        the.server.say(the.entry("after"))
        await the.clock.advance(1)
        assert the.messages() == ["before", "while nobody was there", "after"]
        assert the.it.session.state.logs.mode == "live"
        assert the.gaps() == []


async def test_while_paused_changes_of_services_are_read_once_a_minute() -> None:
    async with open_logged_session() as the:
        await leave_alone(the)
        the.forget_queries()
        the.it.fake.change(the.it.fake.services[CATALOG])
        the.server.keep(
            replace(the.entry("changed", CATALOG), log="cloudaudit.googleapis.com/activity", method=UPDATED)
        )
        await the.clock.advance(90)
        assert the.it.session.state.services[CATALOG].generation == 8
        reads = the.it.fake.calls["get_service"]
        await the.clock.advance(510)
        assert 8 <= len(the.server.queries) <= 13
        assert all(parse_query(query).services == set() for query in the.server.queries)
        assert the.it.fake.calls["get_service"] == reads
        assert the.messages(CATALOG) == []


async def test_an_error_while_paused_is_reported_and_passes() -> None:
    async with open_logged_session() as the:
        await leave_alone(the)
        the.server.page_errors = [error(ErrorKind.UNAVAILABLE, "down") for _ in range(9)]
        await the.clock.advance(75)
        the.server.page_errors.clear()
        assert "down" in the.it.session.state.logs.sentence
        await the.clock.advance(75)
        assert "down" not in the.it.session.state.logs.sentence


async def test_turning_to_another_service_counts_as_being_there() -> None:
    async with open_logged_session() as the:
        await leave_alone(the)
        await the.select(BILLING)
        assert len(the.server.tails) == 1


async def test_a_log_that_is_hidden_for_half_an_hour_is_given_back_whatever_is_pressed() -> None:
    async with open_logged_session() as the:
        await the.select(ORDERS)
        the.server.say(the.entry("before"))
        the.it.session.logs.set_visible(False)
        await the.stay(1200)
        assert len(the.server.tails) == 1
        await the.stay(1200)
        assert the.server.tails == []
        the.server.say(the.entry("while it was hidden"))
        await the.select(ORDERS)
        assert the.server.tails == []
        the.it.session.logs.set_visible(True)
        await the.clock.advance(15)
        assert the.messages() == ["before", "while it was hidden"]
        assert the.it.session.state.logs.mode == "live"


async def test_a_log_that_is_shown_again_in_time_was_never_given_back() -> None:
    async with open_logged_session() as the:
        await the.select(ORDERS)
        opened_before = the.it.fake.calls["tail"]
        the.it.session.logs.set_visible(False)
        await the.stay(1200)
        the.it.session.logs.set_visible(True)
        await the.stay(3000)
        assert the.it.fake.calls["tail"] == opened_before


async def test_a_machine_that_slept_reopens_the_tail_and_reads_what_it_missed() -> None:
    async with open_logged_session() as the:
        await the.select(ORDERS)
        the.server.say(the.entry("before"))
        await the.clock.advance(20)
        the.server.tails[0].stalled = True
        opened_before = the.it.fake.calls["tail"]
        the.clock.sleep_machine(900)
        the.server.say(the.entry("while it slept"))
        await the.clock.advance(25)
        assert the.it.fake.calls["tail"] == opened_before + 1
        assert the.messages() == ["before", "while it slept"]
        assert the.gaps() == []


async def test_a_clock_that_is_set_right_by_seconds_opens_nothing() -> None:
    async with open_logged_session() as the:
        await the.select(ORDERS)
        opened_before = the.it.fake.calls["tail"]
        the.clock.sleep_machine(5)
        await the.clock.advance(60)
        assert the.it.fake.calls["tail"] == opened_before


async def test_closing_the_console_at_any_moment_gives_the_session_back() -> None:
    for moment in range(30):
        async with open_logged_session(SETTINGS) as the:
            the.it.session.select([ORDERS])
            for _ in range(moment * 3):
                await asyncio.sleep(0)
            await the.clock.advance(moment * 0.3)
        assert the.server.tails == []


async def test_the_eleventh_session_polls_and_goes_back_to_streaming() -> None:
    async with open_logged_session() as the:
        the.server.others = 10
        the.server.keep(the.entry("past", ago_s=30))
        await the.select(ORDERS)
        assert the.it.session.state.logs.mode == "polling"
        assert "too many tail sessions" in the.it.session.state.logs.sentence
        the.server.say(the.entry("polled"))
        await the.clock.advance(15)
        assert the.messages() == ["past", "polled"]
        the.server.others = 9
        await the.clock.advance(60)
        assert the.it.session.state.logs.mode == "live"
        the.server.say(the.entry("tailed"))
        await the.clock.advance(1)
        assert the.messages() == ["past", "polled", "tailed"]
        assert the.gaps() == []
