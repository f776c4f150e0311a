"""The log sink of the console: merges entries into the view's buffer, counts them and passes them on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from cfconsole.domain.logs.entries import Gap, LogEntry, TailBatch
from cfconsole.domain.logs.stats import LogStats
from cfconsole.session.logs.fleet_events import FleetEventDetector
from cfconsole.session.logs.tail_policy import TailStep, worst_step
from cfconsole.session.logs.view import LogView
from cfconsole.session.ports import ClockPort
from cfconsole.session.state.console_state import LogStatus
from cfconsole.session.state.store import StateStore
from cfconsole.session.state.updates import LogStatusChanged
from cfconsole.session.watch.supervisor import Alarm

STATUS_EVERY_S = 0.25
REFRESH_EVERY_S = 1.0
"""How often figures that fall by themselves are refreshed while nothing arrives."""
LONG_S = 3600.0


class LogSink:
    """Takes what tails and pages bring, and publishes the log's status at a limited pace."""

    def __init__(
        self,
        view: LogView,
        store: StateStore,
        clock: ClockPort,
        reads: Callable[[], int],
        collect_requests: Callable[[Iterable[LogEntry]], None],
        events: FleetEventDetector,
    ) -> None:
        self._view = view
        self._store = store
        self._clock = clock
        self._reads = reads
        self._collect_requests = collect_requests
        self._events = events
        self._stats = LogStats()
        self._moved = Alarm(clock)
        self._steps: dict[str, TailStep] = {}

    def add_batch(self, batch: TailBatch, gaps: Sequence[Gap]) -> None:
        """One response of a tail, with gaps for what it says it left out."""
        self._stats.count_batch(self._clock.now().timestamp(), batch)
        self.add_page(batch.entries)
        for gap in gaps:
            self._view.buffer.add_gap(gap)

    def add_page(self, entries: Sequence[LogEntry]) -> None:
        """Entries in any order, including known ones. Background events of services never selected stay out."""
        self._collect_requests(entries)
        self._view.add(entries)
        self._events.feed(entries)
        self._moved.ring()

    def add_gap(self, gap: Gap, *, lost: int = 0) -> None:
        """Marks what could not be read; `lost` of them count as lost."""
        self._view.buffer.add_gap(gap)
        self._stats.count_lost(lost)
        self._moved.ring()

    def set_mode(self, project: str, step: TailStep) -> None:
        """How the entries of a project arrive from now on."""
        self._steps[project] = step
        self._moved.ring()

    async def publish(self) -> None:
        """Posts the status until cancelled: a few times a second while entries arrive, never without a change."""
        published: tuple[LogStatus, int] | None = None
        settling = False
        while True:
            await self._moved.sleep(REFRESH_EVERY_S if settling else LONG_S)
            status, reads = self._status(), self._reads()
            settling = bool(status.rate or reads or status.behind_s is not None)
            if (status, reads) != published:
                published = (status, reads)
                self._store.post(LogStatusChanged(self._clock.now(), status, reads))
            await self._clock.sleep(STATUS_EVERY_S)

    def _status(self) -> LogStatus:
        now_s = self._clock.now().timestamp()
        step = worst_step(self._steps)
        return LogStatus(
            mode=step.mode.value if step else "off",
            rate=round(self._stats.rate(now_s), 1),
            lost=self._stats.lost,
            behind_s=self._stats.behind_s(now_s),
            version=self._view.buffer.version,
            sentence=step.sentence if step else "",
        )
