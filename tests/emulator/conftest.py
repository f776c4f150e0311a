"""A served world and Google's own clients for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import grpc
import pytest
from google.cloud.functions_v2.services.function_service import FunctionServiceAsyncClient
from google.cloud.functions_v2.services.function_service.transports import FunctionServiceGrpcAsyncIOTransport
from google.cloud.run_v2.services.revisions import RevisionsAsyncClient
from google.cloud.run_v2.services.revisions.transports import RevisionsGrpcAsyncIOTransport
from google.cloud.run_v2.services.services import ServicesAsyncClient
from google.cloud.run_v2.services.services.transports import ServicesGrpcAsyncIOTransport

from cfconsole.emulator.server import Emulator, running_emulator
from cfconsole.emulator.world.world import Delays


@dataclass
class Cloud:
    """A world that settles at once, and Google's asynchronous clients connected to it."""

    emulator: Emulator
    services: ServicesAsyncClient
    revisions: RevisionsAsyncClient
    functions: FunctionServiceAsyncClient


@asynccontextmanager
async def connected(emulator: Emulator) -> AsyncIterator[Cloud]:
    """Clients of `emulator`, closed at the end."""
    async with grpc.aio.insecure_channel(emulator.grpc_address) as channel:
        yield Cloud(
            emulator,
            ServicesAsyncClient(transport=ServicesGrpcAsyncIOTransport(channel=channel)),
            RevisionsAsyncClient(transport=RevisionsGrpcAsyncIOTransport(channel=channel)),
            FunctionServiceAsyncClient(transport=FunctionServiceGrpcAsyncIOTransport(channel=channel)),
        )


@pytest.fixture
async def cloud() -> AsyncIterator[Cloud]:
    """The shop with nothing wrong in it."""
    async with running_emulator(load=False, delays=Delays.none()) as emulator, connected(emulator) as clients:
        yield clients
