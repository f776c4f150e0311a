"""Opens a cloud: clients, credentials and the four adapters the session works with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from cfconsole.domain.text import Scrubber
from cfconsole.gcp.clients import Clients, emulator_clients, google_clients
from cfconsole.gcp.credentials import NoTokens, Tokens, find_credentials
from cfconsole.gcp.later import LaterAlerts, LaterLogs, LaterMetrics, Loading
from cfconsole.gcp.options import GcpOptions
from cfconsole.gcp.services import RunServices

if TYPE_CHECKING:
    from cfconsole.gcp.alerts import Fetch


class OpenCloud(NamedTuple):
    """A cloud that can be called until `aclose`."""

    services: RunServices
    metrics: LaterMetrics
    alerts: LaterAlerts
    logs: LaterLogs
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


async def open_cloud(options: GcpOptions, fetch: Fetch, load: Callable[[], None] = _nothing_else) -> OpenCloud:
    """Connects lazily: only credentials are looked up now, and none for an emulator.

    `fetch` makes the REST calls. `load` is called in a worker thread, after the clients of logs and metrics were loaded
    there. Raises `CloudError` (CREDENTIALS) with the command that mends it, and `ValueError` for a redaction pattern
    that can't be used.
    """
    scrub = Scrubber(options.redact)
    tokens, clients = await _connect(options, scrub)
    loading = Loading(options, clients, tokens, fetch, scrub, load)
    return OpenCloud(
        services=RunServices(clients, options.limits, scrub),
        metrics=LaterMetrics(loading),
        alerts=LaterAlerts(loading),
        logs=LaterLogs(loading),
        tokens=tokens,
        clients=clients,
    )


async def _connect(options: GcpOptions, scrub: Scrubber) -> tuple[Tokens, Clients]:
    if options.emulator_host:
        return NoTokens(), emulator_clients(options.emulator_host)
    found = await find_credentials(options, scrub)
    return found, google_clients(found.credentials, options)
