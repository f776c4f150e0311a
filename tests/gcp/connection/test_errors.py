"""Every error of a call has a kind, and a sentence that says what to do."""

from __future__ import annotations

from typing import Any

import google.auth.exceptions
import grpc
import pytest
from google.api_core import exceptions as api_exceptions
from google.rpc import error_details_pb2, status_pb2

from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.text import Scrubber
from cfconsole.gcp.connection.caller import is_retryable
from cfconsole.gcp.connection.errors import cloud_error, operation_error, translate_errors

# Their constructors carry no types.
exceptions: Any = api_exceptions
auth: Any = google.auth.exceptions

SCRUB = Scrubber([r"s3cret"])
EXPIRED = "Getting metadata from plugin failed with error: Reauthentication is needed. Please run `gcloud auth`."
NO_NETWORK = "Getting metadata from plugin failed with error: TransportError: Failed to resolve 'oauth2.googleapis.com'"


def info(reason: str, **metadata: str) -> error_details_pb2.ErrorInfo:
    return error_details_pb2.ErrorInfo(reason=reason, domain="googleapis.com", metadata=metadata)


CASES: list[tuple[BaseException, ErrorKind, str]] = [
    (exceptions.ServiceUnavailable(EXPIRED), ErrorKind.CREDENTIALS, "gcloud auth application-default login"),
    (exceptions.ServiceUnavailable(NO_NETWORK), ErrorKind.UNAVAILABLE, "check the network"),
    (exceptions.ServiceUnavailable("('invalid_grant: revoked')"), ErrorKind.CREDENTIALS, "expired"),
    (exceptions.Unauthenticated("bad token"), ErrorKind.CREDENTIALS, "login"),
    (exceptions.ServiceUnavailable("down"), ErrorKind.UNAVAILABLE, "down"),
    (exceptions.RetryError("gave up", exceptions.ServiceUnavailable(EXPIRED)), ErrorKind.CREDENTIALS, "login"),
    (exceptions.RetryError("gave up", exceptions.ServiceUnavailable("down")), ErrorKind.UNAVAILABLE, "down"),
    (
        exceptions.PermissionDenied(
            "no", error_info=info("SERVICE_DISABLED", service="run.googleapis.com", consumer="projects/shop")
        ),
        ErrorKind.DISABLED,
        "gcloud services enable run.googleapis.com --project shop",
    ),
    (
        exceptions.PermissionDenied("no", error_info=info("IAM_PERMISSION_DENIED", permission="run.services.list")),
        ErrorKind.DENIED,
        "run.services.list",
    ),
    (exceptions.PermissionDenied("not you"), ErrorKind.DENIED, "not you"),
    (
        exceptions.ResourceExhausted(
            "slow", error_info=info("RATE_LIMIT_EXCEEDED", quota_limit="ReadsPerMinute", quota_limit_value="60")
        ),
        ErrorKind.QUOTA,
        "ReadsPerMinute (60)",
    ),
    (exceptions.ResourceExhausted("There are too many tail sessions open."), ErrorKind.QUOTA, "too many tail"),
    (exceptions.MethodNotImplemented("no such method"), ErrorKind.UNSUPPORTED, "no such method"),
    (exceptions.OutOfRange("Session has run for 1h"), ErrorKind.ENDED, "new one has to be opened"),
    (exceptions.Aborted("version mismatch"), ErrorKind.CONFLICT, "version mismatch"),
    (exceptions.FailedPrecondition("not now"), ErrorKind.CONFLICT, "not now"),
    (exceptions.AlreadyExists("twice"), ErrorKind.CONFLICT, "twice"),
    (exceptions.NotFound("who?"), ErrorKind.NOT_FOUND, "who?"),
    (exceptions.InvalidArgument("bad filter"), ErrorKind.INVALID, "bad filter"),
    (exceptions.DeadlineExceeded("late"), ErrorKind.TIMEOUT, "in time"),
    (exceptions.InternalServerError("oops"), ErrorKind.INTERNAL, "oops"),
    (exceptions.GoogleAPICallError("no code"), ErrorKind.INTERNAL, "no code"),
    (TimeoutError(), ErrorKind.TIMEOUT, "in time"),
    (ConnectionRefusedError("refused"), ErrorKind.UNAVAILABLE, "refused"),
    (auth.DefaultCredentialsError("none"), ErrorKind.CREDENTIALS, "not found"),
    (auth.RefreshError("old"), ErrorKind.CREDENTIALS, "expired"),
    (auth.TransportError("offline"), ErrorKind.UNAVAILABLE, "offline"),
    (
        grpc.aio.AioRpcError(grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), grpc.aio.Metadata(), details="gone"),
        ErrorKind.UNAVAILABLE,
        "gone",
    ),
]


@pytest.mark.parametrize(("error", "kind", "says"), CASES, ids=lambda value: str(value)[:40])
def test_each_failure_has_its_kind_and_sentence(error: BaseException, kind: ErrorKind, says: str) -> None:
    found = cloud_error(error, "Cloud Run", SCRUB)
    assert found.kind is kind
    assert says in found.sentence


def test_what_nobody_knows_is_said_with_its_text_made_safe() -> None:
    found = cloud_error(ValueError("odd s3cret"), "Cloud Run", SCRUB)
    assert (found.kind, found.code) == (ErrorKind.INTERNAL, "UNKNOWN")
    assert "odd" in found.detail
    assert "s3cret" not in found.detail


def test_an_error_names_the_quota_that_is_used_up() -> None:
    error = exceptions.ResourceExhausted("slow", error_info=info("RATE_LIMIT_EXCEEDED", quota_limit="ReadsPerMinute"))
    found = cloud_error(error, "Cloud Logging", SCRUB)
    assert (found.quota, found.api, found.code) == ("ReadsPerMinute", "Cloud Logging", "RESOURCE_EXHAUSTED")


def test_what_the_api_says_is_made_safe() -> None:
    found = cloud_error(exceptions.NotFound("\x1b[31m s3cret"), "Cloud Run", SCRUB)
    for text in (found.sentence, found.detail):
        assert "\x1b" not in text
        assert "s3cret" not in text


@pytest.mark.parametrize(
    ("number", "kind", "code"), [(7, ErrorKind.DENIED, "PERMISSION_DENIED"), (99, ErrorKind.INTERNAL, "UNKNOWN")]
)
def test_an_operation_says_by_number_why_it_failed(number: int, kind: ErrorKind, code: str) -> None:
    found = operation_error(status_pb2.Status(code=number, message="no s3cret"), "Cloud Run", SCRUB)
    assert (found.kind, found.code) == (kind, code)
    assert "s3cret" not in found.detail


def test_inside_a_translated_block_only_cloud_errors_get_out() -> None:
    own = CloudError(ErrorKind.ENDED, "over")
    with pytest.raises(CloudError) as kept, translate_errors("Cloud Run", SCRUB):
        raise own
    assert kept.value is own
    with pytest.raises(CloudError) as made, translate_errors("Cloud Run", SCRUB):
        raise exceptions.NotFound("x")
    assert isinstance(made.value.__cause__, exceptions.NotFound)
    with pytest.raises(ZeroDivisionError), translate_errors("Cloud Run", SCRUB):
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (exceptions.ServiceUnavailable("down"), True),
        (exceptions.ServiceUnavailable(NO_NETWORK), True),
        (exceptions.ServiceUnavailable(EXPIRED), False),
        (exceptions.Aborted("x"), False),
        (exceptions.DeadlineExceeded("x"), False),
    ],
)
def test_only_outages_are_worth_another_try(error: BaseException, again: bool) -> None:
    assert is_retryable(error) is again
