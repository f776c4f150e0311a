"""Runs the background reads, each at its own pace and with its own errors, and wakes them on request."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct

from cfconsole.domain.errors import CloudError
from cfconsole.session.ports import ClockPort
from cfconsole.session.state.console_state import Feed
from cfconsole.session.state.store import StateStore
from cfconsole.session.state.updates import FeedFailed
from cfconsole.session.watch.supervisor import Alarm, CredentialsGate, supervise


class Watcher(Struct, frozen=True):
    """A read that is repeated."""

    name: str
    feed: Feed
    read: Callable[[], Awaitable[float]]
    """Returns the seconds until the next call. Raises `CloudError`."""


class WatcherGroup:
    """Runs watchers until cancelled. As soon as one recovers, the other failing ones retry: outages end for all."""

    def __init__(
        self,
        store: StateStore,
        clock: ClockPort,
        gate: CredentialsGate,
        jitter: Callable[[], float] = lambda: random.uniform(0.8, 1.2),
    ) -> None:
        self._store = store
        self._clock = clock
        self._gate = gate
        self._jitter = jitter
        self._alarms: dict[str, Alarm] = {}
        self._failing: set[str] = set()

    async def run(self, watchers: Sequence[Watcher]) -> None:
        async with asyncio.TaskGroup() as group:
            for watcher in watchers:
                alarm = self._alarms.setdefault(watcher.name, Alarm(self._clock))
                work = supervise(
                    self._read_and_revive(watcher), self._error_reporter(watcher), alarm, self._gate, self._jitter
                )
                group.create_task(work, name=f"watch {watcher.name}")

    def wake(self, *names: str) -> None:
        """Makes the named watchers read now, or all of them if none is named."""
        for name, alarm in self._alarms.items():
            if not names or name in names:
                alarm.ring()

    def _read_and_revive(self, watcher: Watcher) -> Callable[[], Awaitable[float]]:
        async def read() -> float:
            pause = await watcher.read()
            if watcher.name in self._failing:
                self._failing.discard(watcher.name)
                for other in self._failing:
                    self._alarms[other].ring()
            return pause

        return read

    def _error_reporter(self, watcher: Watcher) -> Callable[[CloudError], None]:
        def report(error: CloudError) -> None:
            self._failing.add(watcher.name)
            self._store.post(FeedFailed(watcher.feed, error))

        return report
