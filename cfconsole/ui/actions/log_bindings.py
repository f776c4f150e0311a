"""The actions of the log in the table of actions."""

from __future__ import annotations

from cfconsole.ui.action import Action
from cfconsole.ui.actions import logs
from cfconsole.ui.main_screen import MainScreen

LOG = "Log"

LOG_ACTIONS: tuple[Action[MainScreen], ...] = (
    Action("tail", ("0",), "tail", LOG, "Follow the end of the log, all times", logs.tail),
    Action("head", ("1",), "head", LOG, "Go to the oldest line", logs.head),
    *(
        Action(f"last-{label}", (key,), label, LOG, f"Show the last {words} and new lines", logs.show_last(label))
        for key, label, words in (
            ("2", "1m", "minute"),
            ("3", "5m", "5 minutes"),
            ("4", "15m", "15 minutes"),
            ("5", "30m", "30 minutes"),
            ("6", "1h", "hour"),
        )
    ),
    Action(
        "follow",
        ("s",),
        "follow",
        LOG,
        "Follow the end of the log, or pause",
        logs.follow,
        footer_of="logs",
    ),
    Action("wrap", ("w",), "wrap", LOG, "Wrap long lines, or cut them", logs.wrap),
    Action("times", ("t",), "times", LOG, "Show times in UTC, local time, or as ages", logs.times),
    Action(
        "full-screen",
        ("f",),
        "full",
        LOG,
        "Toggle the full-screen log",
        logs.full_screen,
        footer_of="logs",
    ),
    Action(
        "next-error",
        ("e",),
        "next error",
        LOG,
        "Go to the next error, starting with the newest",
        logs.next_error(1),
        footer_of="logs",
    ),
    Action("previous-error", ("E",), "previous error", LOG, "Go to the previous error", logs.next_error(-1)),
    Action("more-severe", (">",), "more severe", LOG, "Raise the minimum severity", logs.severity(1)),
    Action("less-severe", ("<",), "less severe", LOG, "Lower the minimum severity", logs.severity(-1)),
    Action(
        "filter",
        (),
        "query",
        LOG,
        "Filter the log with a Logging query expression; without one, remove the filter",
        logs.ask_query,
        takes=logs.set_query,
    ),
    Action(
        "save",
        (),
        "save",
        LOG,
        "Save the shown log to a file; JSON lines for .json and .jsonl",
        logs.begin_command("save"),
        takes=logs.save(replace=False),
    ),
    Action(
        "save!",
        (),
        "save over",
        LOG,
        "Save the shown log, overwriting an existing file",
        logs.begin_command("save!"),
        takes=logs.save(replace=True),
    ),
    Action("clear-log", ("ctrl-l",), "clear", LOG, "Clear the lines read so far", logs.clear),
)
