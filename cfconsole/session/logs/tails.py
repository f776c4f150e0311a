"""The tails of all projects of a console, which feed its log view."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.session.logs.project_tail import ProjectTail
from cfconsole.session.logs.single_reads import SingleLogReads
from cfconsole.session.logs.sink import LogSink
from cfconsole.session.logs.tail_query import tail_query_of
from cfconsole.session.logs.view import LogView
from cfconsole.session.ports import ClockPort
from cfconsole.session.watch.presence import Presence, detect_sleep


class ProjectTails:
    """The `LogSource` of the console: one tail per project, for what the view shows of it."""

    def __init__(
        self,
        view: LogView,
        sink: LogSink,
        clock: ClockPort,
        queries: SingleLogReads,
        tails: Mapping[str, ProjectTail],
    ) -> None:
        """`tails` are by project."""
        self.presence = Presence(clock)
        self._clock = clock
        self._view = view
        self._sink = sink
        self._queries = queries
        self._tails = tails

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._sink.publish(), name="log status")
            for tail in self._tails.values():
                group.create_task(tail.run())
            group.create_task(self._follow_presence(), name="presence")
            group.create_task(detect_sleep(self._clock, self._reopen), name="sleep")

    def covers(self, key: ServiceKey) -> bool:
        return key.project in self._tails and self._tails[key.project].covers(key)

    def retry(self) -> None:
        """Reopens each tail that is not live."""
        for tail in self._tails.values():
            if not tail.is_live:
                tail.retry()

    def retarget(self) -> None:
        for project, tail in self._tails.items():
            tail.set_query(tail_query_of(self._view, project))

    def forget(self, keys: Collection[ServiceKey]) -> None:
        for tail in self._tails.values():
            tail.forget(keys)

    def read_back(self) -> None:
        for tail in self._tails.values():
            tail.read_back()

    def set_visible(self, visible: bool) -> None:
        self.presence.set_visible(visible)

    async def query_error(self, query: str) -> str:
        return await self._queries.query_error(query)

    async def _follow_presence(self) -> None:
        while True:
            await self.presence.wait_until_idle()
            for tail in self._tails.values():
                tail.pause()
            await self.presence.wait_until_active()
            for tail in self._tails.values():
                tail.resume()

    def _reopen(self) -> None:
        for tail in self._tails.values():
            tail.retry()
