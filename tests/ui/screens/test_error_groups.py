"""Stories of the error groups: the first error of an incident, its trace and its revision within a few keys."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cfconsole.domain.logs.buffer import LogBuffer
from cfconsole.domain.logs.entries import LogEntry, Request, Severity
from cfconsole.ui.screens.error_groups import SLICE, ErrorGroupsScreen
from tests.ui.running_console import ConsoleDriver, running_console
from tests.ui.scripted import ScriptedSession
from tests.ui.shop import BILLING, NOW_NS, ORDERS, entry, shop

MINUTE = 60_000_000_000
TRACE = "0af7651916cd43dd8448eb211c80319c"
TRACEBACK = """Traceback (most recent call last):
  File "/app/orders/price.py", line 42, in convert
    raise ValueError(code)
ValueError: unknown currency 'XTS'"""


def at(minutes: float, message: str, severity: Severity = Severity.ERROR, revision: int = 42) -> LogEntry:
    """An entry of `orders-api`, that many minutes ago; 00042 was deployed six minutes ago."""
    moment = NOW_NS - int(minutes * MINUTE)
    named = replace(entry(0, severity, message), timestamp_ns=moment, insert_id=f"{message}{moment}")
    return replace(named, revision=f"{ORDERS.name}-{revision:05}")


def failed(minutes: float) -> LogEntry:
    request = Request("POST", f"/orders/{int(minutes * 100)}", 500, 3_400.0)
    return replace(at(minutes, "500 POST /orders 3.4 s"), request=request, log="run.googleapis.com/requests")


INCIDENT = (
    *(at(20 - n / 10, f"200 GET /orders/{n} 38 ms", Severity.INFO, 41) for n in range(100)),
    *(at(15 - n / 2, f"cache shard {n} is slow", revision=41) for n in range(12)),
    *(failed(5 - n / 10) for n in range(30)),
    replace(at(5, TRACEBACK), trace=TRACE),
    *(at(4.9 - n / 10, TRACEBACK) for n in range(29)),
    at(2, "cache shard 3 is slow"),
)


def incident(*more: LogEntry) -> ScriptedSession:
    log = LogBuffer()
    log.add((*INCIDENT, *more))
    return ScriptedSession(shop(), log)


def listed(console: ConsoleDriver) -> list[str]:
    """The rows of the list."""
    lines = [line[1:].partition("│")[0].rstrip() for line in console.lines]
    head = next(number for number, line in enumerate(lines) if "COUNT" in line)
    return lines[head + 1 : next(number for number in range(head + 1, 99) if not lines[number])]


def said(console: ConsoleDriver) -> str:
    """The rows below the list as running text."""
    lines = [line.partition("│")[2].partition("│")[0].strip() for line in console.lines]
    return " ".join(filter(None, lines))


async def tick(console: ConsoleDriver, *entries: LogEntry) -> None:
    """A second passes, in which entries came."""
    console.session.logs.buffer.add(entries)
    screen = console.app.screen
    assert isinstance(screen, ErrorGroupsScreen)
    screen.tick()
    await console.settle()


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_errors_are_listed_new_ones_first(size: tuple[int, int]) -> None:
    async with running_console(session=incident(), size=size) as console:
        await console.press("x")
        assert "Error groups 3 · orders-api · log since 11:43:41" in console.text
        trace, requests, cache = listed(console)
        assert trace.split()[:5] == ["NEW", "30", "11:58:41", "2m", "00042"]
        assert "ValueError in convert (orders/price" in trace
        assert requests.split()[:5] == ["NEW", "30", "11:58:41", "2m", "00042"]
        assert requests.endswith("5xx POST /orders/#")
        assert cache.split()[:4] == ["13", "11:48:41", "1m", "00041"]
        assert "Began on 00042 at 11:58:41 UTC, 4m ago. New: not seen before 00042 was deployed" in said(console)
        assert "ValueError: unknown currency 'XTS'" in console.text


async def test_three_keys_from_the_sick_service_to_the_first_error_its_trace_and_its_revision() -> None:
    session = incident()
    session.traces[TRACE] = (at(5, TRACEBACK), failed(5))
    async with running_console(session=session) as console:
        await console.press("x", "enter")
        row = console.app.main.logs.chosen
        assert isinstance(row, LogEntry)
        assert (row.timestamp_ns, row.message, row.revision) == (NOW_NS - 5 * MINUTE, TRACEBACK, "orders-api-00042")
        assert "ValueError in convert (orders/price" in console.line_of("Logs ")
        assert "cache shard" not in console.text
        await console.press("enter")
        for words in ("11:58:41", "orders-api-00042", TRACE, "raise ValueError(code)", "500 POST"):
            assert words in console.text
        await console.press("esc", "esc")
        await console.press("g")
        assert "200 GET /orders/0 38 ms" in console.text


async def test_a_narrowed_log_says_so_in_80_columns_too() -> None:
    async with running_console(session=incident(), size=(80, 24)) as console:
        await console.press("x", "enter")
        assert "ValueError in conve… · paused · 0 lost" in console.lines[1]


async def test_without_the_log_of_the_time_before_nothing_is_called_new() -> None:
    log = LogBuffer()
    log.add([at(5, "no price for order 7"), at(4, "no price for order 8")])
    async with running_console(session=ScriptedSession(shop(), log)) as console:
        await console.press("x")
        (row,) = listed(console)
        assert row.split()[:2] == ["NEW?", "2"]
        assert "Possibly new: the log starts after 00042 was deployed at 11:57:41; a longer range" in said(console)


async def test_an_error_without_a_revision_shows_none() -> None:
    log = LogBuffer()
    log.add([replace(at(5, ""), revision="")])
    async with running_console(session=ScriptedSession(shop(), log)) as console:
        await console.press("x")
        assert listed(console)[0].split()[-3:] == ["-", "(no", "text)"]
        assert "Began on no revision" in said(console)


async def test_an_old_error_says_so() -> None:
    async with running_console(session=incident()) as console:
        await console.press("x", "G")
        assert "Began on 00041 at 11:48:41 UTC, 14m ago. Not new: seen before 00042 was deployed at" in said(console)
        assert "cache shard 0 is slow" in console.text


async def test_a_service_that_was_never_read_has_groups_without_a_verdict() -> None:
    async with running_console(replace(shop(), revisions={}), session=None) as console:
        await console.press("x")
        assert "Began on 00042" in console.text
        assert "deployed at" not in console.text


async def test_the_order_holds_still_after_a_key_and_the_cursor_stays_on_its_group() -> None:
    async with running_console(session=incident()) as console:
        await console.press("x", "j")
        before = [row.split()[-1] for row in listed(console)]
        await tick(console, *(at(1 - n / 100, "out of memory") for n in range(50)))
        assert [row.split()[-1] for row in listed(console)] == [*before, "memory"]
        console.clock.advance(60)
        await tick(console)
        assert listed(console)[0].endswith("out of memory")
        assert listed(console)[2].split()[2] == "11:58:41"
        await console.press("enter")
        assert "5xx POST /orders/#" in console.line_of("Logs ")


async def test_the_order_holds_still_while_the_list_is_first_read() -> None:
    async with running_console(session=incident()) as console:
        await console.press("x")
        await tick(console, *(at(1 - n / 100, "out of memory") for n in range(50)))
        assert listed(console)[-1].endswith("out of memory")
        console.clock.advance(60)
        await tick(console)
        assert listed(console)[0].endswith("out of memory")


async def test_counts_and_ages_stay_live() -> None:
    async with running_console(session=incident()) as console:
        await console.press("x")
        console.clock.advance(30)
        await tick(console, at(-0.5, TRACEBACK))
        assert listed(console)[0].split()[:4] == ["NEW", "31", "11:58:41", "0s"]


async def test_groups_of_several_services_name_them() -> None:
    other = replace(at(1, "no invoice"), service=BILLING.name, revision="billing-00011")
    session = incident(other, replace(at(1, "hidden"), service="cart"))
    session.state = replace(session.state, selected=(ORDERS, BILLING))
    async with running_console(session=session) as console:
        await console.press("x")
        assert "Error groups 4 · orders-api +1" in console.text
        assert next(row for row in listed(console) if "no invoice" in row).split()[-3:] == ["billing", "no", "invoice"]
        assert "hidden" not in "".join(listed(console))


async def test_without_a_selection_all_services_are_listed() -> None:
    session = incident(replace(at(1, "no seat"), service="cart"))
    session.state = replace(session.state, selected=())
    async with running_console(session=session) as console:
        await console.press("x")
        assert "Error groups 4 · all services" in console.text


async def test_too_many_kinds_are_counted_together_and_can_be_read() -> None:
    session = incident(*(at(3, "kind " + "x" * n) for n in range(1, 500)))
    async with running_console(session=session) as console:
        await console.press("x", "G")
        shown = listed(console)[-1]
        kinds = int(shown.split()[-5])
        assert shown.endswith("other kinds of errors")
        assert kinds > 100
        assert f"{kinds} kinds of rare errors, counted together." in console.text
        await console.press("enter")
        row = console.app.main.logs.chosen
        assert isinstance(row, LogEntry)
        assert row.message.startswith("kind ")


async def test_a_long_log_is_looked_through_in_slices() -> None:
    session = incident(*(at(10 - n / 1_000, f"slow {n}") for n in range(3 * SLICE)))
    async with running_console(session=session) as console:
        await console.press("x")
        while "Searching the log…" in console.text:
            await console.settle()
        assert f"{3 * SLICE:,}" in next(row for row in listed(console) if row.endswith("slow #"))
        assert listed(console)[0].split()[0] == "NEW"


async def test_rows_that_come_while_others_are_looked_at_do_not_move_the_cursor() -> None:
    async with running_console(session=incident()) as console:
        await console.press("x", "j")
        await tick(console, *(at(1 - n / 10_000, f"out of memory {n}") for n in range(2 * SLICE)))
        while f"{2 * SLICE:,}" not in console.text:
            await console.settle()
        await console.press("enter")
        assert "5xx POST /orders/#" in console.line_of("Logs ")


async def test_no_errors_is_a_sentence() -> None:
    log = LogBuffer()
    async with running_console(session=ScriptedSession(shop(), log)) as console:
        await console.press("x")
        assert "The log is empty so far. Errors appear here as they arrive." in console.text
        await tick(console, at(1, "200 GET / 2 ms", Severity.INFO))
        assert "No errors in the log of orders-api." in console.text
        assert "Error groups · orders-api · log since 12:02:41" in console.text
        await console.press("enter", "c", "j")
        await tick(console, at(0.5, "no price"))
        assert "no price" in "".join(listed(console))


async def test_a_group_is_copied() -> None:
    async with running_console(session=incident()) as console:
        await console.press("x", "c")
        for words in (
            "ValueError in convert (orders/price.py)\ncount      30\nfirst      2026-03-14T11:58:41.221Z\n",
            "service    shop-prod/us-central1/orders-api\nrevisions  orders-api-00042\nBegan on 00042",
            "raise ValueError(code)",
        ):
            assert words in console.app.clipboard
        assert "Copied" in console.text


@pytest.mark.parametrize("key", ["esc", "q", "x"])
async def test_it_closes_and_leaves_the_log_as_it_was(key: str) -> None:
    async with running_console(session=incident()) as console:
        await console.press("x", key)
        assert not isinstance(console.app.screen, ErrorGroupsScreen)
        assert console.app.main.logs.window.following


async def test_entries_that_fell_out_of_the_log_are_not_pretended() -> None:
    log = LogBuffer(max_entries=3)
    log.add([at(5, "no price")])
    async with running_console(session=ScriptedSession(shop(), log)) as console:
        await console.press("x")
        await tick(console, *(at(1 - n / 10, "fine", Severity.INFO) for n in range(6)))
        assert listed(console)[0].split()[1] == "1"
        await console.press("enter")
        assert "These entries are no longer in the log." in console.text
