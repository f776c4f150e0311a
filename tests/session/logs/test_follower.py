"""How commands read the past of a log and follow it: complete, in order, each entry once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import pytest
from msgspec.structs import replace

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.entries import Gap, GapReason, LogEntry, Severity
from cfconsole.domain.logs.filter import LogFilter, parse_filter
from cfconsole.domain.logs.query import QueryTooLong
from cfconsole.domain.logs.rows import Row
from cfconsole.domain.logs.times import NS, to_ns
from cfconsole.session.logs.follower import LogFollower
from cfconsole.session.logs.read_budget import BURST, ReadBudget
from cfconsole.session.logs.reader import PAGE, SEARCHED_PAGES, LogQuery, LogReader, PastLog, combined_expression
from cfconsole.session.watch.supervisor import CredentialsGate
from tests.session.logs.log_server import SESSIONS, LogServer
from tests.session.manual_clock import ManualClock
from tests.session.scripted import error
from tests.session.shop import BILLING, ORDERS

ELSEWHERE = ServiceKey("elsewhere", "us-central1", "ledger")


class FollowedLogs:
    """A command that reads and follows; `out` is what it printed, `reports` are its sentences about the stream."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.server = LogServer(self.clock)
        self.budgets = {project: ReadBudget(self.clock) for project in (ORDERS.project, ELSEWHERE.project)}
        self.out: list[Row] = []
        self.reports: list[str] = []
        self.waits: list[float] = []
        self.reads_on = True

    def entry(self, message: str, back_s: float = 0.0, key: ServiceKey = ORDERS) -> LogEntry:
        at = to_ns(self.clock.now()) - int(back_s * NS)
        log = "run.googleapis.com/stderr"
        return LogEntry(
            at, message, Severity.INFO, log, key.project, key.region, key.name, f"{key.name}-00042", message
        )

    def question(self, keys: tuple[ServiceKey, ...] = (ORDERS,), limit: int = PAGE, pattern: str = "") -> LogQuery:
        now_ns = to_ns(self.clock.now())
        log_filter = parse_filter(pattern, services=keys)
        assert isinstance(log_filter, LogFilter)
        return LogQuery(keys, now_ns - 3600 * NS, now_ns, log_filter.accepts, bool(pattern), limit=limit)

    async def read(self, question: LogQuery) -> PastLog:
        return await LogReader(self.server, self.clock, self.budgets, self.waits.append).read(question)

    def takes(self, rows: Sequence[Row]) -> bool:
        self.out.extend(rows)
        return self.reads_on

    @property
    def follower(self) -> LogFollower:
        gate = CredentialsGate()
        return LogFollower(self.server, self.clock, self.budgets, gate, lambda: 1.0, self.reports.append, self.takes)

    @property
    def messages(self) -> list[str]:
        return messages(self.out)

    @property
    def gaps(self) -> list[Gap]:
        return [row for row in self.out if isinstance(row, Gap)]


def messages(rows: Sequence[Row]) -> list[str]:
    return [row.message for row in rows if isinstance(row, LogEntry)]


@contextlib.asynccontextmanager
async def following(
    logs: FollowedLogs, keys: tuple[ServiceKey, ...] = (ORDERS,), limit: int = PAGE
) -> AsyncIterator[None]:
    question = logs.question(keys, limit)
    past = await logs.read(question)
    logs.takes(past.rows)
    task = asyncio.create_task(logs.follower.follow(question, past))
    try:
        await logs.clock.advance(2)
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert logs.server.tails == []


async def test_the_newest_are_read_and_come_oldest_first() -> None:
    logs = FollowedLogs()
    logs.server.keep(*(logs.entry(f"m{back}", back) for back in range(5)), logs.entry("too old", 4000))
    past = await logs.read(logs.question(limit=3))
    gap, *rest = past.rows
    assert messages(rest) == ["m2", "m1", "m0"]
    assert isinstance(gap, Gap)
    assert (gap.reason, gap.at_least, gap.to_ns) == (GapReason.NOT_READ, 1, rest[0].order[0])
    assert messages((await logs.read(logs.question())).rows) == ["m4", "m3", "m2", "m1", "m0"]


