"""Processes that die before or after a chosen port call, while the cloud and the journal survive."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any, TypeVar, cast

from cfconsole.session.ports import Cloud, SharedJournalPort
from cfconsole.store.releases.journal import Journal
from tests.session.manual_clock import START
from tests.session.scripted import FakeCloud, Killed, ScriptedCloud

T = TypeVar("T")


class FastClock:
    """A clock whose time passes as soon as anything waits for it; `passed` gets the seconds."""

    def __init__(self) -> None:
        self._elapsed = 0.0
        self.passed: Callable[[float], None] = lambda seconds: None

    def now(self) -> datetime:
        return START + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    def pass_time(self, seconds: float) -> None:
        self._elapsed += seconds
        self.passed(seconds)

    async def sleep(self, seconds: float) -> None:
        self.pass_time(seconds)
        await asyncio.sleep(0)

    def timeout(self, seconds: float) -> AbstractAsyncContextManager[object]:
        return self._timeout(seconds)

    @contextlib.asynccontextmanager
    async def _timeout(self, seconds: float) -> AsyncIterator[None]:
        """Anything that has to wait waits until the timeout."""
        try:
            async with asyncio.timeout(0):
                yield
        except TimeoutError:
            self.pass_time(seconds)
            raise


class InlineJournal(Journal):
    """The real journal, on the test's own thread: time does not pass while it writes."""

    async def _on_thread(self, call: Callable[[], T]) -> T:
        return call()

    def die(self) -> None:
        """Releases the locks, as the kernel does for a process that died."""
        self._close()
        self._claims.close()
        self._thread.shutdown()


class MortalProcess:
    """Calls the ports of a cloud and a journal until it dies before or after one of these calls."""

    def __init__(self, fake: FakeCloud, file: Path, dies_at: int = -1) -> None:
        self.journal = InlineJournal(file)
        self._fake = fake
        self._dies_at = dies_at
        self._dead = False
        self.boundaries = 0
        self.died_at = ""

    @property
    def ports(self) -> tuple[Cloud, SharedJournalPort]:
        cloud = ScriptedCloud(*(_mortal_port(port, self._boundary) for port in self._fake.cloud))
        return cloud, cast("SharedJournalPort", _mortal_port(self.journal, self._boundary))

    def _boundary(self, what: str) -> None:
        if self._dead:
            raise Killed
        self.boundaries += 1
        if self.boundaries == self._dies_at:
            self._dead, self.died_at = True, what
            raise Killed


def _mortal_port(port: Any, boundary: Callable[[str], None]) -> Any:
    return _MortalPort(port, boundary) if port is not None else None


class _MortalPort:
    """A port with a boundary before and after each call."""

    def __init__(self, port: Any, boundary: Callable[[str], None]) -> None:
        self._port = port
        self._boundary = boundary

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        if not iscoroutinefunction(method):
            return method

        async def call(*arguments: Any, **named: Any) -> Any:
            self._boundary(f"before {name}")
            result = await method(*arguments, **named)
            self._boundary(f"after {name}")
            return result

        return call
