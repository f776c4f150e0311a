"""The gRPC services `AlertPolicyService` and `SnoozeService` of `google.monitoring.v3`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import grpc
from google.cloud.monitoring_v3.types import (
    CreateSnoozeRequest,
    GetAlertPolicyRequest,
    GetSnoozeRequest,
    ListAlertPoliciesRequest,
    ListAlertPoliciesResponse,
    ListSnoozesRequest,
    ListSnoozesResponse,
    Snooze,
    UpdateSnoozeRequest,
)

from cfconsole.emulator.alerts.policies import AlertPolicies
from cfconsole.emulator.api.rpc import async_unary, encoded
from cfconsole.emulator.metrics.wire import project_of
from cfconsole.emulator.world.pages import page_of

POLICIES = "google.monitoring.v3.AlertPolicyService"
SNOOZES = "google.monitoring.v3.SnoozeService"


def alert_policy_handler(book: AlertPolicies) -> grpc.GenericRpcHandler:
    """Lists and gets policies. The filter of a listing is ignored."""

    async def list_policies(request: Any, context: Any) -> bytes:
        policies = book.policies(project_of(request.name))
        page, token = _page(policies, request)
        return encoded(ListAlertPoliciesResponse(alert_policies=page, next_page_token=token, total_size=len(policies)))

    async def get_policy(request: Any, context: Any) -> bytes:
        return encoded(book.policy(request.name))

    return grpc.method_handlers_generic_handler(
        POLICIES,
        {
            "ListAlertPolicies": async_unary(list_policies, ListAlertPoliciesRequest),
            "GetAlertPolicy": async_unary(get_policy, GetAlertPolicyRequest),
        },
    )


def snooze_handler(book: AlertPolicies) -> grpc.GenericRpcHandler:
    """Creates, lists, gets and updates snoozes."""

    async def create(request: Any, context: Any) -> bytes:
        return encoded(book.snooze(project_of(request.parent), Snooze.wrap(request.snooze)))

    async def list_(request: Any, context: Any) -> bytes:
        page, token = _page(book.snoozes.all_of(project_of(request.parent)), request)
        return encoded(ListSnoozesResponse(snoozes=page, next_page_token=token))

    async def get(request: Any, context: Any) -> bytes:
        return encoded(book.snoozes.get(request.name))

    async def update(request: Any, context: Any) -> bytes:
        return encoded(book.snoozes.update(Snooze.wrap(request.snooze), list(request.update_mask.paths)))

    return grpc.method_handlers_generic_handler(
        SNOOZES,
        {
            "CreateSnooze": async_unary(create, CreateSnoozeRequest),
            "ListSnoozes": async_unary(list_, ListSnoozesRequest),
            "GetSnooze": async_unary(get, GetSnoozeRequest),
            "UpdateSnooze": async_unary(update, UpdateSnoozeRequest),
        },
    )


def _page(rows: Sequence[Any], request: Any) -> tuple[list[Any], str]:
    page, token = page_of(rows, request.page_size, request.page_token)
    return list(page), token
