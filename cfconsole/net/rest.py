"""Calls to Google's REST APIs, for methods that gRPC does not have. Errors are raised as `CloudError`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

import httpx

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.failed_calls import FailedCall, as_cloud_error
from cfconsole.domain.text import Scrubber

TIMEOUT_S = 10.0

_STATUS_BY_HTTP = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    501: "UNIMPLEMENTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


class RestCalls:
    """Calls a REST API over connections that stay open; `async with` closes them."""

    def __init__(self, scrub: Scrubber, api: str = "Cloud Monitoring") -> None:
        self._scrub = scrub
        self._api = api
        self._client: httpx.AsyncClient | None = None

    async def __aenter__(self) -> RestCalls:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def get_json(self, url: str, params: Mapping[str, str], token: str) -> Mapping[str, Any]:
        """The JSON object at `url`; an empty `token` sends no authorization. Raises `CloudError`."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            response = await self.open().get(url, params=dict(params), headers=headers)
        except httpx.TimeoutException:
            raise as_cloud_error(FailedCall(self._api, "DEADLINE_EXCEEDED")) from None
        except httpx.HTTPError as error:
            raise as_cloud_error(FailedCall(self._api, "UNAVAILABLE", self._scrub.line(str(error)))) from error
        if response.is_error:
            raise self._refusal(response)
        return self._document(response)

    def open(self) -> httpx.AsyncClient:
        """The client. The first call loads the certificates, which a worker thread can do in advance."""
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False)
        return self._client

    def _document(self, response: httpx.Response) -> Mapping[str, Any]:
        document = _json_object(response)
        if document is None:
            sentence = f"{self._api} did not answer with JSON; is there a proxy in between?"
            raise CloudError(ErrorKind.INTERNAL, sentence, api=self._api, code=str(response.status_code))
        return document

    def _refusal(self, response: httpx.Response) -> CloudError:
        """The error in Google's error document (`google.rpc.Status` as JSON), or by the status code without one."""
        error = (_json_object(response) or {}).get("error")
        fields: Mapping[str, Any] = error if isinstance(error, Mapping) else {}
        by_code = _STATUS_BY_HTTP.get(response.status_code, "UNKNOWN")
        reason, metadata = _error_info(fields.get("details", ()))
        return as_cloud_error(
            FailedCall(
                self._api,
                str(fields.get("status") or by_code),
                self._scrub(str(fields.get("message") or f"HTTP {response.status_code}")),
                reason,
                {key: self._scrub.line(value) for key, value in metadata.items()},
            )
        )


def _json_object(response: httpx.Response) -> Mapping[str, Any] | None:
    try:
        document = response.json()
    except ValueError:
        return None
    return document if isinstance(document, Mapping) else None


def _error_info(details: object) -> tuple[str, dict[str, str]]:
    """The reason and metadata of the `google.rpc.ErrorInfo` in the details."""
    for detail in details if isinstance(details, Sequence) else ():
        if isinstance(detail, Mapping) and str(detail.get("@type", "")).endswith("google.rpc.ErrorInfo"):
            metadata = detail.get("metadata", {})
            return str(detail.get("reason", "")), {str(k): str(v) for k, v in dict(metadata).items()}
    return "", {}
