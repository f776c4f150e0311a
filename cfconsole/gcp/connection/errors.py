"""Turns all errors of Google's clients into `CloudError`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import google.auth.exceptions
import grpc
from google.api_core import exceptions

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.failed_calls import LOGIN_COMMAND, FailedCall, as_cloud_error

Scrub = Callable[[str], str]
"""Makes text from outside safe to show."""

_from_grpc: Callable[[grpc.RpcError], exceptions.GoogleAPICallError] = exceptions.from_grpc_error

_STATUS_BY_NUMBER: Mapping[int, str] = {code.value[0]: code.name for code in grpc.StatusCode}


@contextmanager
def translate_errors(api: str, scrub: Scrub) -> Iterator[None]:
    """Inside the block, every error of Google's clients is raised as `CloudError`. Cancellation passes through."""
    try:
        yield
    except CloudError:
        raise
    except (
        exceptions.GoogleAPIError,
        grpc.RpcError,
        google.auth.exceptions.GoogleAuthError,
        TimeoutError,
        OSError,
    ) as error:
        raise cloud_error(error, api, scrub) from error


def cloud_error(error: BaseException, api: str, scrub: Scrub) -> CloudError:
    """The `CloudError` for an error of any layer. For a `RetryError`, it is that of the last attempt."""
    if isinstance(error, exceptions.RetryError):
        return cloud_error(error.cause or TimeoutError(), api, scrub)
    if isinstance(error, google.auth.exceptions.GoogleAuthError):
        return credentials_error(error, scrub)
    if isinstance(error, exceptions.GoogleAPICallError):
        return as_cloud_error(_from_api_core(error, api, scrub))
    if isinstance(error, grpc.RpcError):
        return as_cloud_error(_from_api_core(_from_grpc(error), api, scrub))
    if isinstance(error, TimeoutError):
        return as_cloud_error(FailedCall(api, "DEADLINE_EXCEEDED"))
    if isinstance(error, OSError):
        return as_cloud_error(FailedCall(api, "UNAVAILABLE", scrub(str(error))))
    return as_cloud_error(FailedCall(api, "UNKNOWN", scrub(str(error))))


def credentials_error(error: BaseException, scrub: Scrub) -> CloudError:
    """Missing or expired credentials. A network that is down is UNAVAILABLE, because a login would not help."""
    detail = scrub(str(error))
    if isinstance(error, google.auth.exceptions.TransportError):
        return as_cloud_error(FailedCall("Google's login service", "UNAVAILABLE", detail))
    found = "were not found" if isinstance(error, google.auth.exceptions.DefaultCredentialsError) else "are expired"
    sentence = f"The Google credentials {found}; run `{LOGIN_COMMAND}`."
    return CloudError(ErrorKind.CREDENTIALS, sentence, code="UNAUTHENTICATED", detail=detail)


def operation_error(status: Any, api: str, scrub: Scrub) -> CloudError:
    """The reason why an operation failed, from its `google.rpc.Status`."""
    name = _STATUS_BY_NUMBER.get(status.code, "UNKNOWN")
    return as_cloud_error(FailedCall(api, name, scrub(status.message)))


def _from_api_core(error: exceptions.GoogleAPICallError, api: str, scrub: Scrub) -> FailedCall:
    status = error.grpc_status_code
    metadata = {str(k): scrub(str(v)) for k, v in dict(error.metadata or {}).items()}
    return FailedCall(
        api, status.name if status else "UNKNOWN", scrub(error.message or ""), error.reason or "", metadata
    )
