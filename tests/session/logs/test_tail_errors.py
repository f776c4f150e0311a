"""Errors of the tail: sessions that start late or stall, selections in another order, errors while polling."""

from __future__ import annotations

from msgspec.structs import astuple, replace

from cfconsole.domain.errors import ErrorKind
from cfconsole.domain.logs.entries import Gap, LogEntry, Severity
from cfconsole.domain.logs.times import to_ns
from cfconsole.session.state.console_state import ConsoleState, Feed
from tests.session.logs.bare_tail import bare_tail
from tests.session.logs.logged_session import open_logged_session
from tests.session.manual_clock import ManualClock
from tests.session.open_session import SETTINGS, OpenSession, open_session
from tests.session.scripted import FakeCloud, error
from tests.session.shop import BILLING, ORDERS


def entry(clock: ManualClock, text: str) -> LogEntry:
    project, region, name = astuple(ORDERS)
    log = "run.googleapis.com/stdout"
    return LogEntry(to_ns(clock.now()), text, Severity.INFO, log, project, region, name, f"{name}-00042", text)


def messages(it: OpenSession) -> list[str]:
    buffer = it.session.logs.buffer
    return [row.message for row in buffer.rows(0, len(buffer)) if isinstance(row, LogEntry)]


def gaps(it: OpenSession) -> list[Gap]:
    buffer = it.session.logs.buffer
    return [row for row in buffer.rows(0, len(buffer)) if isinstance(row, Gap)]


async def tailed(it: OpenSession) -> None:
    it.session.select([ORDERS])
    await it.clock.advance(2)


async def test_what_was_written_before_the_session_really_ran_is_read_once_it_does() -> None:
    async with open_session() as it:
        await tailed(it)
        it.fake.log.append(entry(it.clock, "too early for the session"))
        await it.clock.advance(1)
        it.fake.say(entry(it.clock, "tailed"))
        await it.clock.advance(1)
        assert messages(it) == ["too early for the session", "tailed"]
        assert gaps(it) == []


async def test_a_quiet_session_reads_its_beginning_after_a_while() -> None:
    async with open_session() as it:
        await tailed(it)
        it.fake.log.append(entry(it.clock, "too early for the session"))
        await it.clock.advance(15)
        assert messages(it) == ["too early for the session"]


async def test_a_stalled_stream_is_reopened() -> None:
    async with open_session() as it:
        await tailed(it)
        it.fake.say(entry(it.clock, "heard"))
        await it.clock.advance(20)
        opened_before = it.fake.calls["tail"]
        it.fake.log.append(entry(it.clock, "not delivered"))
        await it.clock.advance(130)
        assert it.fake.calls["tail"] == opened_before + 1
        assert messages(it) == ["heard", "not delivered"]
        assert it.session.state.logs.mode == "live"


async def test_a_stream_that_stalled_while_entries_flow_is_reopened() -> None:
    async with open_session() as it:
        await tailed(it)
        it.fake.say(entry(it.clock, "heard"))
        await it.clock.advance(20)
        opened_before = it.fake.calls["tail"]
        for number in range(125):
            it.fake.log.append(entry(it.clock, f"not delivered {number}"))
            await it.clock.advance(1)
        assert it.fake.calls["tail"] == opened_before + 1
        assert len(messages(it)) > 100
        assert gaps(it) == []


async def test_a_stalled_stream_is_detected_a_minute_after_its_last_batch() -> None:
    async with open_session() as it:
        await tailed(it)
        for number in range(50):
            it.fake.say(entry(it.clock, f"heard {number}"))
            await it.clock.advance(1)
        opened_before = it.fake.calls["tail"]
        for number in range(65):
            it.fake.log.append(entry(it.clock, f"not delivered {number}"))
            await it.clock.advance(1)
        assert it.fake.calls["tail"] == opened_before + 1


async def test_a_stream_that_stalled_in_a_flood_is_reopened() -> None:
    async with open_logged_session() as the:
        await the.select(ORDERS)
        the.server.say(the.entry("heard"))
        await the.clock.advance(1)
        the.server.tails[0].stalled = True
        opened_before = the.it.fake.calls["tail"]
        for second in range(125):
            the.server.keep(*(the.entry(f"{second}-{number}", ago_s=number / 1000) for number in range(400)))
            await the.clock.advance(1)
        assert the.it.fake.calls["tail"] == opened_before + 1


async def test_entries_that_are_merely_late_are_no_sign_of_a_stalled_stream() -> None:
    async with open_session() as it:
        await tailed(it)
        it.fake.say(entry(it.clock, "heard"))
        await it.clock.advance(160)
        opened_before = it.fake.calls["tail"]
        it.fake.log.append(entry(it.clock, "on its way"))
        await it.clock.advance(25)
        assert "on its way" in messages(it)
        assert it.fake.calls["tail"] == opened_before


