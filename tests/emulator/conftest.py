"""A running emulator with Google's own clients, and fixtures for both."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from google.cloud import run_v2
from google.cloud.functions_v2.services.function_service import FunctionServiceAsyncClient
from google.cloud.functions_v2.services.function_service.transports import FunctionServiceGrpcAsyncIOTransport
from google.cloud.run_v2.services.revisions import RevisionsAsyncClient
from google.cloud.run_v2.services.revisions.transports import RevisionsGrpcAsyncIOTransport
from google.cloud.run_v2.services.services import ServicesAsyncClient
from google.cloud.run_v2.services.services.transports import ServicesGrpcAsyncIOTransport
from google.protobuf import field_mask_pb2

from cfconsole.emulator.scenarios.shop import EUROPE, HOME, PROJECT
from cfconsole.emulator.server import RunningEmulator, running_emulator
from cfconsole.emulator.world.world import Delays

PARENT = f"projects/{PROJECT}/locations/{HOME}"
EUROPE_PARENT = f"projects/{PROJECT}/locations/{EUROPE}"
ORDERS = f"{PARENT}/services/orders-api"
LATEST = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
REVISION = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION


def to_revision(name: str, percent: int = 100, tag: str = "") -> run_v2.TrafficTarget:
    return run_v2.TrafficTarget(type_=REVISION, revision=name, percent=percent, tag=tag)


@dataclass
class Clients:
    """Google's asynchronous clients, with shortcuts for common calls."""

    services: ServicesAsyncClient
    revisions: RevisionsAsyncClient
    functions: FunctionServiceAsyncClient

    async def service(self, name: str = ORDERS) -> run_v2.Service:
        return await self.services.get_service(name=name)

    async def revision_names(self, service: str = ORDERS) -> list[str]:
        """The short names of a service's revisions, newest first."""
        pager = await self.revisions.list_revisions(parent=service)
        return [revision.name.rpartition("/")[2] async for revision in pager]

    async def begin_update(self, service: run_v2.Service, *paths: str, **options: bool) -> Any:
        """Sends a write and returns its operation."""
        mask = field_mask_pb2.FieldMask(paths=paths)
        request = run_v2.UpdateServiceRequest(service=service, update_mask=mask, **options)
        return await self.services.update_service(request=request)

    async def update(self, service: run_v2.Service, *paths: str, **options: bool) -> run_v2.Service:
        """Sends a write and waits until it is reconciled."""
        settled = await finished(await self.begin_update(service, *paths, **options))
        assert isinstance(settled, run_v2.Service)
        return settled

    async def deploy(self, image_tag: str, service: str = ORDERS) -> run_v2.Service:
        """Deploys another image and waits until it is reconciled."""
        current = await self.service(service)
        current.template.revision = ""
        current.template.containers[0].image = f"registry.example/shop/app:{image_tag}"
        return await self.update(current, "template")


@dataclass
class Cloud(Clients):
    """An emulator in this event loop, with connected clients."""

    emulator: RunningEmulator


async def finished(operation: Any, timeout_s: float = 5) -> Any:
    """The result of an operation, polled more often than the clients do by default."""
    operation._retry = operation._retry.with_delay(0.01, 0.05, 1.5)
    return await operation.result(timeout=timeout_s)


@asynccontextmanager
async def clients_of(address: str) -> AsyncIterator[Clients]:
    """Clients of the emulator at this address; closed at the end of the block."""
    async with grpc.aio.insecure_channel(address) as channel:
        yield Clients(
            ServicesAsyncClient(transport=ServicesGrpcAsyncIOTransport(channel=channel)),
            RevisionsAsyncClient(transport=RevisionsGrpcAsyncIOTransport(channel=channel)),
            FunctionServiceAsyncClient(transport=FunctionServiceGrpcAsyncIOTransport(channel=channel)),
        )


@asynccontextmanager
async def connected(emulator: RunningEmulator) -> AsyncIterator[Cloud]:
    """Clients of `emulator`; closed at the end of the block."""
    async with clients_of(emulator.grpc_address) as clients:
        yield Cloud(clients.services, clients.revisions, clients.functions, emulator)


@pytest.fixture
async def cloud() -> AsyncIterator[Cloud]:
    """The calm shop, without delays."""
    async with running_emulator(load=False, delays=Delays.none()) as emulator, connected(emulator) as clients:
        yield clients


@pytest.fixture
async def served_cloud() -> AsyncIterator[Cloud]:
    """The calm shop, without delays, with its gateway listening."""
    async with (
        running_emulator(load=False, delays=Delays.none(), http_port=0) as emulator,
        connected(emulator) as clients,
    ):
        yield clients
