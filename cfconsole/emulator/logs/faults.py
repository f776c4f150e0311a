"""What Cloud Logging's servicer asks of the faults that are switched on."""

from __future__ import annotations

import asyncio
from typing import Protocol

import grpc


class TailFaults(Protocol):
    """Faults of open tail streams."""

    @property
    def tail_silent(self) -> bool:
        """Open streams stay open and deliver nothing while this holds."""
        ...

    @property
    def tail_mutings(self) -> int:
        """Grows when all streams that are open then shall deliver nothing any more."""
        ...

    async def until_tails_are_cut(self) -> grpc.StatusCode:
        """Returns when every open stream is to end, and how."""
        ...


class NoFaults:
    """Streams that run undisturbed."""

    tail_silent = False
    tail_mutings = 0

    async def until_tails_are_cut(self) -> grpc.StatusCode:
        await asyncio.Event().wait()
        return grpc.StatusCode.UNAVAILABLE
