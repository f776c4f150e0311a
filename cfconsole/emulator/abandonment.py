"""Ends an emulator that nobody looks after any more, once that has lasted."""

from __future__ import annotations

from collections.abc import Callable

from cfconsole.emulator.clock import Clock

CHECK_EVERY_S = 5.0
GRACE_S = 600.0
"""How long whoever comes back finds the emulator as it was left."""


async def until_abandoned(abandoned: Callable[[], bool], clock: Clock) -> None:
    """Returns once `abandoned` has been true at every look of ten minutes."""
    alone_s = 0.0
    while alone_s < GRACE_S:
        await clock.sleep(CHECK_EVERY_S)
        alone_s = alone_s + CHECK_EVERY_S if abandoned() else 0.0
