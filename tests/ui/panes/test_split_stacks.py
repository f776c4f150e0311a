"""Stories of stack traces logged as one entry per line: each is shown, counted and visited as one error."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from msgspec.structs import replace

from cfconsole.domain.logs.buffer import LogBuffer
from cfconsole.domain.logs.entries import LogEntry, Severity
from cfconsole.store.exports import save_lines
from cfconsole.ui.screens.error_groups import ErrorGroupsScreen
from tests.ui.running_console import SETTINGS, ConsoleDriver, running_console
from tests.ui.scripted import ScriptedSession
from tests.ui.shop import entry, shop

TRACE = """Traceback (most recent call last):
  File "/app/main.py", line 88, in handle
    return convert(payload, rates[payload.currency])
KeyError: 'XTS'"""


def printed(number: int, instance: str) -> list[LogEntry]:
    """Each line of the traceback as an entry of one instance, a little after `entry(number, …)`."""
    head = replace(entry(number, Severity.DEFAULT, ""), labels=(("instanceId", instance),))
    return [
        replace(
            head, timestamp_ns=head.timestamp_ns + at * 1_000_000, insert_id=f"{instance}{number}{at}", message=text
        )
        for at, text in enumerate(TRACE.split("\n"))
    ]


def incident(*more: LogEntry) -> ScriptedSession:
    """Two instances fail within the same few milliseconds; a third logs in between."""
    between = [entry(100, Severity.INFO, f"200 GET /cart/{at}") for at in range(4)]
    busy = [replace(one, timestamp_ns=one.timestamp_ns + at * 900_000) for at, one in enumerate(between)]
    log = LogBuffer()
    log.add([entry(90, Severity.INFO, "before"), *printed(100, "a"), *busy, *printed(100, "b"), *more])
    return ScriptedSession(shop(), log)


def rows(console: ConsoleDriver) -> list[str]:
    start = next(at for at, line in enumerate(console.lines) if "Logs" in line)
    return [line[1:-1].rstrip() for line in console.lines[start + 1 : -2] if line[1:-1].strip()]


async def test_the_lines_of_a_trace_stand_together_and_look_like_one_entry() -> None:
    async with running_console(session=incident()) as console:
        shown = [row[30:] for row in rows(console)]
        at = shown.index("Traceback (most recent call last):")
        assert shown[at : at + 8] == TRACE.split("\n") * 2
        head, *others = rows(console)[at : at + 4]
        assert "ERROR" in head
        assert [row[:30].strip() for row in others] == ["", "", ""]


async def test_the_first_visible_row_shows_its_time_even_inside_a_trace() -> None:
    last = [line for number in (110, 115) for line in printed(number, "c")]
    async with running_console(session=incident(*last), size=(80, 24)) as console:
        await console.press("l", "g")
        for _ in range(9):
            await console.press("ctrl-d")
            first, *_ = rows(console)
            assert first[:14].strip()


async def test_going_from_error_to_error_stops_once_at_each() -> None:
    last = entry(190, Severity.ERROR, "payment refused")
    async with running_console(session=incident(last)) as console:
        pane = console.app.main.logs
        seen = []
        for key in ("e", "E", "E"):
            await console.press(key)
            seen.append(pane.copy_text()[-16:].strip())
        assert seen == ["payment refused", "KeyError: 'XTS'", "KeyError: 'XTS'"]
        assert isinstance(pane.chosen, LogEntry)
        assert pane.chosen.insert_id.startswith("a")
        await console.press("E")
        assert "No more errors in that direction." in console.text


async def test_a_filter_finds_the_whole_trace() -> None:
    async with running_console(session=incident()) as console:
        await console.press("l", "/")
        await console.type("KeyError")
        assert [row[30:] for row in rows(console)] == TRACE.split("\n") * 2


async def test_enter_opens_a_line_as_the_entry_it_is() -> None:
    async with running_console(session=incident()) as console:
        await console.press("e", "enter")
        assert "KeyError: 'XTS'" in console.text
        assert "insert id  b1003" in console.text


async def test_each_line_is_saved_as_the_entry_it_is(tmp_path: Path) -> None:
    def keep(name: str, lines: Iterable[str], replace: bool) -> str:
        return save_lines(tmp_path, tmp_path, name, lines, replace)

    async with running_console(session=incident(), settings=replace(SETTINGS, save_lines=keep)) as console:
        await console.press("l", ":")
        await console.type("save out.json")
        await console.press("enter")
        await console.app.workers.wait_for_complete()
    saved = [json.loads(line) for line in (tmp_path / "out.json").read_text().splitlines()]
    assert [row["message"] for row in saved if row["labels"]] == TRACE.split("\n") * 2
    assert {row["severity"] for row in saved if row["labels"]} == {"DEFAULT"}


async def test_it_is_one_error_of_its_group() -> None:
    async with running_console(session=incident()) as console:
        await console.press("x")
        screen = console.app.screen
        assert isinstance(screen, ErrorGroupsScreen)
        (group,) = screen.groups.groups()
        assert (group.entries, group.key.template) == (2, "KeyError in handle (app/main.py)")
        await console.press("enter")
        assert [row[47:] for row in rows(console)] == TRACE.split("\n") * 2
