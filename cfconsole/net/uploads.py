"""Uploads of archives to Cloud Storage: one PUT to a signed URL, which is a secret while it is valid."""

from __future__ import annotations

import re

import httpx

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.text import Scrubber

TIMEOUT = httpx.Timeout(30.0, write=300.0)
"""The write limit allows for slow connections: it bounds one write, not the whole upload of up to 100 MB."""

_MESSAGE = re.compile(r"<Message>(.*?)</Message>", re.DOTALL)
_API = "Cloud Storage"


class Uploads:
    """Uploads archives. Raises only `CloudError`."""

    def __init__(self, scrub: Scrubber) -> None:
        self._scrub = scrub

    async def put(self, url: str, archive: bytes) -> None:
        """Uploads a zip archive to the URL from `GenerateUploadUrl` (Cloud Functions v2).

        The API requires exactly this content type, and no authorization.
        """
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False) as client:
                response = await client.put(url, content=archive, headers={"Content-Type": "application/zip"})
        except httpx.TimeoutException:
            raise _error(ErrorKind.TIMEOUT, "the connection stalled; try again") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = self._scrub.line(str(error).replace(url, "the address"))
            raise _error(ErrorKind.UNAVAILABLE, f"Cloud Storage can't be reached ({reason}); try again") from None
        if not response.is_success:
            raise self._refusal(response)

    def _refusal(self, response: httpx.Response) -> CloudError:
        """The error in the XML document with which Cloud Storage answers."""
        message = _MESSAGE.search(response.text)
        text = self._scrub.line(message.group(1)) if message else f"HTTP {response.status_code}"
        transient = response.status_code >= 500
        return _error(ErrorKind.UNAVAILABLE if transient else ErrorKind.INVALID, f"{_API} answered: {text}")


def _error(kind: ErrorKind, why: str) -> CloudError:
    return CloudError(kind, f"The source was not uploaded: {why.rstrip('.')}.", api=_API)
