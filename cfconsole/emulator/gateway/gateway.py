"""The gateway routes requests to revisions by split or tag, and reports the results."""

from __future__ import annotations

import math
import random
from collections import Counter

from msgspec.structs import replace

from cfconsole.emulator.containers.container import IncomingRequest, Reply
from cfconsole.emulator.containers.simulated import SimulatedContainers
from cfconsole.emulator.gateway.reporter import Reporter, ServedRequest
from cfconsole.emulator.sinks import MetricSink
from cfconsole.emulator.world.names import RevisionName, ServiceName
from cfconsole.emulator.world.traffic import Routing
from cfconsole.emulator.world.world import ServiceRecord, World

CONCURRENCY = 8
"""Concurrent requests per instance of the shop."""


class Gateway:
    """The entry point of all requests to services."""

    def __init__(self, world: World, reporter: Reporter, requests: MetricSink, seed: int) -> None:
        self.served: Counter[tuple[ServiceName, str, int]] = Counter()
        """Number of answers by service, revision and status."""
        self._world = world
        self._reporter = reporter
        self._requests = requests
        self._random = random.Random(seed)
        self._simulated = SimulatedContainers(world.clock, reporter, seed)
        self._in_flight: Counter[tuple[ServiceName, str]] = Counter()

    async def answer(self, incoming: IncomingRequest) -> Reply:
        """Answers one request, after as long as the revision takes."""
        record = self._world.find(incoming.service)
        if record is None:
            return Reply(404, b"The requested URL was not found on this server.")
        revision = self._route(record.routing, incoming.tag)
        if revision not in record.revisions:
            return Reply(404 if incoming.tag else 503, b"No revision serves this address.")
        key = (incoming.service, revision)
        self._in_flight[key] += 1
        try:
            return await self._serve(record, revision, incoming)
        finally:
            self._in_flight[key] -= 1

    async def _serve(self, record: ServiceRecord, revision: str, incoming: IncomingRequest) -> Reply:
        container = record.containers.get(revision)
        if container:
            incoming = replace(incoming, trace=incoming.trace or f"{self._random.getrandbits(128):032x}")
            reply = await container.answer(incoming)
        else:
            name = RevisionName(*record.name, revision)
            reply = await self._simulated.answer(name, record.behaviours[revision], incoming)
        served = self._served(incoming, revision, reply)
        self.served[(incoming.service, revision, reply.status)] += 1
        if container:
            self._reporter.report_request(served)
        else:
            self._reporter.report(served, prints_errors=record.behaviours[revision].prints_errors)
        return reply

    def report_instances(self) -> None:
        """Records how many instances of each serving revision run."""
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

    def _logged_url(self, incoming: IncomingRequest) -> str:
        query = f"?{incoming.query}" if incoming.query else ""
        return f"{self._world.logged_uri(incoming.service, incoming.tag)}/{incoming.path}{query}"

    def _served(self, incoming: IncomingRequest, revision: str, reply: Reply) -> ServedRequest:
        return ServedRequest(
            incoming.service,
            revision,
            incoming.method,
            self._logged_url(incoming),
            reply.status,
            reply.latency_ms,
            self._world.clock.now(),
            incoming.user_agent,
            incoming.trace,
        )
