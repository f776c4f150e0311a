"""The way from the error groups into the log: opens them, and shows in the log what was chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cfconsole.domain.logs.buffer import row_key
from cfconsole.domain.logs.entries import LogEntry
from cfconsole.domain.logs.groups import ErrorGroup
from cfconsole.ui.present.cells import clip
from cfconsole.ui.present.logs.error_groups import title
from cfconsole.ui.screens.error_groups import ErrorGroupsScreen

if TYPE_CHECKING:
    from cfconsole.ui.main_screen import MainScreen

_LABEL = 60


def open_error_groups(main: MainScreen) -> None:
    """Lists the errors of the services whose log is shown; the chosen group becomes all that the log shows."""
    screen = ErrorGroupsScreen(main)

    def chosen(group: ErrorGroup | None) -> None:
        if group is not None:
            _narrow(main, screen, group)

    main.app.push_screen(screen, chosen)


def _narrow(main: MainScreen, screen: ErrorGroupsScreen, group: ErrorGroup) -> None:
    key_of = screen.groups.key_of
    main.focus_pane("logs")
    main.logs.narrow_to(lambda entry: key_of(entry) == group.key, clip(title(group), _LABEL), row_key(group.sample))
    if not isinstance(main.logs.chosen, LogEntry):
        main.say("These entries have fallen out of the log.")
