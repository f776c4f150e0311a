"""The log of the console: a tail, missed entries read back, and gaps for missing ones."""

from __future__ import annotations

import pytest
from msgspec.structs import astuple, replace

from cfconsole.domain.errors import ErrorKind
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.entries import Gap, GapReason, LogEntry, Severity, Suppression, TailBatch
from cfconsole.domain.logs.rows import Row
from cfconsole.domain.logs.times import to_ns
from cfconsole.session.logs.tail_policy import TailMode, next_tail_step
from cfconsole.session.state.console_state import ConsoleState
from tests.session.manual_clock import ManualClock
from tests.session.open_session import OpenSession, open_session
from tests.session.scripted import FakeCloud, error
from tests.session.shop import BILLING, CATALOG, ORDERS


def entry(clock: ManualClock, text: str, key: ServiceKey = ORDERS, method: str = "") -> LogEntry:
    project, region, name = astuple(key)
    log = "cloudaudit.googleapis.com/activity" if method else "run.googleapis.com/stdout"
    return LogEntry(
        to_ns(clock.now()), text, Severity.INFO, log, project, region, name, f"{name}-00042", text, method=method
    )


def rows(it: OpenSession) -> list[Row]:
    buffer = it.session.logs.buffer
    return [buffer.row(index) for index in range(len(buffer))]


def messages(it: OpenSession) -> list[str]:
    return [row.message for row in rows(it) if isinstance(row, LogEntry)]


async def tailed(it: OpenSession) -> None:
    it.session.select([ORDERS])
    await it.clock.advance(2)


async def test_the_newest_page_comes_first_and_then_what_is_new() -> None:
    async with open_session() as it:
        it.fake.log.append(entry(it.clock, "before"))
        await tailed(it)
        it.fake.say(entry(it.clock, "now"))
        await it.clock.advance(1)
        assert messages(it) == ["before", "now"]
        assert it.session.state.logs.mode == "live"
        assert len(it.fake.tails) == 1


async def test_a_moving_cursor_opens_no_tail_until_it_rests() -> None:
    async with open_session() as it:
        await it.clock.advance(2)
        before = it.fake.calls["tail"]
        for key in (ORDERS, BILLING, CATALOG, ORDERS, BILLING):
            it.session.select([key])
            await it.clock.advance(0.2)
        assert it.fake.calls["tail"] == before
        await it.clock.advance(1)
        assert it.fake.calls["tail"] == before + 1
        assert "billing" in it.fake.tails[0].query
        assert "orders-api" not in it.fake.tails[0].query


async def test_the_hourly_end_loses_nothing() -> None:
    async with open_session() as it:
        await tailed(it)
        it.fake.say(entry(it.clock, "one"))
        await it.clock.advance(10)
        it.fake.tails[0].break_off(ErrorKind.ENDED)
        it.fake.log.append(entry(it.clock, "meanwhile"))
        await it.clock.advance(1)
        it.fake.say(entry(it.clock, "two"))
        await it.clock.advance(1)
        assert messages(it) == ["one", "meanwhile", "two"]
        assert not [row for row in rows(it) if isinstance(row, Gap)]


async def test_a_break_that_can_not_be_filled_leaves_a_mark() -> None:
    async with open_session() as it:
        await tailed(it)
        it.fake.say(entry(it.clock, "one"))
        await it.clock.advance(10)
        it.fake.fail["page"] = error(ErrorKind.UNAVAILABLE)
        it.fake.tails[0].break_off(ErrorKind.UNAVAILABLE)
        await it.clock.advance(60)
        assert [row.reason for row in rows(it) if isinstance(row, Gap)] == [GapReason.DISCONNECTED]


async def test_a_second_break_before_the_first_is_filled_loses_nothing() -> None:
    async with open_session() as it:
        await tailed(it)
        it.fake.say(entry(it.clock, "one"))
        await it.clock.advance(10)
        it.fake.fail["page"] = error(ErrorKind.UNAVAILABLE)
        it.fake.tails[0].break_off(ErrorKind.ENDED)
        it.fake.log.append(entry(it.clock, "missed"))
        await it.clock.advance(2)
        it.fake.say(entry(it.clock, "two"))
        await it.clock.advance(1)
        it.fake.tails[0].break_off(ErrorKind.UNAVAILABLE)
        it.fake.fail.clear()
        await it.clock.advance(30)
        assert messages(it) == ["one", "missed", "two"]


async def test_suppressed_entries_are_counted_where_they_are_missing() -> None:
    async with open_session() as it:
        await tailed(it)
        suppressed = (Suppression(GapReason.RATE_LIMIT, 7),)
        it.fake.tails[0].send(TailBatch((entry(it.clock, "one"),), suppressed))
        await it.clock.advance(1)
        (gap,) = (row for row in rows(it) if isinstance(row, Gap))
        assert (gap.reason, gap.at_least) == (GapReason.RATE_LIMIT, 7)
        assert it.session.state.logs.lost == 7