async def test_projects_are_merged_and_cut_together() -> None:
    logs = FollowedLogs()
    logs.server.keep(*(logs.entry(f"a{back}", back) for back in (1, 3)))
    logs.server.keep(*(logs.entry(f"b{back}", back, ELSEWHERE) for back in (2, 4)))
    past = await logs.read(logs.question((ORDERS, ELSEWHERE), limit=3))
    assert messages(past.rows) == ["a3", "b2", "a1"]
    assert [type(row) for row in past.rows[:1]] == [Gap]


async def test_a_project_that_can_not_be_read_is_named_and_leaves_a_gap() -> None:
    logs = FollowedLogs()
    logs.server.keep(logs.entry("here"))
    logs.server.page_errors = [error(ErrorKind.DENIED, "refused")]
    past = await logs.read(logs.question((ORDERS, ELSEWHERE)))
    assert list(past.failed) == ["elsewhere"]
    assert [row.services for row in past.rows if isinstance(row, Gap)] == [(ELSEWHERE,)]
    assert messages(past.rows) == ["here"]


async def test_where_nothing_can_be_read_the_error_is_raised() -> None:
    logs = FollowedLogs()
    logs.server.page_errors = [error(ErrorKind.CREDENTIALS)]
    with pytest.raises(CloudError):
        await logs.read(logs.question())


async def test_a_read_that_breaks_off_keeps_what_it_has() -> None:
    logs = FollowedLogs()
    logs.server.keep(*(logs.entry(f"m{back}", back / 10) for back in range(PAGE + 1)))
    reading = asyncio.create_task(logs.read(logs.question(limit=2 * PAGE)))
    logs.server.answers_after_s = 1
    await logs.clock.advance(1)
    logs.server.page_errors = [error(ErrorKind.UNAVAILABLE)]
    await logs.clock.advance(1)
    past = await reading
    assert len(messages(past.rows)) == PAGE
    assert list(past.failed) == [ORDERS.project]
    assert isinstance(past.rows[0], Gap)


async def test_a_search_looks_through_pages_within_the_quota_and_gives_up_with_a_mark() -> None:
    logs = FollowedLogs()
    step_s = 3600 / (PAGE * (SEARCHED_PAGES + 2))
    logs.server.keep(*(logs.entry(f"m{n}", n * step_s) for n in range(PAGE * (SEARCHED_PAGES + 1))))
    reading = asyncio.create_task(logs.read(logs.question(pattern="nowhere")))
    await logs.clock.advance(1)
    assert len(logs.server.queries) == BURST
    assert logs.waits == [6.0]
    await logs.clock.advance(6 * SEARCHED_PAGES)
    past = await reading
    assert len(logs.server.queries) == SEARCHED_PAGES
    assert [type(row) for row in past.rows] == [Gap]


async def test_a_filter_that_is_too_long_says_so_before_anything_is_read() -> None:
    logs = FollowedLogs()
    with pytest.raises(QueryTooLong):
        await logs.read(replace(logs.question(), expression="x" * 20_000))
    assert logs.server.queries == []


def test_severity_and_expression_narrow_together() -> None:
    assert combined_expression(Severity.DEFAULT, "") == ""
    assert combined_expression(Severity.ERROR, " ") == "severity>=ERROR"
    assert combined_expression(Severity.DEFAULT, "a OR b") == "a OR b"
    assert combined_expression(Severity.ERROR, "a OR b -- why\n") == "severity>=ERROR AND (\na OR b -- why\n)"


async def test_the_past_is_followed_by_what_comes_each_entry_once() -> None:
    logs = FollowedLogs()
    logs.server.keep(logs.entry("past", 5))
    async with following(logs):
        logs.server.say(logs.entry("now"))
        await logs.clock.advance(15)
        assert logs.messages == ["past", "now"]
        assert logs.gaps == []
        assert logs.reports == []


