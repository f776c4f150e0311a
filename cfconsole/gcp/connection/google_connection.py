"""Connects to a cloud: whose credentials are used, and the clients that are made with them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec import Struct

from cfconsole.domain.text import Scrubber
from cfconsole.gcp.connection.clients import Clients, emulator_clients, google_clients
from cfconsole.gcp.connection.credentials import NoTokens, Tokens, find_credentials
from cfconsole.gcp.connection.id_tokens import IdTokens, no_id_token
from cfconsole.gcp.connection.options import GcpOptions


class GoogleConnection(Struct, frozen=True):
    """What the adapters call Google with, until its clients are closed."""

    tokens: Tokens
    clients: Clients
    id_token: Callable[[str], Awaitable[str]]
    """Gives an ID token for an audience, empty where there is none. Raises `CloudError`."""


async def connect(options: GcpOptions, scrub: Scrubber) -> GoogleConnection:
    """Only looks credentials up, and none for an emulator; channels connect when they are first used.

    Raises `CloudError` (CREDENTIALS) with the command that mends it.
    """
    if options.emulator_host:
        return GoogleConnection(NoTokens(), emulator_clients(options.emulator_host), no_id_token)
    found = await find_credentials(options, scrub)
    return GoogleConnection(found, google_clients(found.credentials, options), IdTokens(scrub).token)
