"""The containers of one emulator that run as local processes."""

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
    """Creates containers, and kills their processes when the emulator stops."""

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
        """The process ids of the supervisors now running."""
        return [made.pid for made in self._containers if made.pid is not None]

    async def close(self) -> None:
        """Kills all processes; no container can start again."""
        await asyncio.gather(*(made.close() for made in list(self._containers)))
        await self._proxy.aclose()
