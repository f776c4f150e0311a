"""A count of the operator's requests that are still under way."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator


class PendingWork:
    """The work the operator waits for; watchers in the background do not count."""

    def __init__(self) -> None:
        self._count = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def count(self) -> int:
        return self._count

    @contextlib.contextmanager
    def track(self) -> Iterator[None]:
        self.begin()
        try:
            yield
        finally:
            self.end()

    def begin(self) -> None:
        self._count += 1
        self._idle.clear()

    def end(self) -> None:
        self._count -= 1
        if self._count == 0:
            self._idle.set()

    async def wait_until_idle(self) -> None:
        await self._idle.wait()
