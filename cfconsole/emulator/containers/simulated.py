"""Simulated containers: latency, errors, flaky health checks and memory leaks, selected by the image's tag."""

from __future__ import annotations

import math
import random
from collections import Counter

from cfconsole.emulator.clock import Clock
from cfconsole.emulator.containers.container import IncomingRequest, Reply
from cfconsole.emulator.gateway.reporter import Reporter
from cfconsole.emulator.images import Behaviour
from cfconsole.emulator.world.names import RevisionName

MAX_LATENCY_MS = 15_000
HEALTH_PATHS = ("health", "healthz")
MEMORY_LIMIT_MIB = 512
MEMORY_AT_START_MIB = 112.0
LEAK_MIB = 1.0
"""The memory that each request to a leaking container leaves in use."""
FLAKY_HEALTH_RATE = 0.25
MEMORY_MESSAGE = (
    "Memory limit of 512 MiB exceeded with 519 MiB used. Consider increasing the memory limit, "
    "see https://cloud.google.com/run/docs/configuring/memory-limits"
)


class SimulatedContainers:
    """Answers the requests to every revision without real code."""

    def __init__(self, clock: Clock, reporter: Reporter, seed: int) -> None:
        self._clock = clock
        self._reporter = reporter
        self._random = random.Random(seed)
        self._leaked: Counter[RevisionName] = Counter()
        """Requests since the start of the instance, by leaking revision."""

    async def answer(self, revision: RevisionName, behaviour: Behaviour, incoming: IncomingRequest) -> Reply:
        """Answers one request after the simulated latency."""
        fill = self._memory_fill(revision) if behaviour.leaks else 0.0
        latency_ms = self._latency_ms(behaviour, fill)
        await self._clock.sleep(latency_ms / 1000)
        status = self._status(revision, behaviour, incoming.path.strip("/") in HEALTH_PATHS, fill)
        text = f"{incoming.service.service} answered from {revision.revision}\n"
        body = (text if status == 200 else "Internal Server Error").encode()
        return Reply(status, body, revision.revision, latency_ms=latency_ms)

    def _latency_ms(self, behaviour: Behaviour, fill: float) -> float:
        drawn = behaviour.median_ms * math.exp(self._random.gauss(0, behaviour.spread))
        return min(MAX_LATENCY_MS, drawn * (1 + 4 * _pressure(fill)))

    def _status(self, revision: RevisionName, behaviour: Behaviour, is_health: bool, fill: float) -> int:
        if behaviour.flaky_health and is_health and self._random.random() < FLAKY_HEALTH_RATE:
            return 503
        if behaviour.leaks and fill >= 1:
            self._kill(revision)
            return 503
        return 500 if self._random.random() < behaviour.error_rate + 0.4 * _pressure(fill) else 200

    def _memory_fill(self, revision: RevisionName) -> float:
        self._leaked[revision] += 1
        return _fill(self._leaked[revision])

    def _kill(self, revision: RevisionName) -> None:
        """Replaces the instance; requests in flight fail with the old one."""
        if _fill(self._leaked[revision]) >= 1:
            del self._leaked[revision]
            self._reporter.system_line(revision.parent, revision.revision, self._clock.now(), MEMORY_MESSAGE)


def _fill(leaked: int) -> float:
    """The fraction of its memory a leaking container uses after `leaked` requests."""
    return (MEMORY_AT_START_MIB + leaked * LEAK_MIB) / MEMORY_LIMIT_MIB


def _pressure(fill: float) -> float:
    """How much full memory slows a container down: 0 up to 70 %, rising to 1 at the limit."""
    return min(1.0, max(0.0, (fill - 0.7) / 0.3)) ** 2
