"""Actions in the log: move in it, filter it, change how it looks, and save it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from cfconsole.domain.logs.entries import Severity
from cfconsole.ui.main_screen import MainScreen
from cfconsole.ui.present.words import count

RANGES = {"1m": 60.0, "5m": 300.0, "15m": 900.0, "30m": 1800.0, "1h": 3600.0}
"""How far back the log can be shown, in seconds."""
_JSON = (".json", ".jsonl")
"""Endings of the files that are written as JSON lines."""


def ask_pattern(screen: MainScreen) -> None:
    """Asks for a filter: of the log if the log pane has the keys, else of the services."""
    pane = screen.logs if screen.current is screen.logs else screen.services
    screen.ask("/", pane.typed, "pattern")


def next_match(step: int) -> Callable[[MainScreen], None]:
    def run(screen: MainScreen) -> None:
        screen.focus_pane("logs")
        if screen.logs.find(step):
            screen.clear_message()
        else:
            screen.say("No more matches in that direction. Press / to search the log.")

    return run


def next_error(step: int) -> Callable[[MainScreen], None]:
    def run(screen: MainScreen) -> None:
        screen.focus_pane("logs")
        following = screen.logs.window.following
        if screen.logs.find_error(step):
            screen.clear_message()
        else:
            screen.say("No errors in the shown log." if following else "No more errors in that direction.")

    return run


def tail(screen: MainScreen) -> None:
    screen.focus_pane("logs")
    screen.logs.show_all_times()


def head(screen: MainScreen) -> None:
    screen.focus_pane("logs")
    screen.logs.go_to_oldest()


def show_last(label: str) -> Callable[[MainScreen], None]:
    def run(screen: MainScreen) -> None:
        seconds = RANGES[label]
        screen.focus_pane("logs")
        screen.logs.show_last(seconds, label)
        screen.session.logs.set_range(seconds)

    return run


def follow(screen: MainScreen) -> None:
    screen.logs.toggle_follow()


def wrap(screen: MainScreen) -> None:
    screen.logs.toggle_wrap()


def times(screen: MainScreen) -> None:
    ways = {"UTC": "Times are UTC.", "local": "Times are local.", "ages": "Times are ages."}
    screen.say(ways[screen.logs.cycle_zone()])


def full_screen(screen: MainScreen) -> None:
    whole = not (screen.zoomed and screen.current is screen.logs)
    screen.focus_pane("logs")
    screen.zoom(whole)


def severity(step: int) -> Callable[[MainScreen], None]:
    def run(screen: MainScreen) -> None:
        levels = list(Severity)
        logs = screen.session.logs
        at = levels.index(logs.min_severity) + step
        if 0 <= at < len(levels):
            logs.set_min_severity(levels[at])
            screen.logs.refresh_rows()
            screen.logs.repaint()

    return run


def clear(screen: MainScreen) -> None:
    screen.logs.clear()


def begin_command(command: str) -> Callable[[MainScreen], None]:
    """Opens the command line with the command; its argument is still to be typed."""
    return lambda screen: screen.ask(":", f"{command} ", "command")


def ask_query(screen: MainScreen) -> None:
    """Opens the command line with the current expression."""
    screen.ask(":", f"filter {screen.session.logs.query}", "command")


def set_query(screen: MainScreen, expression: str) -> None:
    """Filters the log by an expression; the cloud says whether it is valid."""

    async def ask() -> None:
        refusal = await screen.session.logs.set_query(expression)
        if refusal:
            screen.say(refusal)
        else:
            screen.say("Filter applied." if expression else "Filter removed.")
        screen.logs.repaint()

    screen.run_worker(ask(), group="query", exclusive=True)


def save(*, replace: bool) -> Callable[[MainScreen, str], None]:
    def run(screen: MainScreen, name: str) -> None:
        if not name:
            screen.say("Usage: :save FILE; JSON lines if FILE ends in .json or .jsonl.")
            return
        screen.say("Writing…")
        screen.run_worker(_save_rows(screen, name, replace=replace), group="save")

    return run


async def _save_rows(screen: MainScreen, name: str, *, replace: bool) -> None:
    """Writes the visible rows in a thread, and says where they are or what went wrong."""
    # It loads the sanitiser of outside text, which takes 10 ms; the first frame does not wait for it.
    from cfconsole.domain.logs.export import log_line, log_text

    if screen.settings.save_lines is None:
        screen.say("This console cannot write files.")
        return
    rows = tuple(screen.logs.rows.row(index) for index in range(len(screen.logs.rows)))
    many = screen.logs.names_services
    lines = map(log_line, rows) if name.endswith(_JSON) else (log_text(row, services=many) for row in rows)
    try:
        path = await asyncio.to_thread(screen.settings.save_lines, name, lines, replace)
    except FileExistsError:
        screen.say(f"{name} already exists; use :save! {name} to overwrite it.")
    except OSError as error:
        screen.say(f"Can't write {name}: {error.strerror or error}.")
    else:
        screen.say(f"{count(len(rows), 'row')} written to {path}")
