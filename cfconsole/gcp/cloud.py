"""Opens a cloud: clients, credentials and the four adapters the session works with."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from cfconsole.domain.text import Scrubber
from cfconsole.gcp.alerts import CloudAlerts, Fetch
from cfconsole.gcp.clients import Clients, emulator_clients, google_clients
from cfconsole.gcp.credentials import NoTokens, Tokens, find_credentials
from cfconsole.gcp.logs import CloudLogs
from cfconsole.gcp.metrics import CloudMetrics
from cfconsole.gcp.options import GcpOptions
from cfconsole.gcp.policies import Policies
from cfconsole.gcp.services import RunServices


class OpenCloud(NamedTuple):
    """A cloud that can be called until `aclose`."""

    services: RunServices
    metrics: CloudMetrics
    alerts: CloudAlerts
    logs: CloudLogs
    tokens: Tokens
    clients: Clients

    @property
    def credentials_expire_at(self) -> datetime | None:
        """When the access token ends; `None` on an emulator."""
        return self.tokens.expires_at

    async def aclose(self) -> None:
        await self.clients.aclose()


async def open_cloud(options: GcpOptions, fetch: Fetch) -> OpenCloud:
    """Connects lazily: only credentials are looked up now, and none for an emulator.

    `fetch` makes the REST calls. Raises `CloudError` (CREDENTIALS) with the command that mends it, and `ValueError` for
    a redaction pattern that can't be used.
    """
    scrub = Scrubber(options.redact)
    tokens, clients = await _connect(options, scrub)
    logs = CloudLogs(clients, options.limits, scrub)
    policies = Policies(clients, options.limits, scrub)
    return OpenCloud(
        services=RunServices(clients, options.limits, scrub),
        metrics=CloudMetrics(clients, options.limits, scrub),
        alerts=CloudAlerts(fetch, tokens, options.monitoring_url, policies, logs, scrub),
        logs=logs,
        tokens=tokens,
        clients=clients,
    )


async def _connect(options: GcpOptions, scrub: Scrubber) -> tuple[Tokens, Clients]:
    if options.emulator_host:
        return NoTokens(), emulator_clients(options.emulator_host)
    found = await find_credentials(options, scrub)
    return found, google_clients(found.credentials, options)