async def test_what_was_written_between_the_read_and_the_tail_comes_too() -> None:
    logs = FollowedLogs()
    question = logs.question()
    past = await logs.read(question)
    logs.server.keep(logs.entry("between"))
    following = asyncio.create_task(logs.follower.follow(question, past))
    await logs.clock.advance(2)
    assert logs.messages == ["between"]
    logs.reads_on = False
    await logs.clock.advance(1)
    await following


async def test_entries_older_than_what_the_limit_left_stay_out() -> None:
    logs = FollowedLogs()
    logs.server.keep(*(logs.entry(f"m{back}", back) for back in range(5)))
    async with following(logs, limit=2):
        await logs.clock.advance(15)
        assert logs.messages == ["m1", "m0"]
        assert len(logs.gaps) == 1


async def test_entries_of_one_moment_wait_for_late_ones_and_come_in_order() -> None:
    logs = FollowedLogs()
    async with following(logs, (ORDERS, BILLING)):
        late = logs.entry("late", key=BILLING)
        await logs.clock.advance(0.1)
        logs.server.say(logs.entry("punctual"))
        logs.server.say(late)
        assert logs.messages == []
        await logs.clock.advance(1.5)
        assert logs.messages == ["late", "punctual"]


async def test_a_broken_stream_is_filled_and_reported_once() -> None:
    logs = FollowedLogs()
    async with following(logs):
        logs.server.say(logs.entry("one"))
        await logs.clock.advance(10)
        logs.server.tails[0].end(ErrorKind.UNAVAILABLE)
        logs.server.keep(logs.entry("missed"))
        await logs.clock.advance(10)
        logs.server.say(logs.entry("two"))
        await logs.clock.advance(30)
        assert logs.messages == ["one", "missed", "two"]
        assert logs.gaps == []
        assert [report.partition(": ")[2].split(":")[0] for report in logs.reports] == [
            "reconnecting",
            "live again.",
        ]


async def test_without_a_free_session_it_polls_and_says_so_once() -> None:
    logs = FollowedLogs()
    logs.server.others = SESSIONS
    async with following(logs):
        for number in range(3):
            logs.server.say(logs.entry(f"m{number}"))
            await logs.clock.advance(15)
        assert logs.messages == ["m0", "m1", "m2"]
        assert len(logs.reports) == 1
        assert "polling" in logs.reports[0]


async def test_what_google_left_out_is_a_gap() -> None:
    logs = FollowedLogs()
    async with following(logs):
        logs.server.suppress(7)
        await logs.clock.advance(2)
        assert [(gap.reason, gap.at_least) for gap in logs.gaps] == [(GapReason.RATE_LIMIT, 7)]


async def test_a_read_that_fails_after_a_break_is_a_gap() -> None:
    logs = FollowedLogs()
    async with following(logs):
        logs.server.say(logs.entry("one"))
        await logs.clock.advance(15)
        logs.server.page_errors = [error(ErrorKind.UNAVAILABLE) for _ in range(20)]
        logs.server.tails[0].end(ErrorKind.UNAVAILABLE)
        await logs.clock.advance(90)
        assert GapReason.DISCONNECTED in {gap.reason for gap in logs.gaps}


async def test_when_nothing_more_is_taken_the_session_is_closed() -> None:
    logs = FollowedLogs()
    question = logs.question()
    following = asyncio.create_task(logs.follower.follow(question, await logs.read(question)))
    await logs.clock.advance(2)
    assert len(logs.server.tails) == 1
    logs.reads_on = False
    await logs.clock.advance(1)
    await following
    assert logs.server.tails == []


async def test_of_a_project_that_could_not_be_read_the_newest_entries_are_read_again() -> None:
    logs = FollowedLogs()
    logs.server.keep(logs.entry("here", 60), logs.entry("there", 50, ELSEWHERE))
    logs.server.page_errors = [error(ErrorKind.UNAVAILABLE)]
    async with following(logs, (ORDERS, ELSEWHERE)):
        assert logs.messages == ["here", "there"]
