"""Long-running operations, which begin with a write and end when the world is reconciled."""

from __future__ import annotations

from typing import Any

import grpc
from google.longrunning import operations_pb2
from google.protobuf import any_pb2

from cfconsole.emulator.errors import not_found
from cfconsole.emulator.world.names import Location

MAX_OPERATIONS = 1_000
"""Older finished operations beyond this number are dropped."""


class Operations:
    """All operations of the world."""

    def __init__(self) -> None:
        self._operations: dict[str, Any] = {}
        self._number = 0

    def begin(self, location: Location, metadata: Any) -> Any:
        """Starts an operation in `location`; `metadata` is a raw protobuf message."""
        self._number += 1
        operation = operations_pb2.Operation(name=f"{location}/operations/op-{self._number:08d}")
        operation.metadata.CopyFrom(_pack(metadata))
        self._operations[operation.name] = operation
        self._forget_old()
        return operation

    def progress(self, operation: Any, metadata: Any) -> None:
        """Updates the metadata of a running operation."""
        operation.metadata.CopyFrom(_pack(metadata))

    def finish(self, operation: Any, response: Any, metadata: Any = None) -> None:
        """Ends `operation` with `response`, which is also its final metadata unless `metadata` is given."""
        operation.metadata.CopyFrom(_pack(response if metadata is None else metadata))
        operation.response.CopyFrom(_pack(response))
        operation.done = True

    def fail(self, operation: Any, metadata: Any, code: grpc.StatusCode, message: str) -> None:
        """Ends `operation` with an error."""
        operation.metadata.CopyFrom(_pack(metadata))
        operation.error.code = code.value[0]
        operation.error.message = message
        operation.done = True

    def get(self, name: str) -> Any:
        """The operation of this name. Raises `ApiError` (NOT_FOUND)."""
        if name not in self._operations:
            raise not_found("OPERATION", name)
        return self._operations[name]

    def of_location(self, location: Location) -> list[Any]:
        """The operations of one location, newest first."""
        prefix = f"{location}/operations/"
        return [op for name, op in reversed(self._operations.items()) if name.startswith(prefix)]

    def _forget_old(self) -> None:
        while len(self._operations) > MAX_OPERATIONS:
            oldest = next(iter(self._operations))
            if not self._operations[oldest].done:
                return
            del self._operations[oldest]


def _pack(message: Any) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed
