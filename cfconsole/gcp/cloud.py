"""Opens a cloud: clients, credentials and the adapters the session works with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.text import Scrubber
from cfconsole.gcp.clients import Clients, emulator_clients, google_clients
from cfconsole.gcp.credentials import NoTokens, Tokens, find_credentials
from cfconsole.gcp.id_tokens import IdTokens, no_id_token
from cfconsole.gcp.later import LaterAlerts, LaterFunctions, LaterHistory, LaterLogs, LaterMetrics, Loading
from cfconsole.gcp.options import GcpOptions
from cfconsole.gcp.services import RunServices

if TYPE_CHECKING:
    from cfconsole.gcp.alerts import Fetch
    from cfconsole.gcp.function_writes import Put


class OpenCloud(NamedTuple):
    """A cloud that can be called until `aclose`."""

    services: RunServices
    metrics: LaterMetrics
    alerts: LaterAlerts
    logs: LaterLogs
    history: LaterHistory
    functions: LaterFunctions
    id_token: Callable[[str], Awaitable[str]]
    """Gives an ID token for an audience, empty where there is none. Raises `CloudError`."""
    tokens: Tokens
    clients: Clients

    @property
    def credentials_expire_at(self) -> datetime | None:
        """When the access token ends; `None` on an emulator."""
        return self.tokens.expires_at

    async def aclose(self) -> None:
        await self.clients.aclose()


def _nothing_else() -> None:
    """What there is to load besides where the caller names nothing."""


async def _no_uploads(url: str, archive: bytes) -> None:
    raise CloudError(ErrorKind.UNSUPPORTED, "Nothing can be uploaded here.")


async def open_cloud(
    options: GcpOptions, fetch: Fetch, load: Callable[[], None] = _nothing_else, put: Put = _no_uploads
) -> OpenCloud:
    """Connects lazily: only credentials are looked up now, and none for an emulator.

    `fetch` makes the REST calls, `put` the uploads. `load` is called in a worker thread, after the clients of logs and
    metrics were loaded there. Raises `CloudError` (CREDENTIALS) with the command that mends it, and `ValueError` for a
    redaction pattern that can't be used.
    """
    scrub = Scrubber(options.redact)
    tokens, clients = await _connect(options, scrub)
    loading = Loading(options, clients, tokens, fetch, scrub, load, put)
    return OpenCloud(
        services=RunServices(clients, options.limits, scrub),
        metrics=LaterMetrics(loading),
        alerts=LaterAlerts(loading),
        logs=LaterLogs(loading),
        history=LaterHistory(loading),
        functions=LaterFunctions(loading),
        id_token=no_id_token if options.emulator_host else IdTokens(scrub).token,
        tokens=tokens,
        clients=clients,
    )


async def _connect(options: GcpOptions, scrub: Scrubber) -> tuple[Tokens, Clients]:
    if options.emulator_host:
        return NoTokens(), emulator_clients(options.emulator_host)
    found = await find_credentials(options, scrub)
    return found, google_clients(found.credentials, options)
