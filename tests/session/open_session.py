"""Opens a console session on scripted ports."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import NamedTuple

from cfconsole.session.console.console_session import ConsoleSession
from cfconsole.session.ports import SourcesPort
from cfconsole.session.settings import SessionSettings
from tests.session.manual_clock import ManualClock
from tests.session.scripted import FakeCloud, MemoryCache, MemoryJournal
from tests.session.shop import PROJECT

SETTINGS = SessionSettings(projects=(PROJECT,), actor="me@shop.example")


class OpenSession(NamedTuple):
    session: ConsoleSession
    fake: FakeCloud
    clock: ManualClock
    journal: MemoryJournal
    cache: MemoryCache


@contextlib.asynccontextmanager
async def open_session(
    settings: SessionSettings = SETTINGS,
    *,
    fake: FakeCloud | None = None,
    journal: MemoryJournal | None = None,
    cache: MemoryCache | None = None,
    started: bool = True,
    sources: SourcesPort | None = None,
) -> AsyncIterator[OpenSession]:
    """A session that has made its first reads; nothing more happens until its clock is advanced."""
    clock = fake.clock if fake and isinstance(fake.clock, ManualClock) else ManualClock()
    fake = fake or FakeCloud(clock)
    journal, cache = journal or MemoryJournal(), cache or MemoryCache()
    folders = (lambda: sources) if sources else None
    session = ConsoleSession(fake.connect, journal, cache, clock, settings, sources=folders)
    async with session:
        if started:
            session.start()
            await clock.advance(0)
        yield OpenSession(session, fake, clock, journal, cache)
        finishing = asyncio.create_task(session.finish())
        while not finishing.done():
            await clock.advance(1)
        await finishing
