"""The errors of the log in groups, those new since the last deploy first; enter filters the log to one group."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.entries import LogEntry
from cfconsole.domain.logs.groups import OTHERS, ErrorGroup, ErrorGroups, GroupKey, groups_worst_first
from cfconsole.domain.logs.rows import row_key
from cfconsole.domain.logs.times import clock_time, to_ns
from cfconsole.domain.releases.last_deploy import LastDeploy, last_deploy
from cfconsole.ui.clipboard import copy_text
from cfconsole.ui.main_screen import MainScreen
from cfconsole.ui.present.cells import Line, Span, clip, fit, line, restyle, wrap
from cfconsole.ui.present.logs.error_groups import (
    GroupVerdict,
    columns,
    describe_group,
    group_row,
    group_text,
    heading,
    sample_lines,
    title,
)
from cfconsole.ui.present.row_order import hold_order, step_key, window_top
from cfconsole.ui.screens.overlay import Overlay, keys_foot
from cfconsole.ui.screens.text import EVERYTHING, STEPS

SLICE = 500
"""Rows grouped in one turn of the event loop, which takes some milliseconds."""
_CLOSING = frozenset({"back", "quit", "groups"})
_LABEL = 60
"""Characters of a group's title in the title of the log."""
_DETAIL = 5
"""Rows below the list, with details of the selected group and its first lines."""


class ErrorGroupsScreen(Overlay[ErrorGroup | None]):
    """Groups are counted only while it is open. Their order stays for some seconds after it opens and after a key."""

    preferred_size = (150, EVERYTHING)

    def __init__(self, main: MainScreen) -> None:
        super().__init__()
        self._main = main
        self._services = main.session.state.selected
        self.groups = ErrorGroups(main.session.logs.buffer)
        self._verdicts: dict[GroupKey, GroupVerdict] = {}
        self._order: tuple[GroupKey, ...] = ()
        self._cursor: GroupKey | None = None
        self._still_until = float("-inf")
        self._complete = False
        self._top = 0
        self.heading = "Error groups"

    def on_mount(self) -> None:
        super().on_mount()
        self.set_interval(1.0, self.tick)
        self.advance()

    def tick(self) -> None:
        """Once a second: new rows, ages, and the order."""
        if self._complete:
            self.advance()

    def advance(self) -> None:
        """Groups the next rows; the list changes once all have been grouped."""
        self._complete = self.groups.update(SLICE)
        if not self._complete:
            self.set_timer(0.001, self.advance)
            return
        self._arrange()
        self.box.repaint()

    def _arrange(self) -> None:
        deploys = {key: self._deploy(key) for key in self._listed_services()}
        found = [group for group in self.groups.groups() if self._shows(group)]
        verdicts = {}
        for group in found:
            deploy = deploys.get(group.key.service)
            verdicts[group.key] = GroupVerdict(group, self.groups.age(group, deploy), deploy)
        keys = [group.key for group in groups_worst_first(found, {key: one.age for key, one in verdicts.items()})]
        still = self._main.clock.monotonic() < self._still_until
        if self._cursor is None:
            self._note_key()
        self._verdicts = verdicts
        self._order = hold_order(self._order, keys) if still else tuple(keys)
        if self._cursor not in verdicts:
            self._cursor = self._order[0] if self._order else None
        self.heading = self._heading()

    def _listed_services(self) -> set[ServiceKey]:
        return set(self._services) or set(self._main.session.state.services)

    def _shows(self, group: ErrorGroup) -> bool:
        return not self._services or group.key == OTHERS or group.key.service in self._services

    def _deploy(self, key: ServiceKey) -> LastDeploy | None:
        state = self._main.session.state
        service = state.services.get(key)
        if service is None:
            return None
        return last_deploy(service, state.revisions.get(key, ()), self.groups.logged_revisions(key), state.releases)

    def _heading(self) -> str:
        since = [moment for key in self._listed_services() if (moment := self.groups.since_ns(key)) is not None]
        reach = f" · log since {clock_time(min(since))[:8]}" if since else ""
        count = f" {len(self._order)}" if self._order else ""
        return f"Error groups{count} · {self._place()}{reach}"

    def _place(self) -> str:
        services = self._services
        if not services:
            return "all services"
        return services[0].name + (f" +{len(services) - 1}" if len(services) > 1 else "")

    def rows(self, width: int) -> Sequence[Line]:
        if not self._order:
            return [line(Span(f" {part}", "dim")) for part in wrap(self._emptiness(), width - 2)]
        height = self.box.size.height - 2 - len(self.foot(width))
        now_ns = to_ns(self._main.clock.now())
        services = {key.service for key in self._order} - {OTHERS.service}
        at = columns(width, services=len(services) > 1)
        room = max(1, height - 1 - _DETAIL)
        cursor = self._order.index(self._cursor) if self._cursor else 0
        self._top = window_top(self._top, cursor, room, len(self._order))
        rows = [heading(at)]
        for number, key in enumerate(self._order[self._top : self._top + room], self._top):
            row = fit(group_row(self._verdicts[key], now_ns, at), width)
            rows.append(restyle(row, "cursor") if number == cursor else row)
        blank: list[Line] = [()] * (height - len(rows) - _DETAIL)
        return [*rows, *blank, *self._detail(self._verdicts[self._order[cursor]], now_ns, width)]

    def _detail(self, verdict: GroupVerdict, now_ns: int, width: int) -> list[Line]:
        details = wrap(describe_group(verdict, now_ns), width - 2)[:2]
        sample = sample_lines(verdict.group, _DETAIL - 1 - len(details))
        rows = [line(Span(f" {text}", "accent")) for text in details]
        return [(), *rows, *(line(Span(f" {text}", "dim")) for text in sample)]

    def _emptiness(self) -> str:
        if not self._complete:
            return "Searching the log…"
        if not len(self._main.session.logs.buffer):
            return "The log is empty so far. Errors appear here as they arrive."
        return f"No errors in the log of {self._place()}."

    def foot(self, width: int) -> list[Line]:
        chosen = (("open", "show its entries"), ("copy", "copy")) if self._cursor else ()
        return keys_foot(self._main.table, *chosen, ("back", "back"))

    def press(self, event: events.Key) -> None:
        action = self._main.table.of_key(event.key)
        name = action.id if action else ""
        self._note_key()
        if name in _CLOSING:
            self.dismiss(None)
        elif name in STEPS:
            self._cursor = step_key(self._order, self._cursor, STEPS[name])
            self.box.repaint()
        elif self._cursor and name == "open":
            self.dismiss(self._verdicts[self._cursor].group)
        elif self._cursor and name == "copy":
            self._copy(self._verdicts[self._cursor])

    def _note_key(self) -> None:
        self._still_until = self._main.clock.monotonic() + self._main.settings.order_still_s

    def _copy(self, verdict: GroupVerdict) -> None:
        text = group_text(verdict, to_ns(self._main.clock.now()))
        self._main.say(copy_text(text, self._main.settings, self.app.copy_to_clipboard))


def open_error_groups(main: MainScreen) -> None:
    """Lists the errors of the selected services; choosing a group filters the log to it."""
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
        main.say("These entries are no longer in the log.")
