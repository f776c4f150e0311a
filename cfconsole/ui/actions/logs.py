"""Actions in the log: where to stand in it, what of it to show and how, and what to keep of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cfconsole.domain.logs.entries import LogEntry, Severity
from cfconsole.ui.present.logs.rows import row_text

if TYPE_CHECKING:
    from cfconsole.ui.main_screen import MainScreen

RANGES = {"1m": 60.0, "5m": 300.0, "15m": 900.0, "30m": 1800.0, "1h": 3600.0}
"""How far back the log can be shown, in seconds."""


def open_row(desk: MainScreen) -> None:
    """The row under the cursor in full; while following there is none yet."""
    row = desk.logs.chosen
    if row is None:
        desk.logs.toggle_follow()
    elif isinstance(row, LogEntry):
        from cfconsole.ui.screens.log_entry import LogEntryScreen

        desk.app.push_screen(LogEntryScreen(desk, row))
    else:
        desk.say(row_text(row))


def ask_pattern(desk: MainScreen) -> None:
    """Filters the log where the log is looked at, else the services."""
    pane = desk.logs if desk.current is desk.logs else desk.services
    desk.ask("/", pane.typed, "pattern")


def next_match(step: int) -> Callable[[MainScreen], None]:
    def run(desk: MainScreen) -> None:
        desk.focus_pane("logs")
        if desk.logs.find(step):
            desk.clear_message()
        else:
            desk.say("No more matches that way; / in the log says what to look for.")

    return run


def next_error(step: int) -> Callable[[MainScreen], None]:
    def run(desk: MainScreen) -> None:
        desk.focus_pane("logs")
        following = desk.logs.window.following
        if desk.logs.find_error(step):
            desk.clear_message()
        else:
            desk.say("There is no error in what the log shows." if following else "No more errors that way.")

    return run


def tail(desk: MainScreen) -> None:
    desk.focus_pane("logs")
    desk.logs.show_all_times()


def head(desk: MainScreen) -> None:
    desk.focus_pane("logs")
    desk.logs.go_to_oldest()


def show_last(label: str) -> Callable[[MainScreen], None]:
    def run(desk: MainScreen) -> None:
        seconds = RANGES[label]
        desk.focus_pane("logs")
        desk.logs.show_last(seconds, label)
        desk.session.logs.set_range(seconds)

    return run


def follow(desk: MainScreen) -> None:
    desk.logs.toggle_follow()


def wrap(desk: MainScreen) -> None:
    desk.logs.toggle_wrap()


def times(desk: MainScreen) -> None:
    ways = {"UTC": "Times are UTC.", "local": "Times are local.", "ages": "Times are ages."}
    desk.say(ways[desk.logs.cycle_zone()])


def full_screen(desk: MainScreen) -> None:
    whole = not (desk.zoomed and desk.current is desk.logs)
    desk.focus_pane("logs")
    desk.zoom(whole)


def severity(step: int) -> Callable[[MainScreen], None]:
    def run(desk: MainScreen) -> None:
        levels = list(Severity)
        logs = desk.session.logs
        at = levels.index(logs.min_severity) + step
        if 0 <= at < len(levels):
            logs.set_min_severity(levels[at])
            desk.logs.refresh_rows()
            desk.logs.repaint()

    return run


def clear(desk: MainScreen) -> None:
    desk.logs.clear()


def begin_command(command: str) -> Callable[[MainScreen], None]:
    """Begins the command on the command line; its argument is to be typed."""
    return lambda desk: desk.ask(":", f"{command} ", "command")


def ask_query(desk: MainScreen) -> None:
    """With the expression in force, to be changed."""
    desk.ask(":", f"filter {desk.session.logs.query}", "command")


def set_query(desk: MainScreen, expression: str) -> None:
    """Has the log read by an expression; the answer comes when the cloud has looked at it."""

    async def ask() -> None:
        refusal = await desk.session.logs.set_query(expression)
        if refusal:
            desk.say(refusal)
        else:
            desk.say("The log is read by that filter." if expression else "The log is read without a filter.")
        desk.logs.repaint()

    desk.run_worker(ask(), group="query", exclusive=True)


def save(*, replace: bool) -> Callable[[MainScreen, str], None]:
    def run(desk: MainScreen, name: str) -> None:
        from cfconsole.ui.actions.saving import save_rows

        if not name:
            desk.say("Type a file name after :save; it is JSON lines if that ends in .json or .jsonl.")
            return
        desk.say("Writing…")
        desk.run_worker(save_rows(desk, name, replace=replace), group="save")

    return run
