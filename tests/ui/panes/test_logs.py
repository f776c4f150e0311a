"""Stories of the log pane: it follows, pauses, filters and searches."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cfconsole.domain.logs.buffer import LogBuffer
from cfconsole.domain.logs.entries import Severity
from cfconsole.session.state.console_state import LogStatus
from cfconsole.ui.present.cells import plain
from cfconsole.ui.present.logs.title import LogTitleState, short_line, status_line
from tests.ui.running_console import SETTINGS, ConsoleDriver, running_console
from tests.ui.scripted import ScriptedSession
from tests.ui.shop import BILLING, ORDERS, entry, shop


def _log(*messages: str) -> LogBuffer:
    buffer = LogBuffer()
    buffer.add(entry(100 + at, Severity.INFO, text) for at, text in enumerate(messages))
    return buffer


def _visible(console: ConsoleDriver) -> list[str]:
    """The visible messages."""
    start = next(at for at, line in enumerate(console.lines) if "Logs" in line)
    rows = (line[1:-1].rstrip() for line in console.lines[start + 1 : -2])
    return [row[30:] for row in rows if row]


def _visible_rows(console: ConsoleDriver) -> list[str]:
    """The rows of the log."""
    start = next(at for at, line in enumerate(console.lines) if "Logs" in line)
    return [line[1:-1].rstrip() for line in console.lines[start + 1 : -2]]


async def _append(console: ConsoleDriver, *numbers: int) -> None:
    console.session.logs.buffer.add(entry(number, Severity.INFO, f"new {number}") for number in numbers)
    status = console.session.state.logs
    await console.arrive(replace(console.session.state, logs=replace(status, version=status.version + 1)))


async def test_follows_the_end() -> None:
    async with running_console() as console:
        await _append(console, 300, 301)
        assert _visible(console)[-2:] == ["new 300", "new 301"]


async def test_the_title_says_rate_loss_and_lag() -> None:
    async with running_console() as console:
        line = console.line_of("Logs orders-api ≥ INFO · following")
        assert "1,204/s · 0 lost ·   2.1 s behind" in line


async def test_a_gap_is_visible() -> None:
    async with running_console() as console:
        assert "≥ 120 entries not sent by Google (rate limit)" in console.text


async def test_a_paused_log_stays_in_place_when_late_and_new_rows_arrive() -> None:
    session = ScriptedSession(shop(), _log(*(f"line {at}" for at in range(40))))
    async with running_console(session=session) as console:
        await console.press("l", "s")
        assert "below" not in console.line_of("Logs orders-api")
        await console.press("ctrl-u", "ctrl-u", "ctrl-u")
        before = _visible(console)
        assert before[-1] == "line 33"
        await _append(console, 1, 2, 3, 500, 501)
        assert _visible(console) == before
        assert "paused · 8 below" in console.line_of("Logs orders-api")
        await console.press("G")
        assert _visible(console)[-1] == "new 501"
        assert "following" in console.line_of("Logs orders-api")


async def test_the_filter_shows_matches_and_esc_leaves_them_marked_in_context() -> None:
    session = ScriptedSession(shop(), _log("alpha", "beta", "gamma", "beta two", "delta"))
    async with running_console(session=session) as console:
        await console.press("l", "/")
        await console.type("beta")
        assert _visible(console) == ["beta", "beta two"]
        assert "/beta" in console.line_of("Logs orders-api")
        await console.press("enter", "esc")
        assert _visible(console) == ["alpha", "beta", "gamma", "beta two", "delta"]
        await console.press("N", "N")
        row = console.app.main.logs.chosen
        assert row is not None
        assert console.app.main.logs.copy_text().endswith("beta")
        await console.press("N")
        assert "No more matches in that direction" in console.text


async def test_an_inverse_filter() -> None:
    session = ScriptedSession(shop(), _log("alpha", "beta", "gamma"))
    async with running_console(session=session) as console:
        await console.press("l", "/")
        await console.type("!beta")
        assert _visible(console) == ["alpha", "gamma"]


async def test_a_bad_pattern_is_shown() -> None:
    async with running_console() as console:
        await console.press("l", "/")
        await console.type("(")
        assert "is not a regular expression" in console.lines[-2]


async def test_markup_in_messages_is_only_text() -> None:
    session = ScriptedSession(shop(), _log("[bold red]not markup[/] [link=x]y[/link]"))
    async with running_console(session=session) as console:
        assert _visible(console) == ["[bold red]not markup[/] [link=x]y[/link]"]


async def test_wrapping_shows_all_lines_of_a_message() -> None:
    session = ScriptedSession(shop(), _log("first\nsecond\nthird"))
    async with running_console(session=session) as console:
        assert _visible(console) == ["first  ⏎ 2 more"]
        await console.press("l", "w")
        assert _visible(console) == ["first", "second", "third"]


async def test_enter_opens_the_row_in_full() -> None:
    session = ScriptedSession(shop(), _log("first\nsecond"))
    async with running_console(session=session) as console:
        await console.press("l", "s", "enter")
        assert "log        run.googleapis.com/stderr" in console.text
        assert "second" in console.text
        await console.press("esc")
        assert "run.googleapis.com" not in console.text


@pytest.mark.parametrize("key", ["e", "E"])
async def test_the_newest_error_is_found_at_first(key: str) -> None:
    buffer = _log("fine", "fine", "fine")
    buffer.add([entry(number, Severity.ERROR, f"broken {number}") for number in (50, 60)])
    async with running_console(session=ScriptedSession(shop(), buffer)) as console:
        await console.press(key)
        assert console.app.main.logs.copy_text().endswith("broken 60")
        await console.press("e")
        assert "No more errors in that direction." in console.text
        await console.press("E")
        assert "No more errors in that direction." not in console.text
        assert console.app.main.logs.copy_text().endswith("broken 50")


async def test_the_minimum_severity_goes_to_the_session() -> None:
    async with running_console() as console:
        for key, severity, title in ((">", Severity.NOTICE, "≥ NOTE"), ("<", Severity.INFO, "≥ INFO")):
            await console.press(key)
            assert console.session.logs.min_severity is severity
            assert title in console.text


async def test_rows_of_several_services_name_their_service() -> None:
    state = replace(shop(), selected=(ORDERS, BILLING))
    async with running_console(session=ScriptedSession(state, _log("hello"))) as console:
        assert "Logs 2 services ≥ INFO" in console.text
        assert "INFO  orders-api 00042" in console.line_of("hello")


async def test_a_broken_tail_says_why() -> None:
    status = LogStatus("polling", sentence="Tailing is not allowed; reading every 6 s.")
    session = ScriptedSession(replace(shop(), logs=status), LogBuffer())
    async with running_console(session=session) as console:
        assert "Tailing is not allowed; reading every 6 s." in console.text
        assert "polling ·" in console.text


async def test_paints_are_paced_under_load() -> None:
    async with running_console(settings=replace(SETTINGS, frame_s=60.0)) as console:
        console.clock.advance(61)
        await _append(console, 300)
        assert _visible(console)[-1] == "new 300"
        await _append(console, 301)
        assert _visible(console)[-1] == "new 300"
        console.app.main.logs.catch_up()
        await console.settle()
        assert _visible(console)[-1] == "new 301"


async def test_the_log_can_be_cleared() -> None:
    async with running_console() as console:
        await console.press("ctrl-l")
        assert "Waiting for log lines…" in console.text


async def test_only_the_selected_services_are_shown_and_the_others_stay_in_memory() -> None:
    buffer = _log("of orders")
    buffer.add([entry(150, Severity.INFO, "of billing", BILLING)])
    async with running_console(session=ScriptedSession(shop(), buffer)) as console:
        assert _visible(console) == ["of orders"]
        await console.arrive(replace(console.session.state, selected=(BILLING,)))
        assert _visible(console) == ["of billing"]
        await console.arrive(replace(console.session.state, selected=(ORDERS,)))
        assert _visible(console) == ["of orders"]


async def test_a_subset_shows_entries_of_any_service() -> None:
    buffer = _log("alpha", "beta", "beta two")
    buffer.add([entry(150, Severity.DEBUG, "beta of billing", BILLING)])
    async with running_console(session=ScriptedSession(shop(), buffer)) as console:
        await console.press("l")
        console.app.main.logs.narrow_to(lambda row: "beta" in row.message, "group beta", buffer.key_at(1))
        await console.settle()
        assert [row.split(maxsplit=1)[1] for row in _visible(console)] == ["beta", "beta two", "beta of billing"]
        assert "Logs group beta · paused" in console.text
        assert console.app.main.logs.copy_text().endswith("beta")
        await console.press("esc")
        assert _visible(console) == ["alpha", "beta", "beta two"]
        assert console.app.main.logs.copy_text().endswith("beta")


async def test_less_severe_rows_are_hidden_and_come_back() -> None:
    buffer = _log("info")
    buffer.add([entry(300, Severity.NOTICE, "notice")])
    async with running_console(session=ScriptedSession(shop(), buffer)) as console:
        await console.press(">")
        assert _visible(console) == ["notice"]
        await console.press("<")
        assert _visible(console) == ["info", "notice"]


@pytest.mark.parametrize(
    ("room", "title"),
    [
        (
            99,
            "2 services · ≥ INFO · 5m · /time · filter a=1 · ages · paused · 9 below · 3 lost ·     - behind",
        ),
        (60, "2 services · ≥ INFO · /time · filter a=1 · paused · 3 lost"),
        (40, "/time · filter a=1 · paused · 3 lost"),
        (24, "/time · paused · 3 lost"),
        (6, "paused"),
    ],
)
def test_a_short_title_drops_its_least_important_parts(room: int, title: str) -> None:
    shown = LogTitleState("2 services", "INFO", "5m", "time", "a=1", "ages", following=False, below=9)
    words = plain(short_line(shown, LogStatus("live", rate=12, lost=3), room))
    assert words == title


def test_a_loss_of_nothing_is_dropped_before_the_filters() -> None:
    shown = LogTitleState("orders-api", range="5m", pattern="time")
    words = plain(short_line(shown, LogStatus("live", rate=12), 40))
    assert words == "orders-api · 5m · /time · following"


@pytest.mark.parametrize(
    ("shown", "title"),
    [
        (LogTitleState("orders-api", "ERROR"), "orders-api · ≥ ERROR · following"),
        (LogTitleState("api", query='textPayload:"unknown currency"'), "api · filter textPaylo… · following"),
    ],
)
def test_a_filtered_log_is_marked_next_to_the_tabs_of_80_columns(shown: LogTitleState, title: str) -> None:
    assert plain(short_line(shown, LogStatus("live", rate=12), 36)) == title


@pytest.mark.parametrize("mode", ["polling", "broken", "paused", "starting"])
def test_figures_that_no_tail_measures_are_not_shown(mode: str) -> None:
    words = plain(short_line(LogTitleState("api"), LogStatus(mode, rate=12, behind_s=0.2, sentence="because"), 99))
    assert words.endswith("-/s · 0 lost ·     - behind")


@pytest.mark.parametrize(("mode", "is_shown"), [("polling", True), ("broken", True), ("paused", True), ("live", False)])
async def test_the_reason_why_it_is_not_tailed_stands_below_the_rows(mode: str, is_shown: bool) -> None:
    async with running_console(session=ScriptedSession(shop(), _log(*(f"line {at}" for at in range(40))))) as console:
        status = LogStatus(mode, sentence="The permission logging.logEntries.list is missing")
        await console.arrive(replace(console.session.state, logs=status))
        assert ("logging.logEntries.list is missing" in _visible_rows(console)[-1]) is is_shown
        assert ("line 39" in _visible_rows(console)[-2]) is is_shown
        await console.press("l", "g")
        assert "line 0" in _visible_rows(console)[0]
        assert ("logging.logEntries.list is missing" in _visible_rows(console)[-1]) is is_shown


def test_a_tail_that_broke_is_reconnecting() -> None:
    assert plain(status_line(LogStatus("starting"))) == "starting…"
    broke = LogStatus("starting", sentence="reconnecting: Cloud Logging can't be reached.")
    assert plain(status_line(broke)) == "reconnecting…"
    assert "reconnecting" in plain(short_line(LogTitleState("orders-api"), broke, 80))


async def test_a_log_without_errors_has_a_sentence() -> None:
    async with running_console(session=ScriptedSession(shop(), _log("fine"))) as console:
        await console.press("e")
        assert "No errors in the shown log." in console.text
        assert "following" in console.line_of("Logs orders-api")