async def test_without_a_free_session_pages_are_polled_and_the_tail_comes_back() -> None:
    fake = FakeCloud()
    fake.fail["tail"] = error(ErrorKind.QUOTA, "There are too many tail sessions open")
    async with open_session(fake=fake) as it:
        await tailed(it)
        it.fake.log.append(entry(it.clock, "polled"))
        await it.clock.advance(20)
        assert messages(it) == ["polled"]
        assert it.session.state.logs.mode == "polling"
        assert "too many tail sessions" in it.session.state.logs.sentence
        it.fake.fail.clear()
        await it.clock.advance(120)
        assert it.session.state.logs.mode == "live"
        assert it.fake.calls["page"] < 30


async def test_polling_keeps_to_the_read_quota() -> None:
    fake = FakeCloud()
    fake.fail["tail"] = error(ErrorKind.UNSUPPORTED)
    async with open_session(fake=fake) as it:
        await tailed(it)
        await it.clock.advance(300)
        assert it.fake.calls["page"] <= 5 + 10 * 5 + 1
        assert it.session.state.reads_per_minute <= 11


async def test_a_denied_read_is_reported_and_repeated_later() -> None:
    fake = FakeCloud()
    fake.fail["tail"] = error(ErrorKind.DENIED, "the permission logging.logEntries.list is missing")
    async with open_session(fake=fake) as it:
        await it.clock.advance(30)
        assert it.session.state.logs.mode == "broken"
        assert "logging.logEntries.list" in it.session.state.logs.sentence
        assert it.fake.calls["tail"] == 1


async def test_a_flood_moves_the_state_a_few_times_a_second() -> None:
    async with open_session() as it:
        await tailed(it)
        seen: list[ConsoleState] = []
        it.session.subscribe(seen.append)
        for number in range(200):
            it.fake.tails[0].send(TailBatch((entry(it.clock, f"entry {number}"),)))
            await it.clock.advance(0.01)
        await it.clock.advance(0.5)
        moved = {state.logs.version for state in seen}
        assert 4 <= len(moved) <= 12
        assert len(it.session.logs.buffer) == 200
        assert it.session.state.logs.rate > 20


async def test_an_audit_entry_reads_the_service_at_once() -> None:
    async with open_session() as it:
        await tailed(it)
        it.fake.change(it.fake.services[CATALOG])
        it.fake.say(entry(it.clock, "changed", CATALOG, "google.cloud.run.v2.Services.UpdateService"))
        await it.clock.advance(0)
        assert it.session.state.services[CATALOG].generation == 8
        assert messages(it) == []


async def test_an_entry_of_an_alert_has_the_alerts_read_at_once_and_only_once() -> None:
    async with open_session() as it:
        await tailed(it)
        before = it.fake.calls["alerts"]
        violation = replace(entry(it.clock, "opened"), log="monitoring.googleapis.com/ViolationOpenEventv1")
        it.fake.say(violation, violation)
        await it.clock.advance(0)
        assert it.fake.calls["alerts"] - before == 1


async def test_a_minimum_severity_is_asked_of_the_server() -> None:
    async with open_session() as it:
        await tailed(it)
        it.session.logs.set_min_severity(Severity.ERROR)
        await it.clock.advance(1)
        assert "severity>=ERROR" in it.fake.tails[0].query


async def test_leaving_gives_the_tail_session_back() -> None:
    async with open_session() as it:
        await tailed(it)
    assert it.fake.tails == []


@pytest.mark.parametrize(
    ("kind", "mode", "waits"),
    [
        (ErrorKind.ENDED, TailMode.STARTING, False),
        (ErrorKind.UNAVAILABLE, TailMode.STARTING, True),
        (ErrorKind.QUOTA, TailMode.POLLING, False),
        (ErrorKind.UNSUPPORTED, TailMode.POLLING, False),
        (ErrorKind.DENIED, TailMode.BROKEN, True),
        (ErrorKind.INVALID, TailMode.BROKEN, True),
    ],
)
def test_what_follows_on_an_end(kind: ErrorKind, mode: TailMode, waits: bool) -> None:
    step = next_tail_step(error(kind), 0, lived_s=3600.0)
    assert step.mode is mode
    assert (step.pause_s > 0) is waits


def test_failures_in_a_row_are_slowed_down() -> None:
    pauses, failures = [], 0
    for _ in range(8):
        step = next_tail_step(error(ErrorKind.UNAVAILABLE), failures, lived_s=0.1)
        failures = step.failures
        pauses.append(step.pause_s)
    assert pauses == sorted(pauses)
    assert pauses[-1] == 30.0
    assert next_tail_step(error(ErrorKind.UNAVAILABLE), failures, lived_s=60.0).pause_s == 1.0
