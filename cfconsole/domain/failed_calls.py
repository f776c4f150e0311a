"""Failed API calls as sentences: from the canonical status of gRPC and REST to a `CloudError`."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from cfconsole.domain.errors import CloudError, ErrorKind

LOGIN_COMMAND = "gcloud auth application-default login"

_CREDENTIAL_MARKS = (
    "Getting metadata from plugin failed",
    "Reauthentication is needed",
    "invalid_grant",
    "invalid authentication credentials",
)
_NETWORK_MARKS = ("TransportError", "Failed to resolve", "Max retries exceeded", "dns ", "Name or service not known")


class FailedCall(Struct, frozen=True):
    """What an API says about a call that failed. The texts are already safe to display."""

    api: str
    """The API's name as operators know it, e.g. `Cloud Run`."""
    status: str
    """Canonical name, e.g. `PERMISSION_DENIED`."""
    message: str = ""
    reason: str = ""
    """`google.rpc.ErrorInfo.reason`, e.g. `SERVICE_DISABLED`."""
    metadata: Mapping[str, str] = {}
    """`google.rpc.ErrorInfo.metadata`."""


def is_credentials_failure(status: str, message: str) -> bool:
    """Whether a login would help. Expired credentials arrive as UNAVAILABLE from gRPC's credentials plugin.

    The plugin also reports network failures, which a login does not mend.
    """
    if status == "UNAUTHENTICATED":
        return True
    marked = any(mark in message for mark in _CREDENTIAL_MARKS)
    return marked and not any(mark in message for mark in _NETWORK_MARKS)


def as_cloud_error(call: FailedCall) -> CloudError:
    """The error to raise for `call`, with a sentence that says what to do."""
    kind = _kind(call)
    quota = call.metadata.get("quota_limit", "") if kind is ErrorKind.QUOTA else ""
    return CloudError(
        kind, _sentence(kind, call, quota), api=call.api, code=call.status, detail=call.message, quota=quota
    )


_KINDS = {
    "ABORTED": ErrorKind.CONFLICT,
    "ALREADY_EXISTS": ErrorKind.CONFLICT,
    "DEADLINE_EXCEEDED": ErrorKind.TIMEOUT,
    "FAILED_PRECONDITION": ErrorKind.CONFLICT,
    "INVALID_ARGUMENT": ErrorKind.INVALID,
    "NOT_FOUND": ErrorKind.NOT_FOUND,
    "OUT_OF_RANGE": ErrorKind.ENDED,
    "PERMISSION_DENIED": ErrorKind.DENIED,
    "RESOURCE_EXHAUSTED": ErrorKind.QUOTA,
    "UNAVAILABLE": ErrorKind.UNAVAILABLE,
    "UNIMPLEMENTED": ErrorKind.UNSUPPORTED,
}


def _kind(call: FailedCall) -> ErrorKind:
    if is_credentials_failure(call.status, call.message):
        return ErrorKind.CREDENTIALS
    if call.reason == "SERVICE_DISABLED":
        return ErrorKind.DISABLED
    return _KINDS.get(call.status, ErrorKind.INTERNAL)


_SENTENCES = {
    ErrorKind.CREDENTIALS: f"The Google credentials are missing or expired; run `{LOGIN_COMMAND}`.",
    ErrorKind.NOT_FOUND: "{api} has no such resource{detail}",
    ErrorKind.CONFLICT: "{api} rejected the change because the resource is not in the expected state{detail}",
    ErrorKind.INVALID: "{api} rejected the request as invalid{detail}",
    ErrorKind.UNAVAILABLE: "{api} can't be reached; check the network{detail}",
    ErrorKind.TIMEOUT: "{api} did not answer in time; it may be slow or the network may be down.",
    ErrorKind.UNSUPPORTED: "{api} does not offer this here{detail}",
    ErrorKind.ENDED: "{api} ended the stream at its maximum duration; a new one has to be opened.",
    ErrorKind.INTERNAL: "{api} had an internal error ({status}){detail}",
}


def _sentence(kind: ErrorKind, call: FailedCall, quota: str) -> str:
    if kind is ErrorKind.DISABLED:
        return _disabled_sentence(call)
    if kind is ErrorKind.DENIED:
        return _denied_sentence(call)
    if kind is ErrorKind.QUOTA:
        return _quota_sentence(call, quota)
    detail = f": {call.message}" if call.message else "."
    return _SENTENCES[kind].format(api=call.api, detail=detail, status=call.status or "no status")


def _disabled_sentence(call: FailedCall) -> str:
    service = call.metadata.get("service", "")
    project = call.metadata.get("consumer", "").removeprefix("projects/")
    command = f"gcloud services enable {service or 'API'}" + (f" --project {project}" if project else "")
    return f"The {call.api} API is disabled in the project; run `{command}`."


def _denied_sentence(call: FailedCall) -> str:
    permission = call.metadata.get("permission", "")
    if permission:
        return f"{call.api} refused: the permission {permission} is missing; ask for a role that has it."
    return f"{call.api} refused: a permission is missing" + (f": {call.message}" if call.message else ".")


def _quota_sentence(call: FailedCall, quota: str) -> str:
    if not quota:
        return f"A limit of {call.api} is exhausted: {call.message or 'it did not say which one.'}"
    value = call.metadata.get("quota_limit_value", "")
    limit = f"{quota} ({value})" if value else quota
    return f"The quota {limit} of {call.api} is exhausted; it is shared by the project and refills within a minute."
