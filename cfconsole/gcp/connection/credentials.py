"""Application default credentials, found and refreshed in a thread (both may block), and the ID tokens of probes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, MutableMapping
from datetime import UTC, datetime
from typing import Any, Protocol

import google.auth
import google.auth.credentials
import google.auth.exceptions
import google.auth.transport.requests

from cfconsole.domain.text import Scrubber
from cfconsole.gcp.connection.errors import credentials_error
from cfconsole.gcp.connection.options import GcpOptions

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


class Tokens(Protocol):
    """Access tokens for REST calls."""

    @property
    def expires_at(self) -> datetime | None: ...

    async def token(self) -> str: ...


class NoTokens:
    """The tokens for an emulator, which needs none."""

    expires_at: datetime | None = None

    async def token(self) -> str:
        return ""


class GoogleTokens:
    """The access tokens of this machine's user or service account."""

    def __init__(self, credentials: google.auth.credentials.Credentials, scrub: Scrubber) -> None:
        self.credentials = credentials
        self._scrub = scrub
        self._refreshing = asyncio.Lock()

    @property
    def expires_at(self) -> datetime | None:
        """When the access token expires; the login usually lasts longer. `None` before the first refresh."""
        expiry: datetime | None = self.credentials.expiry
        return expiry.replace(tzinfo=UTC) if expiry else None

    async def token(self) -> str:
        """A valid access token. Raises `CloudError`: CREDENTIALS, or UNAVAILABLE without a network."""
        async with self._refreshing:
            if not self.credentials.valid:
                await self.refresh()
        return str(self.credentials.token or "")

    async def refresh(self) -> None:
        """Gets a new access token. Raises `CloudError` as `token` does."""
        try:
            await asyncio.to_thread(self.credentials.refresh, google.auth.transport.requests.Request())
        except google.auth.exceptions.GoogleAuthError as error:
            raise credentials_error(error, self._scrub) from error


async def find_credentials(options: GcpOptions, scrub: Scrubber) -> GoogleTokens:
    """The tokens of this machine.

    Raises `CloudError` (CREDENTIALS) with the command to run where it has no credentials or expired ones.
    """

    def find() -> google.auth.credentials.Credentials:
        credentials, _ = google.auth.default(scopes=_SCOPES, quota_project_id=options.quota_project or None)
        return credentials

    try:
        credentials = await asyncio.to_thread(RenewedCredentials, find)
    except google.auth.exceptions.GoogleAuthError as error:
        raise credentials_error(error, scrub) from error
    tokens = GoogleTokens(credentials, scrub)
    await tokens.token()
    return tokens


class RenewedCredentials(google.auth.credentials.Credentials):
    """Credentials that are found again after they were refused, so a new login needs no new clients.

    gRPC refreshes them in a thread of its own, where they may block.
    """

    def __init__(self, find: Callable[[], Any]) -> None:
        """`find` returns the login, such as `google.auth.default`, and raises `GoogleAuthError` where there is none."""
        base: Any = super()
        base.__init__()
        self._find = find
        self._found = find()

    def refresh(self, request: Any) -> None:
        """Gets a new access token from the login, or from the login that replaced it. Raises `GoogleAuthError`."""
        try:
            self._found.refresh(request)
        except google.auth.exceptions.RefreshError:
            self._found = self._find()
            self._found.refresh(request)
        self.token, self.expiry = self._found.token, self._found.expiry

    def apply(self, headers: MutableMapping[str, str], token: str | None = None) -> None:
        """Adds the token to the headers, and the quota project where the login names one."""
        self._found.apply(headers, token)


class IdTokens:
    """ID tokens by audience, each cached until it expires."""

    def __init__(self, scrub: Scrubber) -> None:
        self._scrub = scrub
        self._credentials: dict[str, Any] = {}
        self._unavailable = False
        """Whether this machine has no credentials for ID tokens. It is remembered because the search takes seconds."""
        self._lock = asyncio.Lock()

    async def token(self, audience: str) -> str:
        """A token for `audience`; empty where there is none. Raises `CloudError` when the login fails."""
        async with self._lock:
            if self._unavailable:
                return ""
            try:
                return await asyncio.to_thread(self._fetch, audience)
            except google.auth.exceptions.DefaultCredentialsError:
                self._unavailable = True
                return ""
            except google.auth.exceptions.GoogleAuthError as error:
                raise credentials_error(error, self._scrub) from error

    def _fetch(self, audience: str) -> str:
        """A valid token. Blocks while it reads files or calls the metadata server (`google.oauth2.id_token`)."""
        from google.auth.transport.requests import Request
        from google.oauth2 import id_token

        request: Any = Request()
        find: Any = id_token.fetch_id_token_credentials
        credentials = self._credentials.get(audience)
        if credentials is None:
            credentials = find(audience, request=request)
        if not credentials.valid:
            credentials.refresh(request)
        self._credentials[audience] = credentials
        return str(credentials.token or "")


async def no_id_token(audience: str) -> str:
    """The empty token for the services of an emulator, which admit every caller."""
    return ""
