"""HTTP health probes of a revision: one GET, limited in time and size."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias
from urllib.parse import urljoin, urlsplit

import httpx

from cfconsole.domain.errors import CloudError
from cfconsole.domain.releases.rollout.probes import ProbeAnswer
from cfconsole.domain.text import Scrubber

IdToken: TypeAlias = Callable[[str], Awaitable[str]]
"""Returns an ID token for an audience, empty where there is none. Raises `CloudError`."""

MAX_REDIRECTS = 3
MAX_BYTES = 64 * 1024
"""How much of a body is read at most. Only the status matters, but a body read to its end keeps the connection open."""

SIGN_IN = "accounts.google.com"
"""The host to which a service behind a sign-in redirects; the service itself did not answer."""

_NOT_ALLOWED = frozenset({401, 403})
_TAGGED = "---"


class Probes:
    """The probes port. A token is sent only to services that require one, and never to another host."""

    def __init__(self, scrub: Scrubber, id_token: IdToken) -> None:
        self._scrub = scrub
        self._id_token = id_token
        self._private: set[str] = set()
        """The audiences that refused a probe without a token."""
        self._client: httpx.AsyncClient | None = None

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def send(self, url: str, path: str, *, timeout_s: float) -> ProbeAnswer:
        """The status of a GET of `path`, or the reason why there is none. Raises nothing but cancellation."""
        try:
            async with asyncio.timeout(timeout_s):
                return await self._answer(url, path)
        except TimeoutError:
            return ProbeAnswer(path, error=f"no answer within {timeout_s:g} s")
        except CloudError as error:
            return ProbeAnswer(path, error=error.sentence)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            return ProbeAnswer(path, error=self._scrub.line(str(error)) or type(error).__name__)

    async def _answer(self, url: str, path: str) -> ProbeAnswer:
        audience = audience_of(url)
        token = await self._id_token(audience) if audience in self._private else ""
        answer = await self._get(url, path, token)
        if answer.status not in _NOT_ALLOWED or audience in self._private:
            return answer
        token = await self._id_token(audience)
        if not token:
            return answer
        self._private.add(audience)
        return await self._get(url, path, token)

    async def _get(self, url: str, path: str, token: str) -> ProbeAnswer:
        """Probes `path`. Redirects within the host are followed, because many services redirect `/`."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        address = url.rstrip("/") + path
        for _ in range(MAX_REDIRECTS + 1):
            status, location = await self._request(address, headers)
            target = urljoin(address, location) if location else ""
            if not target:
                return ProbeAnswer(path, status)
            if _host(target) != _host(address):
                return self._other_host(path, status, urlsplit(target).netloc)
            address = target
        return ProbeAnswer(path, error=f"more than {MAX_REDIRECTS} redirects")

    def _other_host(self, path: str, status: int, host: str) -> ProbeAnswer:
        """The answer to a redirect to another host, which is neither probed nor sent the token."""
        error = f"it redirects to another host, {self._scrub.line(host)}, which was not probed"
        return ProbeAnswer(path, 401 if host == SIGN_IN else status, error)

    async def _request(self, url: str, headers: dict[str, str]) -> tuple[int, str]:
        """The status, and the location of a redirect."""
        async with self._open().stream("GET", url, headers=headers) as response:
            read = 0
            async for chunk in response.aiter_raw():
                read += len(chunk)
                if read >= MAX_BYTES:
                    break
            location = response.headers.get("location", "") if response.is_redirect else ""
            return response.status_code, location

    def _open(self) -> httpx.AsyncClient:
        """The client, made on first use because loading the certificates takes a while."""
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=None, follow_redirects=False, headers={"User-Agent": "cfconsole"})
        return self._client


def audience_of(url: str) -> str:
    """The audience of an ID token for a service, which is its own URL, also for the URL of one of its tags.

    Cloud Run, "Authenticating service-to-service".
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition(_TAGGED)[2]}"


def _host(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
