"""Calls to Google's APIs: throttled, with translated errors, and with retries for reads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from google.api_core import exceptions
from google.api_core.retry import AsyncRetry

from cfconsole.domain.errors import CloudError
from cfconsole.domain.failed_calls import is_credentials_failure
from cfconsole.domain.text import Scrubber
from cfconsole.gcp.connection.errors import translate_errors
from cfconsole.gcp.connection.throttle import Throttle

READ_TIMEOUT_S = 10.0
WRITE_TIMEOUT_S = 15.0

_Called = TypeVar("_Called")


def is_retryable(error: BaseException) -> bool:
    """Whether the error is UNAVAILABLE and not caused by expired credentials, which only a login can renew."""
    if not isinstance(error, exceptions.ServiceUnavailable):
        return False
    return not is_credentials_failure("UNAVAILABLE", error.message or "")


READ_RETRY = AsyncRetry(predicate=is_retryable, initial=0.2, maximum=1.0, multiplier=2.0, timeout=2.5)
"""The retries of reads. Writes are never sent again: after an error, their outcome is unknown and is read back."""


class ApiCaller:
    """Makes the calls to one API."""

    def __init__(self, api: str, scrub: Scrubber) -> None:
        self.api = api
        self.scrub = scrub

    async def call(self, call: Callable[[], Awaitable[_Called]], *lanes: Throttle) -> _Called:
        """Waits for every lane, then makes the call and returns its result. Raises `CloudError`."""
        for lane in lanes:
            await lane.acquire()
        try:
            with translate_errors(self.api, self.scrub):
                result = await call()
        except CloudError as error:
            for lane in lanes:
                lane.note_failure(error)
            raise
        for lane in lanes:
            lane.note_success()
        return result
