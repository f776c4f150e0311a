"""Handlers of asynchronous unary gRPC methods that take raw protobuf and answer in wire format."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import grpc

from cfconsole.emulator.errors import ApiError, invalid_argument
from cfconsole.emulator.logs.syntax import FilterError


def unary(answer: Callable[[Any, Any], Awaitable[bytes]], request: Any) -> grpc.RpcMethodHandler[Any, Any]:
    """A handler that decodes a raw `request` and calls `answer` with it and the context of the call.

    `ApiError` ends the call with its status, `FilterError` with INVALID_ARGUMENT.
    """

    async def handle(message: Any, context: Any) -> bytes | None:
        try:
            return await answer(message, context)
        except ApiError as error:
            refusal = error
        except FilterError as error:
            refusal = invalid_argument(str(error))
        await context.abort(refusal.code, refusal.message)
        return None

    return grpc.unary_unary_rpc_method_handler(
        handle, request_deserializer=request.pb().FromString, response_serializer=bytes
    )


def encoded(message: Any) -> bytes:
    """A wrapped message in wire format."""
    wire: bytes = type(message).serialize(message)
    return wire
