"""Stories of reading the log: times, ranges, expressions, files, one entry in full and its trace."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.logs.buffer import LogBuffer
from cfconsole.domain.logs.entries import LogEntry, Severity
from cfconsole.store.exports import save_lines
from cfconsole.ui.settings import ScreenSettings
from tests.ui.running_console import SETTINGS, ConsoleDriver, running_console
from tests.ui.scripted import ScriptedSession
from tests.ui.shop import BILLING, ORDERS, entry, shop

NS = 1_000_000_000


def _aged(*ages_s: int) -> LogBuffer:
    """A log of entries that say how many seconds old they are."""
    newest = entry(200, Severity.INFO, "")
    buffer = LogBuffer()
    buffer.add(
        replace(newest, timestamp_ns=newest.timestamp_ns - age * NS, insert_id=str(age), message=f"{age} s old")
        for age in ages_s
    )
    return buffer


ROW = re.compile(r"│ (?P<time>[\d:.]{12}|[ \d]+\w ago) (?P<severity>[A-Z]+) +(?P<revision>\d{5}) +(?P<message>.*?) *│")
"""A line of the log as the pane shows it."""


def _messages(console: ConsoleDriver) -> list[str]:
    """What the log shows, top to bottom."""
    return [row["message"] for row in map(ROW.fullmatch, console.lines) if row]


@pytest.mark.parametrize(
    ("key", "label", "seconds", "ages"),
    [("2", "1m", 60, [30]), ("3", "5m", 300, [200, 30]), ("6", "1h", 3600, [1000, 200, 30])],
    ids=["a minute", "five minutes", "an hour"],
)
async def test_a_range_shows_what_is_not_older_and_reads_that_far_back(
    key: str, label: str, seconds: float, ages: list[int]
) -> None:
    session = ScriptedSession(shop(), _aged(7000, 4000, 1000, 200, 30))
    async with running_console(session=session) as console:
        await console.press(key)
        assert f"Logs orders-api ≥ INFO · {label} · following" in console.text
        assert session.logs.range_s == seconds
        assert _messages(console) == [f"{age} s old" for age in ages]
        await console.press("0")
        assert "Logs orders-api ≥ INFO · following" in console.text
        assert _messages(console) == ["7000 s old", "4000 s old", "1000 s old", "200 s old", "30 s old"]


async def test_the_oldest_line_is_one_key_away() -> None:
    session = ScriptedSession(shop(), _aged(*range(100)))
    async with running_console(session=session) as console:
        await console.press("1")
        assert _messages(console)[0] == "99 s old"
        assert console.app.main.logs.copy_text().endswith("99 s old")


async def test_a_range_without_lines_says_so() -> None:
    async with running_console(session=ScriptedSession(shop(), _aged(4000))) as console:
        await console.press("6")
        assert "No entries in the last 1h. Press 0 to show all times." in console.text


async def test_times_are_written_in_three_ways_of_one_width_each() -> None:
    settings = replace(SETTINGS, local_offset=lambda moment: timedelta(hours=5, minutes=30))
    async with running_console(settings=settings, session=ScriptedSession(shop(), _aged(4000, 30))) as console:
        assert console.line_of("30 s old").startswith("│ 12:03:11.221 INFO  00042     ")
        await console.press("t")
        assert console.line_of("30 s old").startswith("│ 17:33:11.221 INFO  00042     ")
        assert "Logs orders-api ≥ INFO · local · following" in console.text
        await console.press("t")
        assert console.line_of("30 s old").startswith("│  29s ago INFO  00042     ")
        assert console.line_of("4000 s old").startswith("│   1h ago INFO  00042     ")
        await console.wait(10)
        assert console.line_of("30 s old").startswith("│  39s ago INFO  00042     ")
        await console.press("t")
        assert console.line_of("30 s old").startswith("│ 12:03:11.221 INFO  00042     ")


async def test_the_log_takes_the_whole_screen_and_gives_it_back() -> None:
    async with running_console() as console:
        await console.press("f")
        assert "REVISION" not in console.text
        assert "┄ ≥ 120 entries not sent by Google (rate limit)" in console.text
        assert len(_messages(console)) == 40 - 1 - 4, "with the one gap, all but the head, the frame and the keys"
        await console.press("f")
        assert "REVISION" in console.text


async def test_an_expression_is_set_shown_and_removed() -> None:
    async with running_console() as console:
        await console.press(":")
        await console.type("filter severity=ERROR")
        await console.press("enter")
        assert console.session.logs.query == "severity=ERROR"
        assert "filter severity=ERROR" in console.line_of("Logs orders-api")
        await console.press(":")
        await console.type("filter")
        await console.press("enter")
        assert console.session.logs.query == ""


async def test_a_refused_expression_is_said_and_the_old_one_stays() -> None:
    async with running_console() as console:
        console.session.logs.query = "severity=ERROR"
        console.session.logs.refusal = "Google can't read this filter: unparseable at 3."
        await console.press(":")
        await console.type("filter ((")
        await console.press("enter")
        assert "Google can't read this filter: unparseable at 3." in console.lines[-2]
        assert "filter severity=ERROR" in console.line_of("Logs orders-api")


async def test_what_was_typed_last_comes_back() -> None:
    async with running_console() as console:
        await console.press(":")
        await console.type("filter ((")
        await console.press("enter", ":", "up")
        assert console.lines[-1].startswith(" :filter ((")


async def test_a_good_pattern_removes_the_complaint_about_the_bad_one() -> None:
    async with running_console() as console:
        await console.press("l", "/")
        await console.type("(")
        assert "is not a regular expression" in console.lines[-2]
        await console.type("a)")
        assert "is not a regular expression" not in console.lines[-2]


def _keeping(folder: Path) -> ScreenSettings:
    def keep(name: str, lines: Iterable[str], replace: bool) -> str:
        return save_lines(folder, folder, name, lines, replace)

    return replace(SETTINGS, save_lines=keep)


async def _save(console: ConsoleDriver, command: str) -> None:
    await console.press(":")
    await console.type(command)
    await console.press("enter")
    await console.app.workers.wait_for_complete()
    await console.settle()


async def test_what_the_filter_shows_is_saved_as_text(tmp_path: Path) -> None:
    async with running_console(
        settings=_keeping(tmp_path), session=ScriptedSession(shop(), _aged(30, 20, 10))
    ) as console:
        await console.press("l", "/")
        await console.type("[13]0 s")
        await console.press("enter")
        await _save(console, "save out.log")
        assert f"2 rows written to {tmp_path / 'out.log'}" in console.lines[-2]
        lines = (tmp_path / "out.log").read_text().splitlines()
        assert [line.split("00042 ")[1] for line in lines] == ["30 s old", "10 s old"]


async def test_a_name_in_json_gets_json_lines_and_no_file_is_replaced_unasked(tmp_path: Path) -> None:
    async with running_console(settings=_keeping(tmp_path), session=ScriptedSession(shop(), _aged(30, 20))) as console:
        (tmp_path / "out.json").write_text("mine")
        await _save(console, "save out.json")
        assert "out.json already exists; use :save! out.json to overwrite it." in console.lines[-2]
        assert (tmp_path / "out.json").read_text() == "mine"
        await _save(console, "save! out.json")
        rows = [json.loads(line) for line in (tmp_path / "out.json").read_text().splitlines()]
        assert [row["message"] for row in rows] == ["30 s old", "20 s old"]


async def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    async with running_console(settings=_keeping(tmp_path)) as console:
        await _save(console, "save nowhere/out.log")
        assert "Can't write nowhere/out.log: No such file or directory." in console.lines[-2]
        await _save(console, "save")
        assert "Usage: :save FILE" in console.lines[-2]


def _traced() -> tuple[LogEntry, ...]:
    request = replace(entry(10, Severity.INFO, "200 POST /orders"), trace="t1")
    failure = replace(entry(20, Severity.ERROR, "ValueError: XTS"), trace="t1", payload='{"code":"XTS","deep":{"a":1}}')
    other = replace(entry(30, Severity.WARNING, "charge refused", BILLING), trace="t1", revision="billing-00011")
    return request, failure, other


async def _at_failure(console: ConsoleDriver) -> None:
    await console.press("e", "enter")
    await console.app.workers.wait_for_complete()
    await console.settle()


async def test_an_entry_in_full_with_its_trace_across_services() -> None:
    buffer = LogBuffer()
    buffer.add(_traced()[:2])
    session = ScriptedSession(shop(), buffer)
    session.traces["t1"] = _traced()
    async with running_console(session=session) as console:
        await _at_failure(console)
        assert "Trace · 3 log lines of 2 services" in console.text
        assert '"deep": {' in console.text
        assert "orders-api · us-central1 · shop-prod" in console.text
        await console.press("c")
        assert '  "code": "XTS"' in console.app.clipboard
        await console.press("tab", "enter")
        assert "severity   WARNING" in console.text
        assert "billing · us-central1 · shop-prod" in console.text
        await console.press("tab", "enter")
        assert "severity   INFO" in console.text
        await console.press("esc")
        assert "Trace ·" not in console.text


async def test_a_trace_that_cannot_be_read_says_why() -> None:
    buffer = LogBuffer()
    buffer.add(_traced()[1:2])
    session = ScriptedSession(shop(), buffer)
    session.traces["t1"] = CloudError(ErrorKind.QUOTA, "The project's log reads are used up; try again in a minute.")
    async with running_console(session=session) as console:
        await _at_failure(console)
        assert "? Its trace: The project's log reads are used up" in console.text


async def test_a_huge_entry_opens_and_scrolls_to_its_end() -> None:
    buffer = LogBuffer()
    buffer.add([entry(20, Severity.ERROR, "x" * 262_144 + "end of it")])
    async with running_console(session=ScriptedSession(shop(), buffer)) as console:
        await console.press("e", "enter", "G")
        assert "Not part of a trace." in console.text
        assert "end of it" in console.text


async def test_the_head_of_a_traceback_is_its_error() -> None:
    trace = 'Traceback (most recent call last):\n  File "a.py", line 3\nValueError: XTS'
    buffer = LogBuffer()
    buffer.add([entry(20, Severity.ERROR, trace), entry(30, Severity.INFO, "y" * 400 + "\nmore")])
    async with running_console(session=ScriptedSession(shop(), buffer)) as console:
        assert "ValueError: XTS  ⏎ 2 more" in console.text
        assert "y…  ⏎ 1 more" in console.text


async def test_services_of_one_name_are_told_apart_by_region() -> None:
    elsewhere = replace(ORDERS, region="europe-west1")
    buffer = LogBuffer()
    buffer.add([entry(20, Severity.INFO, "one"), entry(30, Severity.INFO, "two", elsewhere)])
    state = replace(shop(), selected=(ORDERS, elsewhere))
    async with running_console(session=ScriptedSession(state, buffer)) as console:
        assert "orders-api us-central1" in console.line_of(" one ")
        assert "orders-api europe-west1" in console.line_of(" two ")


async def test_the_session_hears_of_every_key_even_in_a_dialog() -> None:
    async with running_console() as console:
        before = console.session.touches
        await console.press("j", "?", "j")
        assert console.session.touches >= before + 3


@pytest.mark.parametrize(
    "payload",
    [
        '{"a":' * 5000 + "1" + "}" * 5000,
        '{"a":"half \\ud800 a character"}',
        '{"a":"over\\u202eride \\u001b[31m red"}',
        '{"cut off": "here',
        "[NaN]",
    ],
    ids=["very deep", "half a character", "controls", "cut off", "no JSON number"],
)
async def test_any_payload_is_shown_and_copied_without_doing_anything(payload: str) -> None:
    buffer = LogBuffer()
    buffer.add([replace(entry(20, Severity.ERROR, "odd"), payload=payload, timestamp_ns=0)])
    async with running_console(session=ScriptedSession(shop(), buffer)) as console:
        await console.press("e", "enter", "c")
        assert "Payload" in console.text
        assert "time       not given" in console.text
        shown = console.text + console.app.clipboard
        assert not {"\x1b", "\u202e"} & set(shown)
        shown.encode()
