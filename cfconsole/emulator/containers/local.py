"""Real containers on this machine: all processes of one emulator, which end with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any
from weakref import WeakSet

from cfconsole.emulator.clock import Clock
from cfconsole.emulator.containers.container import Settings
from cfconsole.emulator.containers.output import Output
from cfconsole.emulator.containers.process import ProcessContainer
from cfconsole.emulator.containers.proxy import Proxy
from cfconsole.emulator.sinks import LogSink
from cfconsole.emulator.sources.build import Built
from cfconsole.emulator.world.names import RevisionName


class LocalContainers:
    """Makes containers, and ends every process they left at the end."""

    def __init__(
        self,
        logs: LogSink,
        clock: Clock,
        next_id: Callable[[], str],
        background: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._logs = logs
        self._clock = clock
        self._next_id = next_id
        self._background = background
        self._proxy = Proxy()
        self._made: WeakSet[ProcessContainer] = WeakSet()

    def container(self, name: RevisionName, built: Built, settings: Settings) -> ProcessContainer:
        output = Output(name, self._logs, self._clock.now, self._next_id)
        made = ProcessContainer(name, built, settings, output, self._proxy, self._background)
        self._made.add(made)
        return made

    def running(self) -> list[int]:
        """The guards of the processes that run now."""
        return [made.pid for made in self._made if made.pid is not None]

    async def close(self) -> None:
        """Ends all processes at once. None is started any more."""
        await asyncio.gather(*(made.close() for made in list(self._made)))
        await self._proxy.aclose()
