"""The gRPC service `google.logging.v2.LoggingServiceV2`: writing, listing and tailing entries, and quota."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import grpc
from google.cloud.logging_v2.types import (
    ListLogEntriesRequest,
    ListLogsRequest,
    ListLogsResponse,
    TailLogEntriesRequest,
    WriteLogEntriesRequest,
    WriteLogEntriesResponse,
)
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import error_details_pb2, status_pb2

from cfconsole.emulator.api.rpc import async_unary, encoded
from cfconsole.emulator.clock import Clock
from cfconsole.emulator.errors import ApiError, invalid_argument
from cfconsole.emulator.logs.pages import ListQuery, Page
from cfconsole.emulator.logs.query import compile_filter
from cfconsole.emulator.logs.raw import LOG_NAME, RawEntry, embedded, projects_of
from cfconsole.emulator.logs.store import LogStore
from cfconsole.emulator.logs.tail import LogLimits
from cfconsole.emulator.logs.tail_sessions import TailSessions

SERVICE = "google.logging.v2.LoggingServiceV2"
DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 1_000
MAX_NAMES_PAGE_SIZE = 1_000
_ENTRIES = 1
_NEXT_PAGE_TOKEN = 2
_ORDERS = {"": False, "timestamp": False, "timestamp asc": False, "timestamp desc": True}


def log_handlers(
    store: LogStore, clock: Clock, tails: TailSessions, limits: LogLimits | None = None
) -> grpc.GenericRpcHandler:
    """The gRPC handler of Cloud Logging over `store`. Messages are raw protobuf, and stored entries are sent in the
    wire format they are stored in."""
    reading = _ReadMethods(store, ReadQuota(clock, (limits or LogLimits()).reads_per_minute))
    return grpc.method_handlers_generic_handler(
        SERVICE,
        {
            "WriteLogEntries": async_unary(_WriteMethods(store).write, WriteLogEntriesRequest),
            "ListLogEntries": async_unary(reading.entries, ListLogEntriesRequest),
            "ListLogs": async_unary(reading.log_names, ListLogsRequest),
            "TailLogEntries": grpc.stream_stream_rpc_method_handler(
                tails.serve, request_deserializer=TailLogEntriesRequest.pb().FromString, response_serializer=bytes
            ),
        },
    )


class _WriteMethods:
    """`WriteLogEntries`."""

    def __init__(self, store: LogStore) -> None:
        self._store = store

    async def write(self, request: Any, context: Any) -> bytes:
        for entry in request.entries:
            _inherit(entry, request)
            if not LOG_NAME.fullmatch(entry.log_name):
                raise invalid_argument(
                    f"Log name {entry.log_name!r} is not valid; write it like projects/PROJECT_ID/logs/LOG_ID."
                )
        if not request.dry_run:
            for entry in request.entries:
                self._store.write(entry)
        return encoded(WriteLogEntriesResponse())


def _inherit(entry: RawEntry, request: Any) -> None:
    """Fills the fields that the entry inherits from the request."""
    if not entry.log_name:
        entry.log_name = request.log_name
    if not entry.HasField("resource") and request.HasField("resource"):
        entry.resource.CopyFrom(request.resource)
    for key, value in request.labels.items():
        if key not in entry.labels:
            entry.labels[key] = value


class _ReadMethods:
    """`ListLogEntries` and `ListLogs`."""

    def __init__(self, store: LogStore, quota: ReadQuota) -> None:
        self._store = store
        self._quota = quota

    async def entries(self, request: Any, context: Any) -> bytes:
        listing = _list_query(request)
        for project in sorted(listing.resources):
            await self._charge(project, context)
        return _wire(await listing.page(self._store, request.page_token))

    async def log_names(self, request: Any, context: Any) -> bytes:
        owners = projects_of(list(request.resource_names) or [request.parent])
        names = [name for name in self._store.log_names() if name.partition("/logs/")[0] in owners]
        following = [name for name in names if name > request.page_token]
        size = min(request.page_size or DEFAULT_PAGE_SIZE, MAX_NAMES_PAGE_SIZE)
        page = following[:size]
        token = page[-1] if len(following) > size else ""
        return encoded(ListLogsResponse(log_names=page, next_page_token=token))

    async def _charge(self, project: str, context: Any) -> None:
        if self._quota.allows(project):
            return
        refusal = self._quota.refusal(project)
        context.set_trailing_metadata((("grpc-status-details-bin", refusal.SerializeToString()),))
        raise ApiError(grpc.StatusCode.RESOURCE_EXHAUSTED, refusal.message)


def _list_query(request: Any) -> ListQuery:
    order = " ".join(request.order_by.split())
    if order not in _ORDERS:
        raise invalid_argument(f'order_by {request.order_by!r} is not valid; use "timestamp asc" or "timestamp desc".')
    if not 0 <= request.page_size <= MAX_PAGE_SIZE:
        raise invalid_argument(f"page_size must be between 0 and {MAX_PAGE_SIZE}, not {request.page_size}.")
    resources = projects_of(list(request.resource_names))
    return ListQuery(compile_filter(request.filter), resources, _ORDERS[order], request.page_size or DEFAULT_PAGE_SIZE)


def _wire(page: Page) -> bytes:
    parts = [embedded(_ENTRIES, stored.wire) for stored in page.entries]
    if page.next_token:
        parts.append(embedded(_NEXT_PAGE_TOKEN, page.next_token.encode()))
    return b"".join(parts)


_MINUTE = timedelta(minutes=1)
_RESOURCE_EXHAUSTED = 8
LIMIT_NAME = "ReadRequestsPerMinutePerProject"


class ReadQuota:
    """Counts the reads of each project, in minutes that begin with a read."""

    def __init__(self, clock: Clock, per_minute: int) -> None:
        self._clock = clock
        self._per_minute = per_minute
        self._used: dict[str, tuple[datetime, int]] = {}

    def allows(self, project: str) -> bool:
        """Counts one read and returns whether the quota allows it. A quota of 0 allows everything."""
        if not self._per_minute:
            return True
        now = self._clock.now()
        began, used = self._used.get(project, (now, 0))
        if now - began >= _MINUTE:
            began, used = now, 0
        self._used[project] = (began, used + 1)
        return used < self._per_minute

    def refusal(self, project: str) -> status_pb2.Status:
        """Google's answer when the quota is exceeded, with the reason and the limit in its details."""
        message = (
            "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute' of service "
            f"'logging.googleapis.com' for consumer '{project}'."
        )
        reason = error_details_pb2.ErrorInfo(
            reason="RATE_LIMIT_EXCEEDED",
            domain="googleapis.com",
            metadata={"quota_limit": LIMIT_NAME, "quota_limit_value": str(self._per_minute), "consumer": project},
        )
        detail = AnyMessage()
        detail.Pack(reason)
        return status_pb2.Status(code=_RESOURCE_EXHAUSTED, message=message, details=[detail])
