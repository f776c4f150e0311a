"""Serves a scenario over gRPC and HTTP, in the caller's event loop or as the `cfconsole emulator` command."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

from grpc import aio
from msgspec import Struct

from cfconsole.emulator.api.cloud_functions import FunctionsServicer
from cfconsole.emulator.api.cloud_run import RunServicer
from cfconsole.emulator.api.operations import OperationsServicer
from cfconsole.emulator.api.rpc import FaultInterceptor
from cfconsole.emulator.clock import Clock, SystemClock
from cfconsole.emulator.containers.process import LocalContainerHost
from cfconsole.emulator.faults import Faults
from cfconsole.emulator.gateway.admin import Admin
from cfconsole.emulator.gateway.admin_faults import FaultSwitches
from cfconsole.emulator.gateway.app import GATEWAY_PREFIX, http_app
from cfconsole.emulator.gateway.gateway import Gateway
from cfconsole.emulator.gateway.http_server import PortInUse, bound_socket, running_http_server
from cfconsole.emulator.gateway.reporter import Reporter
from cfconsole.emulator.logs.tail import LogLimits
from cfconsole.emulator.observability import Observability
from cfconsole.emulator.scenarios import scenario_named
from cfconsole.emulator.scenarios.policies import shop_policies
from cfconsole.emulator.scenarios.runner import ScenarioRunner
from cfconsole.emulator.scenarios.scenario import Scenario, StoryContext
from cfconsole.emulator.world.world import Delays, World

__all__ = ["EmulatorOptions", "PortInUse", "RunningEmulator", "run", "running_emulator", "serve"]

PRINCIPAL = "ops@shop"
"""The caller that the audit log names for calls over gRPC."""
ABANDONMENT_CHECK_S = 5.0
ABANDONMENT_GRACE_S = 600.0
"""How long an abandoned emulator keeps running, so that whoever comes back finds it as they left it."""


class EmulatorOptions(Struct, frozen=True):
    """The options of `run`. Port 0 picks a free port."""

    port: int = 8085
    http_port: int = 8086
    scenario: str = "calm"
    seed: int = 1
    services: int | None = None
    """The number of services in the scenario `fleet`; None for its default."""
    latency_ms: float = 0
    sample_period_s: float = 10.0
    ingest_delay_s: float = 10.0
    host: str = "127.0.0.1"
    delays: Delays | None = None
    """How long the cloud takes for deploys; None for about as long as Google's."""
    abandoned: Callable[[], bool] | None = None
    """Returns whether the emulator is no longer in use; it stops after ten minutes of that."""


class RunningEmulator(Struct, frozen=True):
    """A running emulator."""

    world: World
    faults: Faults
    observability: Observability
    story_context: StoryContext
    """The world as stories act on it; tests make things happen through it."""
    gateway: Gateway
    calls: Counter[str]
    """Number of gRPC calls by full method name."""
    grpc_address: str
    http_address: str
    """Empty if HTTP is not served."""


