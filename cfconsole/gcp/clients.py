"""Google's asynchronous clients, each with a channel of its own: to the real APIs, or to an emulator."""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

os.environ.setdefault("GRPC_VERBOSITY", "NONE")
# isort: split
# The line above keeps gRPC from writing over the screen; it must come before the first import of grpc.
import google.auth.credentials
import grpc.aio
from google.api_core.client_options import ClientOptions
from google.cloud.functions_v2.services.function_service import FunctionServiceAsyncClient
from google.cloud.functions_v2.services.function_service.transports import FunctionServiceGrpcAsyncIOTransport
from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2AsyncClient
from google.cloud.logging_v2.services.logging_service_v2.transports import LoggingServiceV2GrpcAsyncIOTransport
from google.cloud.monitoring_v3.services.alert_policy_service import AlertPolicyServiceAsyncClient
from google.cloud.monitoring_v3.services.alert_policy_service.transports import AlertPolicyServiceGrpcAsyncIOTransport
from google.cloud.monitoring_v3.services.metric_service import MetricServiceAsyncClient
from google.cloud.monitoring_v3.services.metric_service.transports import MetricServiceGrpcAsyncIOTransport
from google.cloud.run_v2.services.revisions import RevisionsAsyncClient
from google.cloud.run_v2.services.revisions.transports import RevisionsGrpcAsyncIOTransport
from google.cloud.run_v2.services.services import ServicesAsyncClient
from google.cloud.run_v2.services.services.transports import ServicesGrpcAsyncIOTransport

from cfconsole.gcp.options import GcpOptions

_UNBOUNDED = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))
"""Google's own channels take messages of any size too; the default of 4 MB is one page of log entries."""
_SOON_BACK = (("grpc.initial_reconnect_backoff_ms", 500), ("grpc.max_reconnect_backoff_ms", 4_000))
"""The default lets a channel rest for two minutes after an outage, and every call fails meanwhile, asked for or not."""

_Client = TypeVar("_Client")


class Clients(NamedTuple):
    """One client for each API the console calls."""

    services: ServicesAsyncClient
    revisions: RevisionsAsyncClient
    functions: FunctionServiceAsyncClient
    logging: LoggingServiceV2AsyncClient
    metrics: MetricServiceAsyncClient
    policies: AlertPolicyServiceAsyncClient

    async def aclose(self) -> None:
        """Closes every channel; calls under way end with an error."""
        transports: list[Any] = [client.transport for client in self]
        await asyncio.gather(*(transport.close() for transport in transports))


def emulator_clients(host: str) -> Clients:
    """Clients of an emulator at `HOST:PORT`. No credentials are looked up."""

    def make(client: Callable[..., _Client], transport: Callable[..., Any]) -> _Client:
        return client(transport=transport(channel=grpc.aio.insecure_channel(host, options=(*_UNBOUNDED, *_SOON_BACK))))

    return _clients(make)


def google_clients(credentials: google.auth.credentials.Credentials, options: GcpOptions) -> Clients:
    """Clients of the real APIs. gRPC refreshes the credentials in a thread of its own."""
    client_options = ClientOptions(quota_project_id=options.quota_project or None)

    def make(client: Callable[..., _Client], transport: Any) -> _Client:
        def channel(*words: Any, options: Sequence[tuple[str, Any]] = (), **named: Any) -> grpc.aio.Channel:
            made: grpc.aio.Channel = transport.create_channel(*words, options=(*options, *_SOON_BACK), **named)
            return made

        with_channel = functools.partial(transport, channel=channel)
        return client(credentials=credentials, transport=with_channel, client_options=client_options)

    return _clients(make)


def _clients(make: Callable[[Callable[..., Any], Callable[..., Any]], Any]) -> Clients:
    return Clients(
        services=make(ServicesAsyncClient, ServicesGrpcAsyncIOTransport),
        revisions=make(RevisionsAsyncClient, RevisionsGrpcAsyncIOTransport),
        functions=make(FunctionServiceAsyncClient, FunctionServiceGrpcAsyncIOTransport),
        logging=make(LoggingServiceV2AsyncClient, LoggingServiceV2GrpcAsyncIOTransport),
        metrics=make(MetricServiceAsyncClient, MetricServiceGrpcAsyncIOTransport),
        policies=make(AlertPolicyServiceAsyncClient, AlertPolicyServiceGrpcAsyncIOTransport),
    )
