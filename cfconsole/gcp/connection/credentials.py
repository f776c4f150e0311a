"""Application default credentials: found, refreshed and read in a thread, for each of these may block for seconds."""

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
    """Gives access tokens for REST calls."""

    @property
    def expires_at(self) -> datetime | None: ...

    async def token(self) -> str: ...


class NoTokens:
    """An emulator wants none."""

    expires_at: datetime | None = None

    async def token(self) -> str:
        return ""


class GoogleTokens:
    """The credentials of this machine's user or service account."""

    def __init__(self, credentials: google.auth.credentials.Credentials, scrub: Scrubber) -> None:
        self.credentials = credentials
        self._scrub = scrub
        self._refreshing = asyncio.Lock()

    @property
    def expires_at(self) -> datetime | None:
        """When the access token ends; the login itself usually lasts longer. `None` before the first refresh."""
        expiry: datetime | None = self.credentials.expiry
        return expiry.replace(tzinfo=UTC) if expiry else None

    async def token(self) -> str:
        """An access token that is valid now. Raises `CloudError` (CREDENTIALS, or UNAVAILABLE without a network)."""
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
    """Raises `CloudError` (CREDENTIALS) with the command to run when this machine has none, or expired ones."""

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
    """Stands for whatever `find` finds now. gRPC refreshes it in a thread of its own, where it may block."""

    def __init__(self, find: Callable[[], Any]) -> None:
        """`find` looks the login up, e.g. `google.auth.default`; raises `GoogleAuthError` where there is none."""
        base: Any = super()
        base.__init__()
        self._find = find
        self._found = find()

    def refresh(self, request: Any) -> None:
        """A new access token of the login, or of the one that has taken its place. Raises `GoogleAuthError`."""
        try:
            self._found.refresh(request)
        except google.auth.exceptions.RefreshError:
            self._found = self._find()
            self._found.refresh(request)
        self.token, self.expiry = self._found.token, self._found.expiry

    def apply(self, headers: MutableMapping[str, str], token: str | None = None) -> None:
        """Adds the token, and the quota project where the login names one."""
        self._found.apply(headers, token)
