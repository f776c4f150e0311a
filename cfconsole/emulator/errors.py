"""Errors of the emulated APIs: a gRPC status with Google's message."""

from __future__ import annotations

import grpc


class ApiError(Exception):
    """Ends a call with `code` and `message`."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def invalid_argument(message: str) -> ApiError:
    return ApiError(grpc.StatusCode.INVALID_ARGUMENT, message)


def failed_precondition(message: str) -> ApiError:
    return ApiError(grpc.StatusCode.FAILED_PRECONDITION, message)


def not_found(kind: str, name: str) -> ApiError:
    return ApiError(grpc.StatusCode.NOT_FOUND, f"Resource '{name}' of kind '{kind}' does not exist.")


def forbidden_project(project: str) -> ApiError:
    """The answer for an unknown project, the same as for one the caller may not see."""
    message = f"Permission denied on resource project {project} (or it may not exist)."
    return ApiError(grpc.StatusCode.PERMISSION_DENIED, message)


def etag_conflict(name: str, sent: str, current: str) -> ApiError:
    """The answer to a write with a stale etag."""
    message = f"Conflict for resource '{name}': version '{sent}' was specified but current version is '{current}'."
    return ApiError(grpc.StatusCode.ABORTED, message)


def revision_conflict(revision: str) -> ApiError:
    """The answer to a template that reuses a revision name, and to a camelCase path in an update mask."""
    message = f"Revision named '{revision}' with different configuration already exists."
    return ApiError(grpc.StatusCode.ALREADY_EXISTS, message)


def not_implemented() -> ApiError:
    """The answer of Google's routing to a parent or name of the wrong form."""
    message = "Operation is not implemented, or supported, or enabled."
    return ApiError(grpc.StatusCode.UNIMPLEMENTED, message)
