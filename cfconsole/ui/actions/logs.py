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


def open_row(screen: MainScreen) -> None:
    """The row under the cursor in full; while following there is none yet."""
    row = screen.logs.chosen
    if row is None:
        screen.logs.toggle_follow()
    elif isinstance(row, LogEntry):
        from cfconsole.ui.screens.log_entry import LogEntryScreen

        screen.app.push_screen(LogEntryScreen(screen, row))
    else:
        screen.say(row_text(row))


def ask_pattern(screen: MainScreen) -> None:
    """Filters the log where the log is looked at, else the services."""
    pane = screen.logs if screen.current is screen.logs else screen.services
    screen.ask("/", pane.typed, "pattern")


def next_match(step: int) -> Callable[[MainScreen], None]:
    def run(screen: MainScreen) -> None:
        screen.focus_pane("logs")
        if screen.logs.find(step):
            screen.clear_message()
        else:
            screen.say("No more matches that way; / in the log says what to look for.")

    return run


def next_error(step: int) -> Callable[[MainScreen], None]:
    def run(screen: MainScreen) -> None:
        screen.focus_pane("logs")
        following = screen.logs.window.following
        if screen.logs.find_error(step):
            screen.clear_message()
        else:
            screen.say("There is no error in what the log shows." if following else "No more errors that way.")

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
    """Begins the command on the command line; its argument is to be typed."""
    return lambda screen: screen.ask(":", f"{command} ", "command")


def ask_query(screen: MainScreen) -> None:
    """With the expression in force, to be changed."""
    screen.ask(":", f"filter {screen.session.logs.query}", "command")


def set_query(screen: MainScreen, expression: str) -> None:
    """Has the log read by an expression; the answer comes when the cloud has looked at it."""

    async def ask() -> None:
        refusal = await screen.session.logs.set_query(expression)
        if refusal:
            screen.say(refusal)
        else:
            screen.say("The log is read by that filter." if expression else "The log is read without a filter.")
        screen.logs.repaint()

    screen.run_worker(ask(), group="query", exclusive=True)


def save(*, replace: bool) -> Callable[[MainScreen, str], None]:
    def run(screen: MainScreen, name: str) -> None:
        from cfconsole.ui.actions.saving import save_rows

        if not name:
            screen.say("Type a file name after :save; it is JSON lines if that ends in .json or .jsonl.")
            return
        screen.say("Writing…")
        screen.run_worker(save_rows(screen, name, replace=replace), group="save")

    return run
