"""What Cloud Logging's servicer asks of the faults that are switched on."""

from __future__ import annotations

import asyncio
from typing import Protocol


class TailFaults(Protocol):
    """Faults of open tail streams."""

    @property
    def tail_silent(self) -> bool:
        """Open streams stay open and deliver nothing while this holds."""
        ...

    async def until_tails_are_cut(self) -> None:
        """Returns when every open stream is to end, as a lost connection would."""
        ...


class NoFaults:
    """Streams that run undisturbed."""

    tail_silent = False

    async def until_tails_are_cut(self) -> None:
        await asyncio.Event().wait()
