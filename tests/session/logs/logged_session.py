"""A console session whose log is a server that answers its queries."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import NamedTuple

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.logs.entries import Gap, LogEntry, Severity
from cfconsole.domain.logs.times import NS, to_ns
from cfconsole.session.settings import SessionSettings
from tests.session.logs.log_server import LoggedCloud, LogServer
from tests.session.manual_clock import ManualClock
from tests.session.open_session import SETTINGS, OpenSession, open_session
from tests.session.shop import ORDERS


class LoggedSession(NamedTuple):
    """An open session whose log is a server that answers its queries."""

    it: OpenSession
    server: LogServer

    @property
    def clock(self) -> ManualClock:
        return self.it.clock

    def entry(
        self, text: str, key: ServiceKey = ORDERS, *, ago_s: float = 0, severity: Severity = Severity.INFO
    ) -> LogEntry:
        at = to_ns(self.clock.now()) - int(ago_s * NS)
        log = "run.googleapis.com/stdout"
        return LogEntry(at, text, severity, log, key.project, key.region, key.name, f"{key.name}-00042", text)

    async def select(self, *keys: ServiceKey) -> None:
        self.it.session.select(keys)
        await self.clock.advance(15)

    async def stay(self, seconds: float) -> None:
        """Advances the clock with a key now and then."""
        for _ in range(int(seconds) // 600):
            self.it.session.note_key()
            await self.clock.advance(600)

    def messages(self, key: ServiceKey = ORDERS) -> list[str]:
        buffer = self.it.session.logs.buffer
        return [
            row.message for row in buffer.rows(0, len(buffer)) if isinstance(row, LogEntry) and row.service == key.name
        ]

    def gaps(self) -> list[Gap]:
        buffer = self.it.session.logs.buffer
        return [row for row in buffer.rows(0, len(buffer)) if isinstance(row, Gap)]

    def forget_queries(self) -> None:
        self.server.queries.clear()


@contextlib.asynccontextmanager
async def open_logged_session(settings: SessionSettings = SETTINGS) -> AsyncIterator[LoggedSession]:
    fake = LoggedCloud(ManualClock())
    async with open_session(settings, fake=fake) as it:
        yield LoggedSession(it, fake.server)
