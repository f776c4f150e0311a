"""The log pane: paints the visible rows of the session's log, a few times a second at most."""

from collections.abc import Callable, Sequence

from msgspec.structs import replace
from textual.timer import Timer

from cfconsole.domain.logs.buffer import LogRows
from cfconsole.domain.logs.entries import LogEntry
from cfconsole.domain.logs.rows import Row, RowKey
from cfconsole.domain.logs.times import NS, to_ns
from cfconsole.session.state.console_state import ConsoleState, Feed
from cfconsole.ui.panes.log_selection import EntrySubset, LogSelection, RowSelection
from cfconsole.ui.panes.pane import Pane
from cfconsole.ui.present.cells import Line, Span, fit, line, restyle, width_of, wrap
from cfconsole.ui.present.freshness import missing
from cfconsole.ui.present.logs.rows import (
    MAX_NAME,
    LogStyle,
    Stamps,
    lines_in_context,
    row_lines,
    row_text,
    service_names,
    severity_word,
)
from cfconsole.ui.present.logs.title import LogTitleState, short_line, status_line, title_line
from cfconsole.ui.present.logs.window import LogWindow
from cfconsole.ui.session_port import ClockReader, LogViewPort
from cfconsole.ui.settings import ScreenSettings

_MARGINS = 8
"""Columns of the title's rule without text."""
_LASTING = frozenset({"polling", "broken", "paused"})
_ZONES = ("UTC", "local", "ages")


