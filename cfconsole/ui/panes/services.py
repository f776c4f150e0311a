"""The services pane: the list with its cursor, marks and filter. The order holds still for a while after a key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from textual.message import Message

from cfconsole.domain.fleet.services import Health, ServiceKey
from cfconsole.domain.health.order import HEALTHY_STATES, arrange, service_filter
from cfconsole.domain.health.state import services_with_alerts
from cfconsole.session.state.console_state import ConsoleState, Feed
from cfconsole.ui.panes.pane import Pane
from cfconsole.ui.present.cells import Line, Span, fit, line, restyle, wrap
from cfconsole.ui.present.fleet.services import columns, heading, numbers, service_row, unread_rows
from cfconsole.ui.present.freshness import missing, stale_age
from cfconsole.ui.present.row_order import hold_order, step_key, window_top
from cfconsole.ui.session_port import ClockReader
from cfconsole.ui.settings import ScreenSettings

_MAX_UNREAD = 3


class ServiceChosen(Message):
    """The cursor or the marks changed: these services are selected, the one under the cursor first."""

    def __init__(self, keys: tuple[ServiceKey, ...]) -> None:
        super().__init__()
        self.keys = keys

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, ServiceChosen)


class ServicesPane(Pane):
    def __init__(self, settings: ScreenSettings, clock: ClockReader) -> None:
        super().__init__(settings, clock, id="services")
        self.cursor: ServiceKey | None = None
        self.typed = ""
        """The filter as it was typed after `/`."""
        self.faults_only = False
        self.healths: dict[ServiceKey, Health] = {}
        self._names: Counter[str] = Counter()
        self._marks: set[ServiceKey] = set()
        self._worst_first: tuple[ServiceKey, ...] = ()
        self._order: tuple[ServiceKey, ...] = ()
        """The earlier order for a while after a key, then worst first again."""
        self._visible: tuple[ServiceKey, ...] = ()
        self._hold_until = float("-inf")
        self._before_first_key = True
        self._top = 0

    def note_key(self) -> None:
        """A key was pressed: the order holds still for a while, and the cursor no longer moves by itself."""
        self._before_first_key = False
        self._hold_until = self.clock.monotonic() + self.settings.order_still_s

    def parts(self, state: ConsoleState) -> tuple[object, ...]:
        return (state.services, state.metrics, state.alerts, state.feeds, state.unreachable)

    def on_change(self) -> None:
        self._arrange()

    def tick(self) -> None:
        # Health follows from reads, not from time: only an order that was held back changes by itself.
        if self._order is not self._worst_first and not self._holds_still:
            self._order = self._worst_first
            self._apply_filter()
        self.repaint()

    def move(self, steps: int) -> None:
        self._choose(step_key(self._visible, self.cursor, steps))
        self.repaint()

    def jump(self, key: ServiceKey) -> bool:
        """Puts the cursor on a service, removing filters that hide it; false if there is no such service."""
        if key not in self.healths:
            return False
        if key not in self._visible:
            self.typed, self.faults_only = "", False
            self._arrange()
        self._choose(key)
        self.repaint()
        return True

    def mark(self) -> None:
        if self.cursor is None:
            return
        self._marks ^= {self.cursor}
        self._announce()
        self.move(1)

    def narrow(self, typed: str) -> None:
        self.typed = typed
        self._apply_filter()
        self.repaint()

    def toggle_faults(self) -> None:
        self.faults_only = not self.faults_only
        self._apply_filter()
        self.repaint()

    def copy_text(self) -> str:
        return str(self.cursor) if self.cursor else ""

    def _arrange(self) -> None:
        state = self.state
        limits = self.settings.thresholds
        firing = services_with_alerts(state.alerts, state.services, state.metrics, limits)
        arranged = arrange(state.services.values(), state.metrics, limits, alerted=firing)
        self.healths = {service.key: health for service, health in arranged}
        self._names = Counter(key.name for key in self.healths)
        self._worst_first = tuple(self.healths)
        self._order = hold_order(self._order, self._worst_first) if self._holds_still else self._worst_first
        self._apply_filter()

    @property
    def _holds_still(self) -> bool:
        return self.clock.monotonic() < self._hold_until

    def _apply_filter(self) -> None:
        """Filters the services by their last known health: a letter must not wait for that of two thousand services."""
        self._visible = tuple(self._matching(self._order))
        if self._before_first_key or self.cursor not in self._visible:
            self._choose(self._default_cursor())

    def _default_cursor(self) -> ServiceKey | None:
        """The first position of the cursor: on the service of `--service`, else on the worst one."""
        startup = [key for key in self._startup_services() if key in self._visible]
        first = self._visible[0] if self._visible else None
        return startup[0] if self._before_first_key and startup else first

    def _startup_services(self) -> list[ServiceKey]:
        name = self.settings.open_on
        return [key for key in self._order if name and f"/{key}".endswith(f"/{name}")]

    def _startup_note(self) -> str:
        """Until a key is pressed: a note where `--service` names no service, or several."""
        name = self.settings.open_on
        if not (self._before_first_key and name and self._order) or len(found := self._startup_services()) == 1:
            return ""
        # Its patterns would lengthen the first frame for a rare note.
        from cfconsole.domain.text import clean_line

        name = clean_line(name)
        return f"{name} exists in {len(found)} places" if found else f"no service {name}"

    def _matching(self, keys: Iterable[ServiceKey]) -> Iterator[ServiceKey]:
        matches = service_filter(self.typed)
        for key in keys:
            hidden = self.faults_only and self.healths[key] in HEALTHY_STATES
            if not hidden and matches(self.state.services[key], self.healths[key]):
                yield key

    def _choose(self, key: ServiceKey | None) -> None:
        if key != self.cursor:
            self.cursor = key
            self._announce()

    def _announce(self) -> None:
        first = (self.cursor,) if self.cursor else ()
        chosen = ServiceChosen((*first, *sorted(self._marks - set(first))))
        # After the refresh: on a slow line the cursor is drawn before the panes that follow it.
        self.call_after_refresh(self.post_message, chosen)

    def title(self) -> Line:
        total, visible = len(self._order), len(self._visible)
        status = self.state.feeds.get(Feed.SERVICES)
        if status is None or status.read_at is None:
            return line(f"Services {missing(status)}")
        return line(f"Services {total if visible == total else f'{visible} of {total}'}")

    def remark(self) -> Line:
        old = stale_age(self.state.feeds.get(Feed.SERVICES), self.clock.now())
        words = [f"{old} old"] if old else []
        words += filter(None, [self._startup_note()])
        words += ["faults only"] if self.faults_only else []
        words += [f"/{self.typed}"] if self.typed else []
        words.append("worst first")
        return line(Span(" · ".join(words), "warn" if old else "dim"))

    def body(self, width: int, height: int) -> Sequence[Line]:
        if not self._visible:
            return [line(Span(f" {part}", "dim")) for part in wrap(self._emptiness(), width - 2)]
        at = columns(width)
        unread = self._unread(width, height - 1 - len(self._visible))
        rows = max(1, height - 1 - len(unread))
        cursor = self._visible.index(self.cursor) if self.cursor in self._visible else 0
        self._top = window_top(self._top, cursor, rows, len(self._visible))
        listed = [self._row(key, width) for key in self._visible[self._top : self._top + rows]]
        blank: list[Line] = [()] * (rows - len(listed))
        return [heading(at), *listed, *(blank if unread else ()), *unread]

    def _row(self, key: ServiceKey, width: int) -> Line:
        now, feeds = self.clock.now(), self.state.feeds
        service = self.state.services[key]
        metrics, absent = self.state.metrics.get(key), missing(feeds.get(Feed.METRICS))
        figures = numbers(service, metrics, absent, self.settings.thresholds)
        row = service_row(
            service,
            self.healths[key],
            figures,
            now,
            columns(width),
            marked=key in self._marks,
            ambiguous=self._names[key.name] > 1,
        )
        if key == self.cursor:
            return restyle(fit(row, width), "cursor" if self.active else "cursor-still")
        return restyle(row, "dim") if stale_age(feeds.get(Feed.SERVICES), now) else row

    def _unread(self, width: int, room: int) -> list[Line]:
        """Places that could not be read, listed at the bottom: their services are unknown, not absent.

        The reason is shown in full if it fits into the `room` below the services.
        """
        places = self.state.unreachable[:_MAX_UNREAD]
        whole = [row for place in places for row in unread_rows(place, width)]
        return whole if len(whole) <= room else [fit(unread_rows(place, 1 << 16)[0], width) for place in places]

    def _emptiness(self) -> str:
        status = self.state.feeds.get(Feed.SERVICES)
        if self.settings.no_project:
            return "No project selected."
        if self._order:
            return "No matches. Press esc to show all services."
        if status is None or (status.read_at is None and status.error is None):
            return "Reading services…"
        return f"? {status.error.sentence}" if status.error else "No services in these projects and regions."
