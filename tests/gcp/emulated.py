"""A shop on an emulated Google Cloud, served over real gRPC on loopback in the test's own loop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import NamedTuple

from grpc import aio

from cfconsole.domain.services import ServiceKey
from cfconsole.domain.text import Scrubber
from cfconsole.emulator.clock import ManualClock
from cfconsole.emulator.control.common import CommonServicer
from cfconsole.emulator.control.functions import FunctionsServicer
from cfconsole.emulator.control.rpc import FaultInterceptor
from cfconsole.emulator.control.run import RunServicer
from cfconsole.emulator.faults import Faults
from cfconsole.emulator.logs.servicer import log_handlers
from cfconsole.emulator.logs.store import LogStore
from cfconsole.emulator.scenarios.shop import PROJECT, REGIONS, shop_services
from cfconsole.emulator.world.seeding import plant
from cfconsole.emulator.world.world import World
from cfconsole.gcp.clients import Clients, emulator_clients
from cfconsole.gcp.logs import CloudLogs
from cfconsole.gcp.options import UNLIMITED, Limits
from cfconsole.gcp.services import RunServices

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SCRUB = Scrubber()
ORDERS = ServiceKey(PROJECT, "us-central1", "orders-api")


class Shop(NamedTuple):
    """The emulated cloud and clients of it."""

    clock: ManualClock
    world: World
    faults: Faults
    logs: LogStore
    wire: FaultInterceptor
    clients: Clients

    def services(self) -> RunServices:
        return RunServices(self.clients, UNLIMITED, SCRUB)

    def log_reads(self, limits: Limits = UNLIMITED) -> CloudLogs:
        return CloudLogs(self.clients, limits, SCRUB)

    def calls(self, method: str) -> int:
        """How many calls of this method came over the wire."""
        return sum(n for name, n in self.wire.calls.items() if name.endswith(f"/{method}"))


@asynccontextmanager
async def running_shop() -> AsyncIterator[Shop]:
    """Everything stops at the end of the block."""
    clock = ManualClock(START)
    faults = Faults()
    logs = LogStore(clock)
    world = World(clock, logs)
    world.add_project(PROJECT, REGIONS)
    for spec in shop_services():
        plant(world, PROJECT, spec)
    wire = FaultInterceptor(faults, clock)
    server = aio.server(interceptors=[wire])
    for servicer in (RunServicer(world, "ops@shop"), FunctionsServicer(world, faults), CommonServicer(world)):
        server.add_generic_rpc_handlers(tuple(servicer.generic_handlers()))
    server.add_generic_rpc_handlers((log_handlers(logs, clock),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    clients = emulator_clients(f"127.0.0.1:{port}")
    try:
        yield Shop(clock, world, faults, logs, wire, clients)
    finally:
        await clients.aclose()
        await server.stop(None)
        await world.background.stop()
