"""ID tokens for calls to private services. Only service accounts have them; a user login has none."""

from __future__ import annotations

import asyncio
from typing import Any

import google.auth.exceptions

from cfconsole.domain.text import Scrubber
from cfconsole.gcp.connection.errors import credentials_error


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
