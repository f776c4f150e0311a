"""Owns how an archive gets to Cloud Storage: one PUT to a signed URL, which is a secret while it is valid."""

from __future__ import annotations

import re

import httpx

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.text import Scrubber

TIMEOUT = httpx.Timeout(30.0, write=300.0)
"""Slow links take a while for 100 MB; a connection that stands still for so long is dead."""

_MESSAGE = re.compile(r"<Message>(.*?)</Message>", re.DOTALL)
_API = "Cloud Storage"


class Uploads:
    """Puts archives. Raises `CloudError` and nothing else."""

    def __init__(self, scrub: Scrubber) -> None:
        self._scrub = scrub

    async def put(self, url: str, archive: bytes) -> None:
        """Puts a zip archive where `GenerateUploadUrl` says: exactly this content type, and no authorization.

        Cloud Functions v2, `GenerateUploadUrl`.
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
        """Cloud Storage answers with an XML document."""
        message = _MESSAGE.search(response.text)
        text = self._scrub.line(message.group(1)) if message else f"HTTP {response.status_code}"
        transient = response.status_code >= 500
        return _error(ErrorKind.UNAVAILABLE if transient else ErrorKind.INVALID, f"{_API} answered: {text}")


def _error(kind: ErrorKind, why: str) -> CloudError:
    return CloudError(kind, f"The source was not uploaded: {why.rstrip('.')}.", api=_API)
