"""Real containers on this machine: all processes of one emulator, which end with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any
from weakref import WeakSet

from cfconsole.emulator.clock import Clock
from cfconsole.emulator.containers.container import ContainerSettings
from cfconsole.emulator.containers.output import ContainerOutput
from cfconsole.emulator.containers.process import ProcessContainer
from cfconsole.emulator.containers.proxy import Proxy
from cfconsole.emulator.sinks import EntrySink
from cfconsole.emulator.sources.build import FunctionCode
from cfconsole.emulator.world.names import RevisionName


class LocalContainerHost:
    """Makes containers, and ends every process they left at the end."""

    def __init__(
        self,
        logs: EntrySink,
        clock: Clock,
        next_id: Callable[[], str],
        background: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._logs = logs
        self._clock = clock
        self._next_id = next_id
        self._background = background
        self._proxy = Proxy()
        self._containers: WeakSet[ProcessContainer] = WeakSet()

    def container(self, name: RevisionName, code: FunctionCode, settings: ContainerSettings) -> ProcessContainer:
        output = ContainerOutput(name, self._logs, self._clock.now, self._next_id)
        made = ProcessContainer(name, code, settings, output, self._proxy, self._background)
        self._containers.add(made)
        return made

    def running(self) -> list[int]:
        """The guards of the processes that run now."""
        return [made.pid for made in self._containers if made.pid is not None]

    async def close(self) -> None:
        """Ends all processes at once. None is started any more."""
        await asyncio.gather(*(made.close() for made in list(self._containers)))
        await self._proxy.aclose()
