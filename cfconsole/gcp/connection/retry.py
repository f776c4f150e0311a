"""When a call is tried again: reads only, briefly, and only where trying again may help."""

from __future__ import annotations

from google.api_core import exceptions
from google.api_core.retry import AsyncRetry

from cfconsole.domain.failed_calls import is_credentials_failure

READ_TIMEOUT_S = 10.0
WRITE_TIMEOUT_S = 15.0


def is_retryable(error: BaseException) -> bool:
    """UNAVAILABLE, unless it comes from expired credentials: a login is needed then, not patience."""
    if not isinstance(error, exceptions.ServiceUnavailable):
        return False
    return not is_credentials_failure("UNAVAILABLE", error.message or "")


READ_RETRY = AsyncRetry(predicate=is_retryable, initial=0.2, maximum=1.0, multiplier=2.0, timeout=2.5)
"""For reads. Writes are never sent again: after a failure their outcome is unknown, and is read back."""
