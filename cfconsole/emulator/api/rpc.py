"""gRPC handlers made from functions, with errors as statuses, and the interceptor that applies faults."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import grpc
from grpc import aio

from cfconsole.emulator.clock import Clock
from cfconsole.emulator.errors import ApiError, invalid_argument
from cfconsole.emulator.faults import FaultEffect, Faults
from cfconsole.emulator.logs.syntax import FilterError

Method = Callable[[Any], Any]
"""Takes a raw or wrapped request and returns the response. Raises `ApiError`."""

_REGION = re.compile(r"(?:^|&)location=([^&]+)|locations/([^/&]+)")


def unary(answer: Method, request: Any, response: Any) -> grpc.RpcMethodHandler[Any, Any]:
    """A handler that decodes a `request`, calls `answer` and encodes its result as a `response`."""

    async def handle(message: Any, context: Any) -> Any:
        try:
            return answer(message)
        except ApiError as error:
            await context.abort(error.code, error.message)

    return grpc.unary_unary_rpc_method_handler(
        handle,
        request_deserializer=getattr(request, "deserialize", None) or request.FromString,
        response_serializer=_serializer(response),
    )


def async_unary(answer: Callable[[Any, Any], Awaitable[bytes]], request: Any) -> grpc.RpcMethodHandler[Any, Any]:
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


def handlers(service: str, methods: Mapping[str, Any]) -> grpc.GenericRpcHandler:
    """The handler of one gRPC service, such as `google.cloud.run.v2.Services`."""
    return grpc.method_handlers_generic_handler(service, dict(methods))


def _serializer(response: Any) -> Callable[[Any], bytes]:
    """Encodes wrapped and raw messages; raw ones are cheaper."""

    def serialize(message: Any) -> bytes:
        is_raw = hasattr(message, "SerializeToString")
        wire: bytes = message.SerializeToString() if is_raw else response.serialize(message)
        return wire

    return serialize


class FaultInterceptor(aio.ServerInterceptor):
    """Counts every call and applies the faults to it."""

    def __init__(self, faults: Faults, clock: Clock) -> None:
        self.calls: Counter[str] = Counter()
        """Number of calls by full method name, without the leading slash."""
        self.called_at: dict[str, datetime] = {}
        """The time of the latest call of each method."""
        self._faults = faults
        self._clock = clock

    async def intercept_service(self, continuation: Callable[[Any], Awaitable[Any]], details: Any) -> Any:
        method = details.method.removeprefix("/")
        self.calls[method] += 1
        self.called_at[method] = self._clock.now()
        handler = await continuation(details)
        effect = self._faults.apply(method, region_of(details.invocation_metadata))
        if handler and effect.applied and not handler.response_streaming:
            return _handler_losing_answer(handler, effect, self._clock)
        if effect.latency_ms:
            await self._clock.sleep(effect.latency_ms / 1000)
        if handler is None or effect.code is None:
            return handler
        return _refusing_handler(handler, effect)


def region_of(metadata: Any) -> str:
    """The region in the routing header that Google's clients send; empty if there is none."""
    for key, value in metadata or ():
        if key == "x-goog-request-params":
            match = _REGION.search(unquote(str(value)))
            return (match.group(1) or match.group(2)) if match else ""
    return ""


def _handler_losing_answer(handler: Any, effect: FaultEffect, clock: Clock) -> Any:
    """Lets the call take effect, but answers with the error."""

    async def carry_out(request: Any, context: Any) -> None:
        await handler.unary_unary(request, context)
        await clock.sleep(effect.latency_ms / 1000)
        await context.abort(effect.code, effect.message)

    return grpc.unary_unary_rpc_method_handler(carry_out, handler.request_deserializer, handler.response_serializer)


def _refusing_handler(handler: Any, effect: FaultEffect) -> Any:
    async def refuse(_: Any, context: Any) -> None:
        await context.abort(effect.code, effect.message)

    make = grpc.stream_stream_rpc_method_handler if handler.response_streaming else grpc.unary_unary_rpc_method_handler
    return make(refuse, handler.request_deserializer, handler.response_serializer)