async def test_a_quiet_service_is_not_a_stalled_stream_and_costs_few_reads() -> None:
    async with open_session() as it:
        await tailed(it)
        it.fake.say(entry(it.clock, "heard"))
        await it.clock.advance(20)
        tails, pages = it.fake.calls["tail"], it.fake.calls["page"]
        for _ in range(7):
            it.session.note_key()
            await it.clock.advance(500)
        assert it.fake.calls["tail"] == tails
        assert it.fake.calls["page"] - pages <= 12


async def test_nothing_is_posted_while_nothing_is_logged_and_it_does_not_count_as_stale() -> None:
    async with open_session() as it:
        await tailed(it)
        await it.clock.advance(120)
        logs, reads = it.session.state.logs, it.session.state.feeds[Feed.LOGS]
        await it.clock.advance(20)
        assert it.session.state.logs is logs
        assert it.session.state.feeds[Feed.LOGS] is reads
        assert reads.stale_after_s > 3600


async def test_a_broken_tail_becomes_stale() -> None:
    async with open_session() as it:
        await tailed(it)
        await it.clock.advance(120)
        it.fake.fail["tail"] = error(ErrorKind.UNAVAILABLE)
        it.fake.tails[0].break_off(ErrorKind.UNAVAILABLE)
        await it.clock.advance(60)
        status = it.session.state.feeds[Feed.LOGS]
        assert status.read_at is not None
        assert (it.clock.now() - status.read_at).total_seconds() > status.stale_after_s


async def test_the_rate_falls_to_zero_and_is_published() -> None:
    async with open_session() as it:
        await tailed(it)
        it.fake.say(*(entry(it.clock, f"{number}") for number in range(50)))
        await it.clock.advance(1)
        assert it.session.state.logs.rate > 0
        await it.clock.advance(10)
        assert it.session.state.logs.rate == 0


async def test_the_same_services_in_another_order_keep_their_log() -> None:
    async with open_session() as it:
        it.fake.log.append(entry(it.clock, "kept"))
        it.session.select([ORDERS, BILLING])
        await it.clock.advance(2)
        opened_before = it.fake.calls["tail"]
        it.session.select([BILLING, ORDERS])
        await it.clock.advance(2)
        assert messages(it) == ["kept"]
        assert it.fake.calls["tail"] == opened_before


async def test_a_service_of_another_project_brings_the_log_of_the_first_back() -> None:
    settings = replace(SETTINGS, projects=(*SETTINGS.projects, "shop-dev"))
    async with open_session(settings) as it:
        it.fake.log.append(entry(it.clock, "kept"))
        it.session.select([ORDERS])
        await it.clock.advance(2)
        it.session.select([ORDERS, replace(BILLING, project="shop-dev")])
        await it.clock.advance(5)
        assert messages(it) == ["kept"]


async def test_a_refused_session_is_never_called_live() -> None:
    fake = FakeCloud()
    async with open_session(fake=fake) as it:
        seen: list[ConsoleState] = []
        it.session.subscribe(seen.append)
        it.session.select([ORDERS])
        for _ in range(600):
            for tail in tuple(fake.tails):
                tail.break_off(ErrorKind.QUOTA)
            await it.clock.advance(0.25)
        modes = {state.logs.mode for state in seen if state.logs.mode not in ("off", "starting")}
        assert modes == {"polling"}


async def test_a_mistake_while_polling_ends_nothing_else() -> None:
    fake = FakeCloud()
    fake.fail["tail"] = error(ErrorKind.UNSUPPORTED)
    async with open_session(fake=fake) as it:
        await tailed(it)
        fake.fail["page"] = ZeroDivisionError("a mistake")
        await it.clock.advance(30)
        assert it.session.state.logs.mode == "broken"
        del fake.fail["page"]
        reads = fake.calls["list_services"]
        await it.clock.advance(30)
        assert fake.calls["list_services"] > reads
        assert it.session.state.logs.mode == "polling"


async def test_how_far_the_log_is_behind_is_not_said_any_more_once_it_is_silent() -> None:
    async with open_session() as it:
        await tailed(it)
        await it.clock.advance(90)
        said = []
        for _ in range(2):
            it.fake.say(entry(it.clock, "one"))
            await it.clock.advance(1)
            said.append(it.session.state.logs.behind_s)
            await it.clock.advance(40)
            said.append(it.session.state.logs.behind_s)
        assert said == [0, None, 0, None]


async def test_a_tail_that_answers_at_once_catches_up_once_after_a_break() -> None:
    async with bare_tail() as bare:
        bare.server.queries.clear()
        bare.server.tails[0].end(ErrorKind.UNAVAILABLE)
        await bare.clock.advance(0)
        while not bare.server.tails:
            await bare.clock.advance(0.1)
        bare.server.say(entry(bare.clock, "heard"))
        await bare.clock.advance(15)
        assert len(bare.server.queries) == 1
