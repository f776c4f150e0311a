"""Changes of services, severity and range: nothing is lost, nothing read twice, and what is not read is marked."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.logs.entries import GapReason, Severity
from cfconsole.domain.logs.query import AUDIT_LOG
from cfconsole.domain.logs.times import NS, to_ns
from cfconsole.session.logs.backfill import OVERLAP_S
from tests.session.logs.bare_tail import bare_tail
from tests.session.logs.log_server import parse_query
from tests.session.logs.logged_session import LoggedSession, open_logged_session
from tests.session.open_session import SETTINGS
from tests.session.scripted import error
from tests.session.shop import BILLING, CATALOG, ORDERS


async def test_coming_back_to_a_service_reads_on_where_its_log_was_complete() -> None:
    async with open_logged_session() as the:
        the.server.keep(the.entry("old", ago_s=600))
        await the.select(ORDERS)
        the.server.say(the.entry("tailed"))
        await the.select(BILLING)
        the.server.say(the.entry("while looking elsewhere"))
        await the.clock.advance(60)
        assert the.messages() == ["old", "tailed"]
        the.forget_queries()
        await the.select(ORDERS)
        assert the.messages() == ["old", "tailed", "while looking elsewhere"]
        left_at = to_ns(the.clock.now()) - 120 * NS
        assert all(parse_query(query).since_ns > left_at for query in the.server.queries)
        assert the.gaps() == []


async def test_a_service_marked_beside_another_is_read_alone_and_newest_page_first() -> None:
    async with open_logged_session() as the:
        the.server.keep(the.entry("orders", ago_s=60), *(the.entry(f"{n}", BILLING, ago_s=n) for n in range(1, 700)))
        await the.select(ORDERS)
        the.forget_queries()
        await the.select(ORDERS, BILLING)
        assert the.messages() == ["orders"]
        assert len(the.messages(BILLING)) == 500
        assert parse_query(the.server.queries[0]).services == {"billing"}
        (gap,) = the.gaps()
        assert (gap.reason, gap.services) == (GapReason.NOT_READ, (BILLING,))
        assert the.it.session.state.logs.lost == 0


async def test_too_much_to_catch_up_with_is_marked() -> None:
    async with open_logged_session() as the:
        await the.select(ORDERS, BILLING)
        the.server.say(the.entry("orders"), the.entry("billing", BILLING))
        await the.select(BILLING)
        await the.clock.advance(60)
        the.server.keep(*(the.entry(f"{n}", ago_s=n / 1000) for n in range(1, 6000)))
        the.server.say(the.entry("billing again", BILLING))
        await the.clock.advance(30)
        the.it.session.select([ORDERS, BILLING])
        await the.clock.advance(60)
        assert the.messages(BILLING) == ["billing", "billing again"]
        assert len(the.messages()) == 1 + 5000 - 1
        (gap,) = the.gaps()
        assert (gap.reason, gap.at_least) == (GapReason.NOT_READ, 1)
        assert ORDERS in gap.services


async def test_a_service_that_was_left_long_ago_shows_its_newest_page_and_marks_what_is_between() -> None:
    async with open_logged_session() as the:
        await the.select(ORDERS)
        the.server.say(the.entry("long ago"))
        await the.select(BILLING)
        the.server.keep(the.entry("before lunch"))
        await the.stay(4200)
        the.server.keep(the.entry("after lunch"))
        await the.select(ORDERS)
        assert the.messages() == ["long ago", "before lunch", "after lunch"]
        assert the.gaps() == []


async def test_after_more_than_a_day_the_time_between_is_marked() -> None:
    async with bare_tail() as bare:
        bare.select(BILLING)
        await bare.clock.advance(25 * 3600)
        bare.select(ORDERS)
        await bare.clock.advance(15)
        (gap,) = bare.ledger.gaps
        assert (gap.reason, gap.at_least, gap.services) == (GapReason.NOT_READ, 0, (ORDERS,))


async def test_a_quiet_service_that_was_tailed_for_days_has_no_hole() -> None:
    async with bare_tail() as bare:
        await bare.clock.advance(50 * 3600)
        bare.select(BILLING)
        await bare.clock.advance(15)
        bare.select(ORDERS)
        await bare.clock.advance(15)
        assert bare.ledger.gaps == []


async def test_a_service_not_shown_gives_up_its_room_and_is_read_again() -> None:
    async with open_logged_session(replace(SETTINGS, log_entries=400)) as the:
        the.server.keep(*(the.entry(f"{n}", ago_s=n) for n in range(1, 251)))
        await the.select(ORDERS)
        await the.select(BILLING)
        assert len(the.messages()) == 250
        for number in range(100):
            the.server.say(the.entry(f"{number}", BILLING))
            await the.clock.advance(0.1)
        assert the.messages() == []
        assert len(the.messages(BILLING)) == 100
        await the.select(ORDERS)
        assert len(the.messages()) == 250


async def test_the_end_of_a_stream_after_hidden_services_were_forgotten_loses_nothing() -> None:
    async with open_logged_session(replace(SETTINGS, log_entries=100)) as the:
        await the.select(BILLING)
        await the.select(ORDERS)
        for number in range(90):
            the.server.say(the.entry(f"{number:02}"))
            await the.clock.advance(1)
        the.forget_queries()
        the.server.tails[0].end(ErrorKind.ENDED)
        the.server.keep(the.entry("missed"))
        await the.clock.advance(15)
        assert the.messages() == [*(f"{number:02}" for number in range(90)), "missed"]
        assert parse_query(the.server.queries[0]).since_ns > to_ns(the.clock.now()) - 60 * NS


async def test_raising_the_severity_keeps_what_is_there_and_lowering_it_reads_what_was_left_out() -> None:
    async with open_logged_session() as the:
        await the.select(ORDERS)
        the.server.say(the.entry("info"))
        await the.clock.advance(1)
        the.it.session.logs.set_min_severity(Severity.ERROR)
        await the.clock.advance(15)
        the.server.say(the.entry("left out"), the.entry("bad", severity=Severity.ERROR))
        await the.clock.advance(1)
        assert the.messages() == ["info", "bad"]
        assert the.server.tails[0].query.min_severity == Severity.ERROR
        the.it.session.logs.set_min_severity(Severity.INFO)
        await the.clock.advance(15)
        assert the.messages() == ["info", "bad", "left out"]
        assert the.gaps() == []


async def test_what_was_read_before_the_severity_was_raised_is_known_when_it_is_lowered_again() -> None:
    async with open_logged_session() as the:
        await the.select(ORDERS)
        for number in range(12):
            the.server.say(*(the.entry(f"{number} {at}") for at in range(100)))
            await the.clock.advance(10)
        the.it.session.logs.set_min_severity(Severity.ERROR)
        await the.clock.advance(60)
        the.server.say(the.entry("left out"), the.entry("bad", severity=Severity.ERROR))
        await the.clock.advance(1)
        the.forget_queries()
        the.it.session.logs.set_min_severity(Severity.DEFAULT)
        await the.clock.advance(15)
        assert the.gaps() == []
        assert sorted(the.messages()[-2:]) == ["bad", "left out"]
        assert len(the.messages()) == 1202
        assert parse_query(the.server.queries[0]).since_ns > to_ns(the.clock.now()) - 120 * NS
        the.it.session.logs.set_min_severity(Severity.ERROR)
        await the.clock.advance(15)
        assert the.gaps() == []


async def test_an_entry_that_claims_to_be_of_tomorrow_does_not_hide_today() -> None:
    async with open_logged_session() as the:
        await the.select(ORDERS)
        the.server.say(the.entry("tomorrow", ago_s=-86_400))
        await the.clock.advance(20)
        the.server.tails[0].end(ErrorKind.UNAVAILABLE)
        the.server.keep(the.entry("today"))
        await the.clock.advance(30)
        assert the.messages() == ["today", "tomorrow"]


async def test_a_past_that_cannot_be_read_is_marked() -> None:
    async with open_logged_session() as the:
        the.server.page_errors = [error(ErrorKind.DENIED, "logging.logEntries.list is missing")]
        await the.select(ORDERS)
        (gap,) = the.gaps()
        assert (gap.reason, gap.services) == (GapReason.NOT_READ, (ORDERS,))
        assert "logging.logEntries.list" in the.it.session.state.logs.sentence


async def test_a_break_that_cannot_be_read_back_is_marked_from_a_little_before_it() -> None:
    async with open_logged_session() as the:
        await the.select(ORDERS)
        last = the.entry("last")
        the.server.say(last)
        await the.clock.advance(20)
        the.server.page_errors = [error(ErrorKind.DENIED)] * 8
        the.server.tails[0].end(ErrorKind.UNAVAILABLE)
        await the.clock.advance(30)
        gap = the.gaps()[0]
        assert (gap.reason, gap.services) == (GapReason.DISCONNECTED, (ORDERS,))
        assert gap.from_ns == last.timestamp_ns - OVERLAP_S * NS, "entries of the last moments may have been late"


async def test_background_events_of_services_never_looked_at_stay_out_of_the_log() -> None:
    async with open_logged_session() as the:
        await the.select(ORDERS)
        audit = replace(the.entry("deployed", CATALOG), log=AUDIT_LOG, method="google.cloud.run.v2.Services.Update")
        the.server.say(audit, replace(audit, service=ORDERS.name, region=ORDERS.region))
        await the.clock.advance(1)
        assert the.messages() == ["deployed"]
        assert the.messages(CATALOG) == []


async def test_a_wider_range_reads_further_back_and_takes_the_mark_away() -> None:
    async with open_logged_session() as the:
        the.server.keep(*(the.entry(f"{n}", ago_s=3 * n) for n in range(1, 1000)))
        the.server.keep(the.entry("older", ago_s=5400))
        await the.select(ORDERS)
        assert len(the.messages()) == 500
        assert len(the.gaps()) == 1
        the.it.session.logs.set_range(3600)
        await the.clock.advance(20)
        assert len(the.messages()) == 999
        assert the.gaps() == []
        the.it.session.logs.set_range(7200)
        await the.clock.advance(20)
        assert the.messages()[0] == "older"
        the.forget_queries()
        the.it.session.logs.set_range(60)
        the.it.session.logs.set_range(7200)
        await the.clock.advance(20)
        assert all(parse_query(query).until_ns > to_ns(the.clock.now()) for query in the.server.queries)


async def test_what_a_range_holds_and_a_few_pages_do_not_reach_is_marked() -> None:
    async with open_logged_session() as the:
        the.server.keep(*(the.entry(f"{n}", ago_s=n / 10) for n in range(1, 9000)))
        await the.select(ORDERS)
        the.it.session.logs.set_range(1800)
        await the.clock.advance(60)
        assert len(the.messages()) == 5499
        (gap,) = the.gaps()
        assert (gap.reason, gap.at_least, gap.services) == (GapReason.NOT_READ, 1, (ORDERS,))
        assert the.it.fake.calls["page"] <= 10


async def test_a_full_buffer_is_not_read_further_back() -> None:
    async with open_logged_session(replace(SETTINGS, log_entries=400)) as the:
        the.server.keep(*(the.entry(f"{n}", ago_s=n) for n in range(1, 500)))
        await the.select(ORDERS)
        the.forget_queries()
        the.it.session.logs.set_range(3600)
        await the.clock.advance(20)
        assert the.server.queries == []


async def test_a_range_that_cannot_be_read_is_marked_and_reported() -> None:
    async with open_logged_session() as the:
        await the.select(ORDERS)
        the.server.page_errors = [error(ErrorKind.DENIED, "no reading")]
        the.it.session.logs.set_range(7200)
        await the.clock.advance(20)
        (gap,) = the.gaps()
        assert (gap.to_ns - gap.from_ns) // NS in range(3500, 3700)
        assert "no reading" in the.it.session.state.logs.sentence


async def entered(the: LoggedSession, text: str) -> str:
    asking = asyncio.create_task(the.it.session.logs.set_query(text))
    await the.clock.advance(15)
    return await asking


async def test_an_expression_narrows_the_log_where_it_is_kept() -> None:
    async with open_logged_session() as the:
        the.server.keep(the.entry("payment failed", ago_s=30), the.entry("hello", ago_s=20))
        await the.select(ORDERS)
        assert await entered(the, " payment ") == ""
        assert the.it.session.logs.query == "payment"
        the.server.say(the.entry("hello again"), the.entry("payment done"))
        await the.clock.advance(1)
        assert the.messages() == ["payment failed", "payment done"]
        assert await entered(the, "") == ""
        assert the.messages() == ["payment failed", "hello", "hello again", "payment done"]


async def test_what_was_on_its_way_when_an_expression_came_into_force_stays_out() -> None:
    async with open_logged_session() as the:
        await the.select(ORDERS)
        entering = asyncio.create_task(the.it.session.logs.set_query("payment"))
        while not the.it.session.logs.query:
            await asyncio.sleep(0)
            the.server.say(the.entry("hello"), the.entry("payment"))
        the.server.say(the.entry("hello"))
        await entering
        await the.clock.advance(15)
        assert set(the.messages()) == {"payment"}


async def test_an_expression_that_is_not_understood_changes_nothing() -> None:
    async with open_logged_session() as the:
        await the.select(ORDERS)
        the.server.say(the.entry("kept"))
        tails = the.it.fake.calls["tail"]
        the.server.page_errors = [error(ErrorKind.INVALID, "Unparseable filter"), error(ErrorKind.UNAVAILABLE, "down")]
        assert await entered(the, "severity>>") == "Unparseable filter"
        assert await entered(the, "x") == "The expression could not be checked: down"
        assert "has no opening one" in await entered(the, ") OR (")
        assert "shorten the expression" in await entered(the, "x" * 30_000)
        assert the.it.session.logs.query == ""
        assert the.messages() == ["kept"]
        assert the.it.fake.calls["tail"] == tails


async def test_an_expression_needs_a_service_to_narrow() -> None:
    async with open_logged_session() as the:
        assert "Select a service" in await entered(the, "x")


async def test_the_later_of_two_expressions_entered_at_once_is_in_force() -> None:
    async with open_logged_session() as the:
        await the.select(ORDERS)
        the.server.answers_after_s = 1
        first = asyncio.create_task(the.it.session.logs.set_query("first"))
        await asyncio.sleep(0)
        assert await entered(the, "second") == ""
        assert "in the meantime" in await first
        assert the.it.session.logs.query == "second"


async def test_a_trace_is_what_is_kept_and_what_other_services_wrote() -> None:
    async with open_logged_session() as the:
        await the.select(ORDERS)
        entry = replace(the.entry("orders", ago_s=5), trace="t1")
        the.server.say(entry, replace(the.entry("other trace"), trace="t2"))
        the.server.keep(replace(the.entry("billing", BILLING, ago_s=4), trace="t1"))
        await the.clock.advance(20)
        reads = the.it.fake.calls["page"]
        found = await the.it.session.trace(entry)
        assert [entry.message for entry in found] == ["orders", "billing"]
        assert the.it.fake.calls["page"] == reads + 1
        alone = the.entry("no trace")
        assert await the.it.session.trace(alone) == (alone,)


async def test_a_trace_that_cannot_be_read_is_an_error() -> None:
    async with open_logged_session() as the:
        await the.select(ORDERS)
        the.server.page_errors = [error(ErrorKind.DENIED, "no reading")]
        with pytest.raises(CloudError, match="no reading"):
            await the.it.session.trace(replace(the.entry("x"), trace="t1"))
        with pytest.raises(CloudError, match="not in this context"):
            await the.it.session.trace(replace(the.entry("x"), trace="t1", project="elsewhere"))


async def test_a_wider_range_that_is_asked_for_before_the_newest_page_came_is_read_after_it() -> None:
    async with open_logged_session() as the:
        the.server.keep(the.entry("older", ago_s=5400), the.entry("new", ago_s=5))
        the.server.answers_after_s = 1
        the.it.session.select([ORDERS])
        await the.clock.advance(0.7)
        the.it.session.logs.set_range(7200)
        await the.clock.advance(30)
        assert the.messages() == ["older", "new"]
