"""The connection to a cloud: credentials, and Google's asynchronous clients for the real APIs or an emulator."""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

os.environ.setdefault("GRPC_VERBOSITY", "NONE")
# isort: split
# The line above keeps gRPC from writing over the screen; it must come before the first import of grpc.
import google.auth.credentials
import grpc.aio
from google.api_core.client_options import ClientOptions
from msgspec import Struct

from cfconsole.domain.text import Scrubber
from cfconsole.gcp.connection.credentials import IdTokens, NoTokens, Tokens, find_credentials, no_id_token
from cfconsole.gcp.connection.options import GcpOptions

if TYPE_CHECKING:
    from google.cloud.functions_v2.services.function_service import FunctionServiceAsyncClient
    from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2AsyncClient
    from google.cloud.monitoring_v3.services.alert_policy_service import AlertPolicyServiceAsyncClient
    from google.cloud.monitoring_v3.services.metric_service import MetricServiceAsyncClient
    from google.cloud.run_v2.services.revisions import RevisionsAsyncClient
    from google.cloud.run_v2.services.services import ServicesAsyncClient

_UNBOUNDED = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))
"""No limit on message sizes, as in Google's own channels; one page of log entries reaches the default of 4 MB."""
_QUICK_RECONNECT = (("grpc.initial_reconnect_backoff_ms", 500), ("grpc.max_reconnect_backoff_ms", 4_000))
"""By default a channel waits up to two minutes after an outage, and every call fails until then."""

MakeClient: TypeAlias = Callable[[Callable[..., Any], Callable[..., Any]], Any]
"""Makes a client from its class and the class of its transport."""


class Clients:
    """One client for each API that the console calls, made on first use because loading each one takes a while."""

    def __init__(self, make: MakeClient) -> None:
        self._make = make
        self._made: list[Any] = []

    @functools.cached_property
    def services(self) -> ServicesAsyncClient:
        from google.cloud.run_v2.services.services import ServicesAsyncClient
        from google.cloud.run_v2.services.services.transports import ServicesGrpcAsyncIOTransport

        client: ServicesAsyncClient = self._open(ServicesAsyncClient, ServicesGrpcAsyncIOTransport)
        return client

    @functools.cached_property
    def revisions(self) -> RevisionsAsyncClient:
        from google.cloud.run_v2.services.revisions import RevisionsAsyncClient
        from google.cloud.run_v2.services.revisions.transports import RevisionsGrpcAsyncIOTransport

        client: RevisionsAsyncClient = self._open(RevisionsAsyncClient, RevisionsGrpcAsyncIOTransport)
        return client

    @functools.cached_property
    def functions(self) -> FunctionServiceAsyncClient:
        from google.cloud.functions_v2.services.function_service import FunctionServiceAsyncClient
        from google.cloud.functions_v2.services.function_service.transports import FunctionServiceGrpcAsyncIOTransport

        client: FunctionServiceAsyncClient = self._open(FunctionServiceAsyncClient, FunctionServiceGrpcAsyncIOTransport)
        return client

    @functools.cached_property
    def logging(self) -> LoggingServiceV2AsyncClient:
        from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2AsyncClient
        from google.cloud.logging_v2.services.logging_service_v2.transports import LoggingServiceV2GrpcAsyncIOTransport

        client: LoggingServiceV2AsyncClient = self._open(
            LoggingServiceV2AsyncClient, LoggingServiceV2GrpcAsyncIOTransport
        )
        return client

    @functools.cached_property
    def metrics(self) -> MetricServiceAsyncClient:
        from google.cloud.monitoring_v3.services.metric_service import MetricServiceAsyncClient
        from google.cloud.monitoring_v3.services.metric_service.transports import MetricServiceGrpcAsyncIOTransport

        client: MetricServiceAsyncClient = self._open(MetricServiceAsyncClient, MetricServiceGrpcAsyncIOTransport)
        return client

    @functools.cached_property
    def policies(self) -> AlertPolicyServiceAsyncClient:
        from google.cloud.monitoring_v3.services.alert_policy_service import AlertPolicyServiceAsyncClient
        from google.cloud.monitoring_v3.services.alert_policy_service.transports import (
            AlertPolicyServiceGrpcAsyncIOTransport,
        )

        client: AlertPolicyServiceAsyncClient = self._open(
            AlertPolicyServiceAsyncClient, AlertPolicyServiceGrpcAsyncIOTransport
        )
        return client

    async def aclose(self) -> None:
        """Closes every channel; running calls end with an error."""
        made, self._made = self._made, []
        await asyncio.gather(*(client.transport.close() for client in made))

    def _open(self, client: Callable[..., Any], transport: Callable[..., Any]) -> Any:
        made = self._make(client, transport)
        self._made.append(made)
        return made


def emulator_clients(host: str) -> Clients:
    """Clients of an emulator at `HOST:PORT`, without credentials."""

    def make(client: Callable[..., Any], transport: Callable[..., Any]) -> Any:
        return client(
            transport=transport(channel=grpc.aio.insecure_channel(host, options=(*_UNBOUNDED, *_QUICK_RECONNECT)))
        )

    return Clients(make)


def google_clients(credentials: google.auth.credentials.Credentials, options: GcpOptions) -> Clients:
    """Clients of the real APIs. gRPC refreshes the credentials in a thread of its own."""
    client_options = ClientOptions(quota_project_id=options.quota_project or None)

    def make(client: Callable[..., Any], transport: Any) -> Any:
        def channel(*words: Any, options: Sequence[tuple[str, Any]] = (), **named: Any) -> grpc.aio.Channel:
            made: grpc.aio.Channel = transport.create_channel(*words, options=(*options, *_QUICK_RECONNECT), **named)
            return made

        with_channel = functools.partial(transport, channel=channel)
        return client(credentials=credentials, transport=with_channel, client_options=client_options)

    return Clients(make)


class GoogleConnection(Struct, frozen=True):
    """The credentials and clients with which the adapters call Google."""

    tokens: Tokens
    clients: Clients
    id_token: Callable[[str], Awaitable[str]]
    """Gives an ID token for an audience, empty where there is none. Raises `CloudError`."""


async def connect(options: GcpOptions, scrub: Scrubber) -> GoogleConnection:
    """Finds the credentials, except for an emulator, and makes clients; channels connect on first use.

    Raises `CloudError` (CREDENTIALS) with the command to run.
    """
    if options.emulator_host:
        return GoogleConnection(NoTokens(), emulator_clients(options.emulator_host), no_id_token)
    found = await find_credentials(options, scrub)
    return GoogleConnection(found, google_clients(found.credentials, options), IdTokens(scrub).token)