@contextlib.asynccontextmanager
async def running_emulator(
    scenario: Scenario | str = "calm",
    *,
    clock: Clock | None = None,
    host: str = "127.0.0.1",
    grpc_port: int = 0,
    http_port: int | None = None,
    load: bool = True,
    delays: Delays | None = None,
    seed: int = 1,
    services: int | None = None,
    latency_ms: float = 0,
    sample_period_s: float = 10.0,
    ingest_delay_s: float = 10.0,
    log_limits: LogLimits | None = None,
) -> AsyncIterator[RunningEmulator]:
    """Serves `scenario` in this event loop until the block ends.

    Without an `http_port` there is no gateway, and services have addresses in Google's form. With `load`, the
    scenario runs: history, story and, with a gateway, real requests; without it the world changes only through
    calls. Raises `PortInUse`, and `ValueError` for an unknown scenario.
    """
    clock = clock or SystemClock()
    faults = Faults(latency_ms)
    observability = Observability(
        clock, faults, sample_period_s=sample_period_s, ingest_delay_s=ingest_delay_s, log_limits=log_limits
    )
    selected = scenario_named(scenario, services) if isinstance(scenario, str) else scenario
    async with contextlib.AsyncExitStack() as stack:
        listener = None if http_port is None else stack.enter_context(bound_socket(host, http_port))
        http_address = _address(listener) if listener else ""
        gateway_url = f"http://{http_address}{GATEWAY_PREFIX}" if listener else ""
        world = World(clock, observability.logs, delays=delays, seed=seed, gateway_url=gateway_url)
        world.container_host = LocalContainerHost(world.logs, clock, world.next_uid, world.background.start)
        _build_scenario(selected, world, faults, observability)
        reporter = Reporter(observability.logs, observability.metrics, seed, world.failures.unlogged)
        gateway = Gateway(world, reporter, observability.metrics, seed)
        calls = FaultInterceptor(faults, clock)
        address = await _serve_grpc(stack, world, faults, observability, calls, f"{host}:{grpc_port}")
        story_context = StoryContext(world, reporter)
        if listener:
            switches = FaultSwitches(faults, world, observability.metrics)
            admin = Admin(story_context, gateway, calls, switches, observability.tails)
            await stack.enter_async_context(
                running_http_server(http_app(gateway, observability, world.uploads, admin.routes()), listener)
            )
        stack.push_async_callback(world.background.stop)
        stack.push_async_callback(world.container_host.close)
        if load:
            ScenarioRunner(selected, story_context, gateway, observability, seed).start(
                with_requests=listener is not None
            )
        yield RunningEmulator(world, faults, observability, story_context, gateway, calls.calls, address, http_address)


def _build_scenario(scenario: Scenario, world: World, faults: Faults, observability: Observability) -> None:
    scenario.build(world)
    for method, permission in scenario.denied:
        faults.deny(method, permission)
    for policy in shop_policies(scenario.project):
        observability.alerts.add_policy(policy)


def run(options: EmulatorOptions) -> None:
    """Serves until SIGTERM or SIGINT. Prints one READY line with the addresses. Raises `PortInUse`."""
    asyncio.run(serve(options))


async def serve(options: EmulatorOptions) -> None:
    """Does the same as `run` in a running event loop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with running_emulator(
        options.scenario,
        host=options.host,
        grpc_port=options.port,
        http_port=options.http_port,
        delays=options.delays,
        seed=options.seed,
        services=options.services,
        latency_ms=options.latency_ms,
        sample_period_s=options.sample_period_s,
        ingest_delay_s=options.ingest_delay_s,
    ) as emulator:
        sys.stdout.write(f"READY grpc={emulator.grpc_address} http={emulator.http_address}\n")
        sys.stdout.flush()
        if options.abandoned:
            emulator.world.background.start(_end_when_abandoned(stop, options.abandoned, emulator.world.clock))
        await stop.wait()


async def until_abandoned(abandoned: Callable[[], bool], clock: Clock) -> None:
    """Returns once every check of ten minutes in a row has found `abandoned` true."""
    abandoned_s = 0.0
    while abandoned_s < ABANDONMENT_GRACE_S:
        await clock.sleep(ABANDONMENT_CHECK_S)
        abandoned_s = abandoned_s + ABANDONMENT_CHECK_S if abandoned() else 0.0


async def _end_when_abandoned(stop: asyncio.Event, abandoned: Callable[[], bool], clock: Clock) -> None:
    await until_abandoned(abandoned, clock)
    stop.set()


def all_handlers(world: World, faults: Faults, observability: Observability) -> list[Any]:
    """Every gRPC service of the emulator."""
    return [
        *RunServicer(world, faults, PRINCIPAL).generic_handlers(),
        *FunctionsServicer(world, faults, PRINCIPAL).generic_handlers(),
        *OperationsServicer(world).generic_handlers(),
        *observability.generic_handlers(),
    ]


async def _serve_grpc(
    stack: contextlib.AsyncExitStack,
    world: World,
    faults: Faults,
    observability: Observability,
    calls: FaultInterceptor,
    address: str,
) -> str:
    # With SO_REUSEPORT a second emulator could share the port and receive half of the calls.
    server = aio.server(interceptors=(calls,), options=[("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers(tuple(all_handlers(world, faults, observability)))
    try:
        port = server.add_insecure_port(address)
    except RuntimeError:
        raise PortInUse(f"The emulator can't listen on {address}: the port is in use.") from None
    await server.start()
    stack.push_async_callback(server.stop, None)
    return f"{address.rpartition(':')[0]}:{port}"


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"{host}:{port}"
