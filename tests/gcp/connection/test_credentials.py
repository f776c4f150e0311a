"""Access tokens from a token endpoint: fresh ones, refused ones, no network."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import google.oauth2.credentials
import pytest

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.gcp.connection.clients import google_clients
from cfconsole.gcp.connection.credentials import GoogleTokens, RenewedCredentials
from cfconsole.gcp.connection.options import GcpOptions
from tests.gcp.emulated import SCRUB
from tests.net.test_rest import serving


def login(token_uri: str) -> Any:
    """A user's login, as `gcloud auth application-default login` leaves it behind."""
    make: Any = google.oauth2.credentials.Credentials
    return make(None, refresh_token="r", token_uri=token_uri, client_id="c", client_secret="s")


async def test_a_token_is_fetched_once_and_has_an_expiry() -> None:
    async with serving(200, {"access_token": "t0ken", "expires_in": 3600}) as server:
        tokens = GoogleTokens(login(server.url), SCRUB)
        before = tokens.expires_at
        one, other = await asyncio.gather(tokens.token(), tokens.token())
        assert one == other == "t0ken"
        assert len(server.requests) == 1
    assert before is None
    assert tokens.expires_at is not None
    assert tokens.expires_at - datetime.now(UTC) > timedelta(minutes=50)


async def test_a_revoked_login_names_the_command_to_run() -> None:
    async with serving(400, {"error": "invalid_grant", "error_description": "Token has been revoked."}) as server:
        with pytest.raises(CloudError) as raised:
            await GoogleTokens(login(server.url), SCRUB).token()
    assert raised.value.kind is ErrorKind.CREDENTIALS
    assert "expired" in raised.value.sentence


async def test_a_new_login_is_used_where_the_old_one_is_refused() -> None:
    async with serving(400, {"error": "invalid_grant"}) as old, serving(200, {"access_token": "new"}) as new:
        logins = iter([login(old.url), login(new.url)])
        credentials = RenewedCredentials(lambda: next(logins))
        assert await GoogleTokens(credentials, SCRUB).token() == "new"
    headers: dict[str, str] = {}
    caller: Any = credentials
    caller.before_request(None, "POST", "https://run.googleapis.com", headers)
    assert headers["authorization"] == "Bearer new"


async def test_a_login_that_stays_refused_is_reported() -> None:
    async with serving(400, {"error": "invalid_grant"}) as server:
        credentials = RenewedCredentials(lambda: login(server.url))
        with pytest.raises(CloudError) as raised:
            await GoogleTokens(credentials, SCRUB).token()
    assert raised.value.kind is ErrorKind.CREDENTIALS


async def test_without_a_network_no_login_is_suggested() -> None:
    async with serving(200, {}) as server:
        url = server.url
    with pytest.raises(CloudError) as raised:
        await GoogleTokens(login(url), SCRUB).token()
    assert raised.value.kind is ErrorKind.UNAVAILABLE


async def test_clients_of_the_real_apis_are_made_without_a_call() -> None:
    clients = google_clients(login("http://127.0.0.1:1/token"), GcpOptions())
    assert clients.services.api_endpoint == "run.googleapis.com"
    assert clients.logging.api_endpoint == "logging.googleapis.com"
    await clients.aclose()