class LogPane(Pane):
    def __init__(self, settings: ScreenSettings, clock: ClockReader, logs: LogViewPort) -> None:
        super().__init__(settings, clock, id="logs")
        self.logs = logs
        self.window = LogWindow()
        self.rows: LogRows = logs.buffer
        self.wrap = False
        self._selection = LogSelection()
        self._row_selection = RowSelection()
        self._zone = _ZONES[0]
        self._last_paint = float("-inf")
        self._last_end = 0
        self._pause = settings.frame_s
        self._paint_timer: Timer | None = None

    def parts(self, state: ConsoleState) -> tuple[object, ...]:
        return (state.logs, state.selected)

    def repaint(self) -> None:
        self._last_paint = self.clock.monotonic()
        self._set_pace()
        super().repaint()

    def _set_pace(self) -> None:
        buffer = self.logs.buffer
        before, self._last_end = self._last_end, buffer.dropped + len(buffer)
        settings = self.settings
        flooded = self._last_end - before > self.size.height
        self._pause = max(settings.frame_s, settings.flood_frame_s) if flooded else settings.frame_s

    def show(self, state: ConsoleState) -> None:
        """Paints at once if the last paint is long enough ago, else once when the next one is due."""
        before, self.state = self.state, state
        if set(state.selected) != set(before.selected):
            self._show_selection()
        if self._paint_timer or all(new is old for new, old in zip(self.parts(state), self.parts(before), strict=True)):
            return
        wait = self._last_paint + self._pause - self.clock.monotonic()
        if wait <= 0:
            self.repaint()
        else:
            self._paint_timer = self.set_timer(wait, self.catch_up)

    def catch_up(self) -> None:
        """Paints the rows that arrived since the last frame."""
        if self._paint_timer:
            self._paint_timer.stop()
            self._paint_timer = None
        self.repaint()

    def tick(self) -> None:
        """Repaints where ages are shown; nothing else changes with time."""
        if self._zone == "ages":
            self.repaint()

    def move(self, steps: int) -> None:
        self.window.move(self.rows, steps)
        self.repaint()

    def toggle_follow(self) -> None:
        if self.window.following:
            self.window.pause(self.rows)
        else:
            self.window.follow()
        self.repaint()

    def show_last(self, seconds: float, label: str) -> None:
        """Shows the rows of the last seconds and all new ones."""
        self._show_since(to_ns(self.clock.now()) - int(seconds * NS), label)

    def show_all_times(self) -> None:
        """Follows the end of the log, with rows of any age."""
        self._show_since(0, "")

    def _show_since(self, since_ns: int, label: str) -> None:
        self._selection.limit_range(since_ns, label)
        self.refresh_rows()
        self.window.follow()
        self.repaint()

    def go_to_oldest(self) -> None:
        if len(self.rows):
            self.window.place(self.rows, 0)
        self.repaint()

    def cycle_zone(self) -> str:
        """Switches to the next way of writing times, and returns it."""
        self._zone = _ZONES[(_ZONES.index(self._zone) + 1) % len(_ZONES)]
        self.repaint()
        return self._zone

    def toggle_wrap(self) -> None:
        self.wrap = not self.wrap
        self.repaint()

    def _show_selection(self) -> None:
        """Other services are selected: follows the end of their log; only the filter stays."""
        self._selection.subset = None
        self.refresh_rows()
        self.window.follow()

    def refresh_rows(self) -> None:
        """Selects the rows to show; the cursor stays on its row, or goes to the nearest remaining one."""
        selection = self._selection.row_selection(frozenset(self.state.selected), self.logs.min_severity)
        if selection != self._row_selection:
            self._row_selection = selection
            self.rows = selection.rows(self.logs.buffer)
            self.window.recentre(self.window.cursor)

    @property
    def typed(self) -> str:
        """The filter as it was typed after `/`."""
        return self._selection.typed

    def narrow_to(self, accepts: Callable[[LogEntry], bool], label: str, at: RowKey | None = None) -> None:
        """Shows only the accepted entries, of any service, with the cursor on `at`; esc shows all again."""
        self._selection.subset = EntrySubset(accepts, label)
        self.refresh_rows()
        self.window.recentre(at)
        self.repaint()

    def narrow(self, typed: str) -> str:
        """Shows only matching rows, highlighted. Returns the error in the pattern, or an empty string."""
        error = self._selection.narrow(typed)
        if not error:
            self.refresh_rows()
            self.repaint()
        return error

    def widen(self) -> bool:
        """Removes the last restriction; false if there is none."""
        widened = self._selection.widen()
        if widened:
            self.refresh_rows()
            self.repaint()
        return widened

    def find(self, step: int) -> bool:
        """Goes to the next match in this direction; false if there is none."""
        return self._selection.searches and self._go(self._selection.matches, step)

    def find_error(self, step: int) -> bool:
        """Goes to the next error; in a stack trace of several rows, to the one with the message."""
        # Loaded by the key: stack traces are read only then.
        from cfconsole.domain.logs.filtered_view import is_error_stop

        return self._go(lambda row: is_error_stop(self.rows, row), step)

    def _go(self, accepts: Callable[[Row], bool], step: int) -> bool:
        """Goes to the next accepted row; while following, to the newest one in either direction."""
        if not len(self.rows):
            return False
        last = len(self.rows) - 1
        following = self.window.following
        start = last if following else self.window.cursor_index(self.rows) + step
        index = self.rows.find(accepts, start, -1 if following else step)
        if index is None:
            return False
        self.window.place(self.rows, index)
        self.repaint()
        return True

    def clear(self) -> None:
        self.logs.buffer.clear()
        self.window.follow()
        self.repaint()

    @property
    def chosen(self) -> Row | None:
        """The row under the cursor; none while following."""
        if self.window.following or not len(self.rows):
            return None
        return self.rows.row(self.window.cursor_index(self.rows))

    def copy_text(self) -> str:
        """The row under the cursor; while following, all rows in sight."""
        if (row := self.chosen) is not None:
            return row_text(row)
        last = len(self.rows)
        return "\n".join(row_text(self.rows.row(index)) for index in range(max(0, last - self.size.height + 1), last))

    @property
    def names_services(self) -> bool:
        """Whether each row names its service, because several may be shown."""
        return self._selection.subset is not None or len(self.state.selected) > 1

    def title(self) -> Line:
        return title_line(self._title_state(), self.size.width - width_of(self.remark()) - _MARGINS)

    def remark(self) -> Line:
        if not self.tabs:
            return status_line(self.state.logs)
        return short_line(self._title_state(), self.state.logs, self.size.width - width_of(self.tabs) - _MARGINS)

    def _title_state(self) -> LogTitleState:
        selected, subset = self.state.selected, self._selection.subset
        follows = self.window.following
        title = LogTitleState(pattern=self.typed, query=self.logs.query, zone=self._zone, following=follows)
        title = replace(title, below=self.window.below(self.rows))
        if subset:
            return replace(title, subject=subset.label)
        word, _ = severity_word(self.logs.min_severity)
        subject = f"{len(selected)} services" if len(selected) > 1 else "".join(key.name for key in selected)
        return replace(title, subject=subject, severity=word, range=self._selection.range)

    def body(self, width: int, height: int) -> Sequence[Line]:
        if not len(self.rows):
            return [line(Span(f" {part}", "dim")) for part in wrap(self._emptiness(), width - 2)]
        notice = self._notice(width)
        height -= len(notice)
        style = self._style(width)
        size_of = (lambda row: len(row_lines(row, style))) if self.wrap else (lambda row: 1)
        chosen = self.window.cursor_index(self.rows) if self.active and not self.window.following else None
        drawn: list[Line] = []
        for index in self.window.visible(self.rows, height, size_of):
            lines = lines_in_context(self.rows, index, style, first=not drawn)
            drawn += [restyle(fit(part, width), "cursor") for part in lines] if index == chosen else lines
        drawn = drawn[-height:] if self.window.following else drawn[:height]
        return [*drawn, *[()] * (height - len(drawn)), *notice] if notice else drawn

    def _notice(self, width: int) -> list[Line]:
        """The line under the rows that says why no new ones arrive, where that lasts."""
        status = self.state.logs
        if status.mode not in _LASTING or not status.sentence:
            return []
        return [fit(line(Span(f" {status.sentence}", "warn")), width)]

    def _style(self, width: int) -> LogStyle:
        min_width = MAX_NAME if self._selection.subset else 0
        names = service_names(self.state.selected, min_width=min_width) if self.names_services else None
        now = self.clock.now()
        offset = self.settings.local_offset(now) if self._zone == "local" else None
        stamps = Stamps(self._zone, int(offset.total_seconds()) if offset else 0, to_ns(now))
        return LogStyle(width, names, self.wrap, self._selection.search, stamps)

    def _emptiness(self) -> str:
        state = self.state
        if self.typed or self._selection.subset:
            return "No matches. Press esc to show all lines."
        if self._selection.range:
            return f"No entries in the last {self._selection.range}. Press 0 to show all times."
        if state.logs.sentence:
            return state.logs.sentence
        if missing(state.feeds.get(Feed.LOGS)) == "?":
            return "? The log can't be read."
        return "Waiting for log lines…" if state.selected else "Select a service to see its log."
