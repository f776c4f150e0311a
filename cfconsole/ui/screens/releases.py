"""The list of releases, under way and recent, with their steps, countdowns and verdicts, and the keys for commands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from textual import events

from cfconsole.domain.releases.model import Release
from cfconsole.domain.releases.team import TeamRelease
from cfconsole.session.state.console_state import ConsoleState
from cfconsole.ui.clipboard import copy_text
from cfconsole.ui.main_screen import MainScreen
from cfconsole.ui.present.cells import BLANK, Line, Span, fit, line, restyle
from cfconsole.ui.present.releases.status import failed_revision, interrupted
from cfconsole.ui.present.releases.table import (
    ReleaseColumns,
    ReleaseView,
    columns,
    heading,
    release_detail,
    release_row,
    release_text,
)
from cfconsole.ui.present.releases.team import merge_releases, team_detail, team_row
from cfconsole.ui.present.row_order import hold_order, step_key, window_top
from cfconsole.ui.screens.overlay import Overlay, keys_foot
from cfconsole.ui.screens.text import EVERYTHING

_TICK_S = 0.5
"""Half a second, so a countdown never seems to skip one."""
_LISTED = 50
_STEPS = {"down": 1, "up": -1, "first": -_LISTED, "last": _LISTED}
_SCROLLS = {"half-down": 6, "half-up": -6}
_CLOSING = frozenset({"back", "quit", "releases"})

Entry = Release | TeamRelease
ReleaseCommand = Callable[["MainScreen", Release, str], None]
"""Runs an action (`open`, `abort`, `promote`, `go-on`, `delete-revision`) on a release, or says why not."""


class ReleasesScreen(Overlay[None]):
    preferred_size = (150, EVERYTHING)

    def __init__(self, main: MainScreen, steer: ReleaseCommand) -> None:
        super().__init__()
        self._main = main
        self._steer = steer
        self._entries: dict[str, Entry] = {}
        self._order: tuple[str, ...] = ()
        self._cursor: str | None = None
        self._still_until = float("-inf")
        self._top = 0
        self._scrolled = 0
        self._arrange()

    def on_mount(self) -> None:
        super().on_mount()
        self.set_interval(_TICK_S, self.tick)
        self.watch(self.app, "console_state", self._arrived, init=False)

    def _arrived(self, state: ConsoleState) -> None:
        self.tick()

    def tick(self) -> None:
        """Repaints the rows that changed: a countdown, an age, a new verdict."""
        self._arrange()
        self.box.repaint()

    def _arrange(self) -> None:
        state = self._main.session.state
        entries = merge_releases(state.releases, state.team)[:_LISTED]
        self._entries = {entry.id: entry for entry in entries}
        still = self._main.clock.monotonic() < self._still_until
        self._order = hold_order(self._order, tuple(self._entries)) if still else tuple(self._entries)
        if self._cursor not in self._entries:
            self._cursor = self._order[0] if self._order else None
        open_now = sum(entry.open for entry in entries)
        left = sum(isinstance(entry, Release) and interrupted(entry) for entry in entries)
        counts = [f"{open_now} under way"] if open_now else []
        counts += [f"{left} interrupted"] if left else []
        self.heading = " · ".join(("Releases", *counts))

    @property
    def chosen(self) -> Entry | None:
        return self._entries.get(self._cursor or "")

    def _view(self, release: Release) -> ReleaseView:
        progress = self._main.session.state.progress.get(release.id)
        return ReleaseView(release, progress, self._main.verdicts.of(release.id))

    def rows(self, width: int) -> list[Line]:
        chosen = self.chosen
        if chosen is None:
            return [line(Span(" No releases yet. R, D, T, L and Z start one.", "dim"))]
        now, at = self._main.clock.now(), columns(width)
        height = self.box.size.height - 2 - len(self.foot(width))
        room = min(len(self._order), max(3, height // 3))
        cursor = self._order.index(chosen.id)
        self._top = window_top(self._top, cursor, room, len(self._order))
        rows = [heading(at)]
        for number, name in enumerate(self._order[self._top : self._top + room], self._top):
            row = fit(self._row(self._entries[name], now, at), width)
            rows.append(restyle(row, "cursor") if number == cursor else row)
        detail = self._detail(chosen, now, width)
        self._scrolled = min(self._scrolled, max(0, len(detail) - (height - room - 2)))
        rows = [*rows, BLANK, *detail[self._scrolled :]][: max(height, 0)]
        return [*rows, *[BLANK] * (height - len(rows))]

    def _row(self, entry: Entry, now: datetime, at: ReleaseColumns) -> Line:
        return release_row(self._view(entry), now, at) if isinstance(entry, Release) else team_row(entry, now, at)

    def _detail(self, entry: Entry, now: datetime, width: int) -> list[Line]:
        if isinstance(entry, Release):
            return release_detail(self._view(entry), now, width)
        return team_detail(entry, now, width)

    def foot(self, width: int) -> list[Line]:
        own = (("copy", "copy"),) if isinstance(self.chosen, Release) else ()
        return keys_foot(self._main.table, *_offered(self.chosen), *own, ("back", "back"))

    def press(self, event: events.Key) -> None:
        action = self._main.table.of_key(event.key)
        name = action.id if action else ""
        self._still_until = self._main.clock.monotonic() + self._main.settings.order_still_s
        if name in _CLOSING:
            self.dismiss(None)
        elif name in _STEPS:
            self._cursor = step_key(self._order, self._cursor, _STEPS[name])
            self._scrolled = 0
            self.box.repaint()
        elif name in _SCROLLS:
            self._scrolled = max(0, self._scrolled + _SCROLLS[name])
            self.box.repaint()
        elif isinstance(self.chosen, Release):
            self._perform(self.chosen, name)

    def _perform(self, release: Release, name: str) -> None:
        if name == "copy":
            text = release_text(self._view(release), self._main.clock.now())
            self._main.say(copy_text(text, self._main.settings, self.app.copy_to_clipboard))
        elif name in {"open", "abort", "promote", "go-on", "delete-revision"}:
            self._steer(self._main, release, name)


def _offered(release: Entry | None) -> tuple[tuple[str, str], ...]:
    """The commands a release takes now; releases of other consoles take none here."""
    if not isinstance(release, Release):
        return ()
    if interrupted(release):
        return (("open", "resume, abort or leave"),)
    if release.open and release.plan.steps:
        return (("abort", "abort"), ("promote", "promote now"), ("go-on", "continue"))
    if failed_revision(release):
        return (("delete-revision", "delete its revision"),)
    return ()
