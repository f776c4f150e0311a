"""Owns ID tokens for calls to private services: those of a service account; a person's login has none to give."""

from __future__ import annotations

import asyncio
from typing import Any

import google.auth.exceptions

from cfconsole.domain.text import Scrubber
from cfconsole.gcp.connection.errors import credentials_error


class IdTokens:
    """Tokens by audience, each kept until it expires."""

    def __init__(self, scrub: Scrubber) -> None:
        self._scrub = scrub
        self._credentials: dict[str, Any] = {}
        self._unavailable = False
        """Whether this machine has no credentials that can give one; looking for them takes seconds."""
        self._lock = asyncio.Lock()

    async def token(self, audience: str) -> str:
        """A token for `audience`, empty where there is none. Raises `CloudError` when the login fails."""
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
        """Blocks: reads files, asks the metadata server (`google.oauth2.id_token`)."""
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
    """An emulator's services let everybody in."""
    return ""
