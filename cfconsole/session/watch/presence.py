"""Whether an operator is at the log, by the keys pressed while it is visible, and whether the machine was asleep."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from cfconsole.session.ports import ClockPort

IDLE_AFTER_S = 1800.0
SLEPT_S = 30.0
"""How far the time of day is ahead of the monotonic clock after a sleep: the latter stops while a machine sleeps."""
POLL_EVERY_S = 10.0


class Presence:
    """The time since the last key. It starts as if a key had just been pressed."""

    def __init__(self, clock: ClockPort) -> None:
        self._clock = clock
        self._key_at = clock.monotonic()
        self._key_pressed = asyncio.Event()
        self._visible = True

    def set_visible(self, visible: bool) -> None:
        """Keys count as presence only while the log is visible."""
        self._visible = visible
        self.note_key()

    def note_key(self) -> None:
        """A key was pressed."""
        if self._visible:
            self._key_at = self._clock.monotonic()
            self._key_pressed.set()

    async def wait_until_idle(self) -> None:
        """Returns after half an hour without a key."""
        while (left_s := self._key_at + IDLE_AFTER_S - self._clock.monotonic()) > 0:
            await self._clock.sleep(left_s)
        self._key_pressed.clear()

    async def wait_until_active(self) -> None:
        """Returns at the next key after `wait_until_idle` has returned."""
        await self._key_pressed.wait()


async def detect_sleep(clock: ClockPort, woke: Callable[[], None]) -> None:
    """Calls `woke` whenever the machine has slept: connections from before only seem to be open."""
    before = _offset(clock.now(), clock.monotonic())
    while True:
        await clock.sleep(POLL_EVERY_S)
        offset = _offset(clock.now(), clock.monotonic())
        if abs(offset - before) > SLEPT_S:
            woke()
        before = offset


def _offset(now: datetime, monotonic_s: float) -> float:
    return now.timestamp() - monotonic_s
