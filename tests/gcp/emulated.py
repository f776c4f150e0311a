"""A shop on an emulated Google Cloud, served over real gRPC and REST on loopback in the test's own loop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.domain.text import Scrubber
from cfconsole.emulator.clock import ManualClock
from cfconsole.emulator.faults import Faults
from cfconsole.emulator.logs.store import LogStore
from cfconsole.emulator.observability import Observability
from cfconsole.emulator.scenarios.shop import PROJECT
from cfconsole.emulator.server import RunningEmulator, running_emulator
from cfconsole.emulator.world.world import World
from cfconsole.gcp.connection.clients import Clients, emulator_clients
from cfconsole.gcp.connection.options import UNLIMITED, RateLimits
from cfconsole.gcp.fleet.services import RunServices
from cfconsole.gcp.logs.cloud_logs import CloudLogs
from cfconsole.gcp.metrics.cloud_metrics import CloudMetrics

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SCRUB = Scrubber()
ORDERS = ServiceKey(PROJECT, "us-central1", "orders-api")


class Shop(NamedTuple):
    """The emulated cloud, its clock, and clients of it."""

    emulator: RunningEmulator
    clock: ManualClock
    clients: Clients

    @property
    def world(self) -> World:
        return self.emulator.world

    @property
    def faults(self) -> Faults:
        return self.emulator.faults

    @property
    def observability(self) -> Observability:
        return self.emulator.observability

    @property
    def logs(self) -> LogStore:
        return self.emulator.observability.logs

    def services(self) -> RunServices:
        return RunServices(self.clients, UNLIMITED, SCRUB)

    def log_reads(self, limits: RateLimits = UNLIMITED) -> CloudLogs:
        return CloudLogs(self.clients, limits, SCRUB)

    def metrics(self) -> CloudMetrics:
        return CloudMetrics(self.clients, UNLIMITED, SCRUB)

    def calls(self, method: str) -> int:
        """How many calls of this method came over the wire."""
        return sum(n for name, n in self.emulator.calls.items() if name.endswith(f"/{method}"))

    def serve_requests(self, revision: str, code: int, count: int, ago_s: float, latency_ms: float = 100.0) -> None:
        """Puts requests of orders-api on record, as if they had been served `ago_s` before now."""
        self.observability.metrics.record_requests(
            project=ORDERS.project,
            region=ORDERS.region,
            service=ORDERS.name,
            revision=revision,
            response_code=code,
            count=count,
            latencies_ms=[latency_ms],
            at=self.clock.now() - timedelta(seconds=ago_s),
        )


@asynccontextmanager
async def running_shop(*, http: bool = False, ingest_delay_s: float = 10.0) -> AsyncIterator[Shop]:
    """Everything stops at the end of the block. Nothing happens in the shop but what a test does."""
    clock = ManualClock(START)
    served = running_emulator(clock=clock, load=False, http_port=0 if http else None, ingest_delay_s=ingest_delay_s)
    async with served as emulator:
        clients = emulator_clients(emulator.grpc_address)
        try:
            yield Shop(emulator, clock, clients)
        finally:
            await clients.aclose()
