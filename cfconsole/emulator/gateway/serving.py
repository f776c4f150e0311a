"""Answers requests as the revisions would: by the effective split and by tag, with the behaviour of the image."""

from __future__ import annotations

import math
import random
from collections import Counter
from typing import NamedTuple

from cfconsole.emulator.gateway.reporting import Reporter, Served
from cfconsole.emulator.images import Behaviour
from cfconsole.emulator.recording import RequestSink
from cfconsole.emulator.world.names import ServiceName
from cfconsole.emulator.world.traffic import Routing
from cfconsole.emulator.world.world import ServiceRecord, World

SLOWEST_MS = 15_000
REQUESTS_UNTIL_OUT_OF_MEMORY = 150
CONCURRENCY = 8
"""Requests one instance of the shop takes at a time before another one is started."""
HEALTH_PATHS = ("health", "healthz")
MEMORY_MESSAGE = (
    "Memory limit of 512 MiB exceeded with 519 MiB used. Consider increasing the memory limit, "
    "see https://cloud.google.com/run/docs/configuring/memory-limits"
)


class Incoming(NamedTuple):
    """A request as it reached the gateway."""

    service: ServiceName
    tag: str
    method: str
    path: str
    query: str = ""
    user_agent: str = ""
    trace: str = ""


class Reply(NamedTuple):
    """What the gateway answers."""

    status: int
    text: str
    revision: str = ""


class Gateway:
    """Routes requests to simulated revisions and reports each of them."""

    def __init__(self, world: World, reporter: Reporter, requests: RequestSink, seed: int) -> None:
        self.served: Counter[tuple[ServiceName, str, int]] = Counter()
        """Answers so far by service, revision and status."""
        self._world = world
        self._reporter = reporter
        self._requests = requests
        self._random = random.Random(seed)
        self._in_flight: Counter[tuple[ServiceName, str]] = Counter()

    async def answer(self, incoming: Incoming) -> Reply:
        """Serves one request; takes as long as the revision would."""
        record = self._world.find(incoming.service)
        if record is None:
            return Reply(404, "The requested URL was not found on this server.")
        revision = self._route(record.routing, incoming.tag)
        if revision not in record.revisions:
            return Reply(404 if incoming.tag else 503, "No revision serves this address.")
        behaviour = record.behaviours[revision]
        key = (incoming.service, revision)
        self._in_flight[key] += 1
        try:
            latency_ms = self._latency_ms(behaviour)
            await self._world.clock.sleep(latency_ms / 1000)
        finally:
            self._in_flight[key] -= 1
        status = self._status(behaviour, record, revision, incoming.path)
        self._report(incoming, revision, status, latency_ms)
        return Reply(status, "" if status == 200 else "Internal Server Error", revision)

    def report_instances(self) -> None:
        """Records how many instances of each serving revision run now."""
        now = self._world.clock.now()
        for record in self._world.services():
            for share in record.routing.shares:
                busy = self._in_flight[(record.name, share.revision)]
                self._requests.record_instances(
                    project=record.name.project,
                    region=record.name.region,
                    service=record.name.service,
                    revision=share.revision,
                    active=max(1, math.ceil(busy / CONCURRENCY)),
                    idle=1 if busy > CONCURRENCY else 0,
                    at=now,
                )

    def _route(self, routing: Routing, tag: str) -> str:
        if tag:
            return routing.tags.get(tag, "")
        drawn = self._random.random() * 100
        for share in routing.shares:
            drawn -= share.percent
            if drawn < 0:
                return share.revision
        return ""

    def _latency_ms(self, behaviour: Behaviour) -> float:
        drawn = behaviour.median_ms * math.exp(self._random.gauss(0, behaviour.spread))
        return min(SLOWEST_MS, drawn)

    def _status(self, behaviour: Behaviour, record: ServiceRecord, revision: str, path: str) -> int:
        if behaviour.flaky_health and path.strip("/") in HEALTH_PATHS and self._random.random() < 0.25:
            return 503
        if behaviour.leaks and self._is_out_of_memory(record, revision):
            return 503
        return 500 if self._random.random() < behaviour.error_rate else 200

    def _is_out_of_memory(self, record: ServiceRecord, revision: str) -> bool:
        answered = sum(self.served[(record.name, revision, status)] for status in (200, 500, 503))
        if answered % REQUESTS_UNTIL_OUT_OF_MEMORY != REQUESTS_UNTIL_OUT_OF_MEMORY - 1:
            return False
        self._reporter.system_line(record.name, revision, self._world.clock.now(), MEMORY_MESSAGE)
        return True

    def _logged_url(self, incoming: Incoming) -> str:
        query = f"?{incoming.query}" if incoming.query else ""
        return f"{self._world.logged_uri(incoming.service, incoming.tag)}/{incoming.path}{query}"

    def _report(self, incoming: Incoming, revision: str, status: int, latency_ms: float) -> None:
        self.served[(incoming.service, revision, status)] += 1
        self._reporter.report(
            Served(
                incoming.service,
                revision,
                incoming.method,
                self._logged_url(incoming),
                status,
                latency_ms,
                self._world.clock.now(),
                incoming.user_agent,
                incoming.trace,
            )
        )
