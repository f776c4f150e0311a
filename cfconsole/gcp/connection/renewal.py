"""Credentials that notice a new login: what was refused is looked for again, so that clients need not be reopened."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any

import google.auth.credentials
import google.auth.exceptions


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
