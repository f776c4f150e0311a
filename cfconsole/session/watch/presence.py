"""Knows whether somebody looks at the log: a key was pressed while it was shown; and when the machine itself slept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from cfconsole.session.ports import ClockPort

IDLE_AFTER_S = 1800.0
SLEPT_S = 30.0
"""By so much the time of day runs ahead of the monotonic clock, which stands still while a machine sleeps."""
POLL_EVERY_S = 10.0


class Presence:
    """Counts from its creation, as if a key was pressed then."""

    def __init__(self, clock: ClockPort) -> None:
        self._clock = clock
        self._key_at = clock.monotonic()
        self._key_pressed = asyncio.Event()
        self._visible = True

    def set_visible(self, visible: bool) -> None:
        """Whether the log is on the screen. While it is not, no key says that somebody looks at it."""
        self._visible = visible
        self.note_key()

    def note_key(self) -> None:
        """A key was pressed."""
        if self._visible:
            self._key_at = self._clock.monotonic()
            self._key_pressed.set()

    async def wait_until_idle(self) -> None:
        """Returns once nobody looked for half an hour."""
        while (left_s := self._key_at + IDLE_AFTER_S - self._clock.monotonic()) > 0:
            await self._clock.sleep(left_s)
        self._key_pressed.clear()

    async def wait_until_active(self) -> None:
        """Returns when somebody looks again after `left` returned."""
        await self._key_pressed.wait()


async def detect_sleep(clock: ClockPort, woke: Callable[[], None]) -> None:
    """Calls `woke` whenever the machine slept: what was connected then only looks as if it still were."""
    before = _offset(clock.now(), clock.monotonic())
    while True:
        await clock.sleep(POLL_EVERY_S)
        offset = _offset(clock.now(), clock.monotonic())
        if abs(offset - before) > SLEPT_S:
            woke()
        before = offset


def _offset(now: datetime, monotonic_s: float) -> float:
    return now.timestamp() - monotonic_s
