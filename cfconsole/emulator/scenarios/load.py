"""The load of a scenario: real HTTP requests to the services, at a bounded rate, through the gateway."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import NamedTuple

import httpx

from cfconsole.emulator.clock import Clock

REQUEST_TIMEOUT_S = 30.0
MAX_IN_FLIGHT = 200
USER_AGENT = "shop-load/1.0"
_PATHS = ("/", "/v1/items", "/v1/items/42", "/v1/search?q=lamp")


class LoadTarget(NamedTuple):
    """An address and its weight among all requests."""

    uri: str
    weight: float


class Load:
    """Sends `per_second` requests on average, at random times, to targets drawn by weight."""

    def __init__(self, targets: Sequence[LoadTarget], per_second: float, clock: Clock, seed: int) -> None:
        self.sent = 0
        self.failed = 0
        """Requests that got no answer at all; error answers do not count."""
        self._targets = [target.uri for target in targets]
        self._weights = [target.weight for target in targets]
        self._per_second = per_second
        self._clock = clock
        self._random = random.Random(seed)

    async def run(self) -> None:
        """Sends until cancelled. At the limit of requests in flight, further ones wait."""
        if not self._targets:
            return
        room = asyncio.Semaphore(MAX_IN_FLIGHT)
        limits = httpx.Limits(max_keepalive_connections=20, keepalive_expiry=30)
        async with (
            httpx.AsyncClient(timeout=REQUEST_TIMEOUT_S, limits=limits, trust_env=False) as client,
            asyncio.TaskGroup() as requests,
        ):
            client.headers = httpx.Headers({"user-agent": USER_AGENT})
            while True:
                await self._clock.sleep(self._random.expovariate(self._per_second))
                await room.acquire()
                requests.create_task(self._send(client, room))

    async def _send(self, client: httpx.AsyncClient, room: asyncio.Semaphore) -> None:
        [uri] = self._random.choices(self._targets, self._weights)
        self.sent += 1
        try:
            await client.get(uri + self._random.choice(_PATHS))
        except httpx.TransportError:
            self.failed += 1
        finally:
            room.release()
