"""Notices of releases, posted as JSON to a webhook of Slack or Google Chat.

The URL is a secret, because it allows anyone to write to the room. It appears in no text and no exception.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import httpx

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.releases.notices import Notice, notice_text
from cfconsole.domain.text import SECRET_MARK, Scrubber

TIMEOUT_S = 4.0
TRIES = 2
"""A notice that arrives twice is better than one that does not arrive."""
PAUSE_S = 1.0
MAX_CHARACTERS = 1_000
"""The length at which messages are cut: the important part comes first, and Google Chat takes 4,096 bytes."""
MAX_SHOWN = 120
"""How many characters of an error response are shown."""

_TRANSIENT = frozenset({ErrorKind.UNAVAILABLE, ErrorKind.TIMEOUT})
_TRANSIENT_STATUS = frozenset({429, 500, 502, 503, 504})
_NO_MARKUP = str.maketrans({"<": "(", ">": ")"})
"""Slack and Google Chat read text in angle brackets as a link, or as a mention of everyone in the room."""


class Webhook:
    """The notify port: posts `{"text": …}`, the format of incoming webhooks of Slack and Google Chat."""

    def __init__(
        self,
        url: str,
        scrub: Scrubber,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._url = url
        self._timeout_s = timeout_s
        self._scrub = scrub
        self._sleep = sleep

    async def send(self, notice: Notice) -> None:
        """Posts the notice, and tries again where that may help. Raises `CloudError`."""
        text = self._scrub(notice_text(notice)).translate(_NO_MARKUP)[:MAX_CHARACTERS]
        async with httpx.AsyncClient(timeout=self._timeout_s, follow_redirects=False) as client:
            for left in reversed(range(TRIES)):
                try:
                    await self._post(client, text)
                except CloudError as error:
                    if not left or error.kind not in _TRANSIENT:
                        raise
                else:
                    return
                await self._sleep(PAUSE_S)

    async def _post(self, client: httpx.AsyncClient, text: str) -> None:
        try:
            response = await client.post(self._url, json={"text": text})
        except httpx.TimeoutException:
            raise _error(ErrorKind.TIMEOUT, "did not answer in time") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _error(ErrorKind.UNAVAILABLE, f"can't be reached: {self._hidden(str(error))}") from None
        if not response.is_success:
            kind = ErrorKind.UNAVAILABLE if response.status_code in _TRANSIENT_STATUS else ErrorKind.INVALID
            body = self._hidden(response.text[: 4 * MAX_SHOWN])[:MAX_SHOWN]
            answer = f"answered {response.status_code} {body}".rstrip()
            raise _error(kind, f"{answer}; check notify.webhook in the configuration")

    def _hidden(self, text: str) -> str:
        """Text from outside, with any part of the secret URL replaced."""
        address = urlsplit(self._url)
        for secret in (self._url, address.query, address.path.strip("/")):
            text = text.replace(secret, SECRET_MARK) if secret else text
        return self._scrub.line(text)


def _error(kind: ErrorKind, problem: str) -> CloudError:
    return CloudError(kind, f"The webhook {problem}.", api="webhook")
